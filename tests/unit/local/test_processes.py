"""Processes: started apart, recognised by more than a pid, and ended with all their children."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from viewfinder.local import processes
from viewfinder.local.processes import Component, ComponentDiedError, Process

NOBODY = "http://127.0.0.1:1/"
"""A port that nobody listens on. (Sockets are off in unit tests; to the code that looks the same.)"""

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"


def component(tmp_path: Path, code: str) -> Component:
    return Component("sleeper", (sys.executable, "-c", code), dict(os.environ), NOBODY, tmp_path / "log")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Process]:
    process = processes.start(component(tmp_path, "import time; time.sleep(60)"), tmp_path)
    yield process
    processes.kill_stragglers(tmp_path)


def test_a_started_process_is_alive_until_it_is_ended(running: Process) -> None:
    assert running.alive

    running.end()

    assert not running.alive


IDLE_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(60)
"""


def test_a_process_that_another_one_has_started_is_ended_though_nobody_reaps_it(tmp_path: Path) -> None:
    """As the components of an `up` in the foreground, by a `down` in another terminal."""
    parent = processes.start(component(tmp_path, IDLE_PARENT), tmp_path)
    try:
        while not (children := psutil.Process(parent.pid).children()):
            pass
        child = Process("sleeper", children[0].pid, children[0].create_time(), str(tmp_path / "log"))
        assert child.alive

        child.end()

        assert (child.alive, children[0].status()) == (False, psutil.STATUS_ZOMBIE)
    finally:
        processes.kill_stragglers(tmp_path)


def test_another_process_of_the_same_pid_is_not_ours(running: Process) -> None:
    stranger = replace(running, started=running.started - 3600)

    assert not stranger.alive
    stranger.end()
    assert running.alive, "a stale record must not end a stranger"


def test_a_component_has_a_session_of_its_own(running: Process) -> None:
    assert os.getsid(running.pid) == running.pid


def test_children_of_a_killed_component_are_found_by_their_mark(tmp_path: Path) -> None:
    parent = processes.start(component(tmp_path, PARENT), tmp_path)
    children: list[psutil.Process] = []
    while not children:
        children = psutil.Process(parent.pid).children()
    psutil.Process(parent.pid).kill()
    assert children[0].is_running()

    processes.kill_stragglers(tmp_path)

    assert not children[0].is_running()


def test_stragglers_of_another_stack_are_left_alone(running: Process, tmp_path: Path) -> None:
    processes.kill_stragglers(tmp_path / "other")

    assert running.alive


@pytest.mark.enable_socket
def test_a_component_that_ends_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    failing = component(tmp_path, "raise SystemExit('no model: detector.onnx')")

    with pytest.raises(ComponentDiedError, match=r"(?s)sleeper has ended.*no model: detector\.onnx"):
        processes.wait_until_healthy(failing, processes.start(failing, tmp_path))


@pytest.mark.enable_socket
def test_a_component_that_never_answers_is_told(
    running: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "START_SECONDS", 0)

    with pytest.raises(ComponentDiedError, match="sleeper does not answer"):
        processes.wait_until_healthy(component(tmp_path, ""), running)


def test_components_are_found_without_a_record_and_their_children_are_none(tmp_path: Path) -> None:
    parent = processes.start(component(tmp_path, PARENT), tmp_path)
    while not psutil.Process(parent.pid).children():
        pass
    try:
        (found,) = processes.components_of(tmp_path)
        assert (found.name, found.pid, found.alive) == ("sleeper", parent.pid, True)
        found.end()
        assert processes.components_of(tmp_path) == []
    finally:
        processes.kill_stragglers(tmp_path)
