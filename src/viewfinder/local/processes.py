"""Processes: start a component in the background, check its health, end it with all its children."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import psutil

from viewfinder.domain.errors import ViewfinderError


class LocalStackError(ViewfinderError):
    """The local stack can't do the requested operation."""


class PortTakenError(LocalStackError):
    """Another program listens on the port of a component."""


class DiskFullError(LocalStackError):
    """The disk has no room for the stack's data."""


class ComponentDiedError(LocalStackError):
    """A component ended unexpectedly, or never answered; the message ends with its log."""


class NotRunningError(LocalStackError):
    """The stack of this data directory is not running."""


MARK = "VIEWFINDER_COMPONENT_OF"
"""An environment variable that every process of a stack carries: it finds the children of a killed emulator too."""

NAME = "VIEWFINDER_COMPONENT"
"""An environment variable with the component's name."""

START_SECONDS = 300
"""A living component is waited for: after a crash the emulator reads a file for each object, 20 s at 100,000 images."""

STOP_SECONDS = 30
SAVE_SECONDS = 600
"""The emulator writes its state to the disk when it stops in order; killed before the end, it would lose it."""

POLL_SECONDS = 0.05

CLOCK_SECONDS = 5
"""A start time moves a little when the system's clock is set; no pid comes round again in that time."""


@dataclass(frozen=True, slots=True)
class Component:
    """The command of a process, and the URL of its health check."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health_url: str
    log: Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started. `started` tells it from a later one that got the same pid."""

    name: str
    pid: int
    started: float
    log: str

    @property
    def alive(self) -> bool:
        """Whether this process runs, and not another one with its pid."""
        return self._find() is not None

    def end(self) -> None:
        """Send SIGTERM, and kill the process if it does not end in time."""
        if process := self._find():
            process.terminate()
            if not self._ends_within(SAVE_SECONDS if self.name == "emulator" else STOP_SECONDS):
                process.kill()
                self._ends_within(STOP_SECONDS)

    def _ends_within(self, seconds: float) -> bool:
        """Wait; a zombie has ended, too: its parent may be a foreground `up`, which does not wait for it."""
        deadline = time.monotonic() + seconds
        while self._find():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return True

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(Path(self.log).read_text(errors="replace").splitlines()[-lines:])

    def _find(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def start(component: Component, stack: Path) -> Process:
    """Start a component in a new session, so that Ctrl-C in the terminal does not reach it."""
    environment = {**component.environment, MARK: str(stack), NAME: component.name}
    write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        component.command[0],
        component.command,
        environment,
        setsid=True,
        # A background job of a script has them ignored, and would hand that on.
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(component.log), write, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    return Process(component.name, pid, psutil.Process(pid).create_time(), str(component.log))


def wait_until_healthy(component: Component, process: Process, on_wait: Callable[[], object] = lambda: None) -> None:
    """Wait until the component answers, calling `on_wait`; raise ComponentDiedError with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(component.health_url):
        on_wait()
        if not process.alive:
            raise died(process)
        if time.monotonic() > deadline:
            raise ComponentDiedError(f"{process.name} does not answer:\n{process.last_words()}")
        time.sleep(POLL_SECONDS)


def died(process: Process) -> ComponentDiedError:
    """Return which component ended, with the end of its log."""
    return ComponentDiedError(f"{process.name} has ended. The end of {process.log}:\n{process.last_words()}")


def processes_of(stack: Path) -> list[psutil.Process]:
    """Find every process of a stack by its mark, functions too."""
    return [process for process in psutil.process_iter() if _variable(process, MARK) == str(stack)]


def components_of(stack: Path) -> list[Process]:
    """Find the components of a stack, the last one started first, without its record.

    A component leads its session; its children carry its variables, too, but lead none.
    """
    leaders = [process for process in processes_of(stack) if _leads_session(process)]
    found = [
        Process(name, leader.pid, leader.create_time(), str(stack / "logs" / f"{name}.log"))
        for leader in leaders
        if (name := _variable(leader, NAME))
    ]
    return sorted(found, key=lambda process: process.started, reverse=True)


def kill_stragglers(stack: Path) -> None:
    """Kill every process of a stack, by its mark."""
    stragglers = processes_of(stack)
    for process in stragglers:
        process.kill()
    psutil.wait_procs(stragglers, timeout=STOP_SECONDS)


def _leads_session(process: psutil.Process) -> bool:
    try:
        return os.getsid(process.pid) == process.pid
    except OSError:
        return False  # it has just ended


def _variable(process: psutil.Process, name: str) -> str | None:
    try:
        return process.environ().get(name)
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return None  # gone, a zombie, or another user's


def _answers(url: str) -> bool:
    try:
        return _loopback_client().get(url).status_code == 200
    except httpx.HTTPError:
        return False


@cache
def _loopback_client() -> httpx.Client:
    """Without a proxy between us and ourselves, and without certificates, which take 50 ms to load."""
    return httpx.Client(
        timeout=2,
        trust_env=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        limits=httpx.Limits(max_keepalive_connections=0),  # the next start may be another component on this port
    )


LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a component could listen here."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port just left counts as taken
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(port: int, option: str) -> None:
    """Raise PortTakenError, which names the holder and the option that chooses another port."""
    if not is_free(port):
        raise PortTakenError(f"Port {port} is taken by {_holder(port)}. Stop it, or choose another port with {option}.")


def _holder(port: int) -> str:
    try:
        listeners = [found for found in psutil.net_connections("tcp") if found.laddr and found.laddr.port == port]
        pid = next(found.pid for found in listeners if found.pid and found.status == psutil.CONN_LISTEN)
        return f"{psutil.Process(pid).name()} (process {pid})"
    except (StopIteration, psutil.Error):
        return "another program"  # another user's, which the system doesn't show us
