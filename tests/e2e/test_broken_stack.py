"""Every command against a stack that is half dead: the text and the exit code, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, TEMPLATE
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

COMMANDS = {
    "status": (),
    "logs": (),
    "traces": (),
    "search": ("Cat",),
    "labels": (),
    "images get": ("cat.jpg",),
    "images rm": ("cat.jpg",),
    "import": (str(PROJECT / "samples" / "cat.jpg"),),
    "reconcile": (),
    "redrive": (),
    "reanalyze": (),
}
GO_ON = (0, "")
WITHOUT_ENGINE = {
    "status": (1, ""),
    "logs": GO_ON,
    "traces": GO_ON,
    "search": (0, "Nothing is known by Cat."),
    "labels": GO_ON,
    "images get": (1, "Error: there is no such image"),
    "images rm": (1, "Error: cat.jpg: there is no such image"),
    "import": (1, "Error: The engine of the local stack has ended"),
    "reconcile": (1, "Error: The engine of the local stack has ended"),
    "redrive": GO_ON,
    "reanalyze": (1, "Error: The engine of the local stack has ended"),
}
WITHOUT_EMULATOR = {
    command: (1, f"Error: The {dead} of the local stack has ended")
    for dead, commands in {
        "emulator": ("logs", "traces", "search", "labels", "images get", "images rm", "redrive"),
        "engine": ("import", "reconcile", "reanalyze"),  # which is dead, too, and is started before the emulator
    }.items()
    for command in commands
} | {"status": (1, "")}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack of its own, which is killed part by part."""
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp("broken")))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port()), silent)
    yield local
    local.down()


def answer(data: Path, command: str) -> tuple[int, str]:
    """Return the exit code of a command, and what it says of a failure, up to the first colon behind `Error`."""
    words = [sys.executable, "-m", "viewfinder.cli.main", *command.split(), *COMMANDS[command], "--data-dir", str(data)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1, done.stderr
    return done.returncode, done.stderr.strip().partition(": its log is ")[0]


def kill(local: LocalStack, name: str) -> None:
    process = local.record.process(name)
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not process.alive, seconds=10, what=f"the {name} is dead")


def test_commands_say_what_is_dead_and_the_others_go_on(local: LocalStack) -> None:
    kill(local, "engine")
    assert {command: answer(local.data.path, command) for command in COMMANDS} == WITHOUT_ENGINE

    kill(local, "emulator")
    assert {command: answer(local.data.path, command) for command in COMMANDS} == WITHOUT_EMULATOR
