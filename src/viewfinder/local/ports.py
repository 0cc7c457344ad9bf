"""Ports on 127.0.0.1: find a free one, and say who holds a taken one."""

from __future__ import annotations

import socket

import psutil

from viewfinder.local.errors import PortTakenError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Gives a port that nobody listens on at the moment."""
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
    """Raises PortTakenError, which names the holder and the option that chooses another port."""
    if not is_free(port):
        raise PortTakenError(f"Port {port} is taken by {_holder(port)}. Stop it, or choose another port with {option}.")


def _holder(port: int) -> str:
    try:
        listeners = [found for found in psutil.net_connections("tcp") if found.laddr and found.laddr.port == port]
        pid = next(found.pid for found in listeners if found.pid and found.status == psutil.CONN_LISTEN)
        return f"{psutil.Process(pid).name()} (process {pid})"
    except (StopIteration, psutil.Error):
        return "another program"  # another user's, which the system doesn't show us
