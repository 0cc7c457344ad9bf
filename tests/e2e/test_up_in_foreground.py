"""`viewfinder up` as a newcomer runs it: in the foreground, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import wait_for
from viewfinder.local.processes import free_port, kill_stragglers, processes_of

PROGRAM = (sys.executable, "-m", "viewfinder.cli.main")


@contextmanager
def started(data_dir: Path, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start `up` as a terminal does, and leave nothing of it behind, whatever ends the block."""
    ports = ("--port", str(free_port()), "--gallery-port", str(free_port()))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # A background job (nohup, many CI runners) ignores Ctrl-C, and its children would, too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with output.open("wb") as log:
            up = subprocess.Popen(
                [*PROGRAM, "up", "--data-dir", str(data_dir), *ports], stdout=log, stderr=log, env=environment
            )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield up
    finally:
        up.kill()
        up.wait(10)
        kill_stragglers(data_dir)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("moment", "sent", "exit_code"),
    [("engine: running", signal.SIGINT, 130), ("Ctrl-C stops it", signal.SIGINT, 0), ("Up.", signal.SIGTERM, 0)],
)
def test_an_interrupt_stops_everything(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, moment: str, sent: signal.Signals, exit_code: int
) -> None:
    data_dir, output = tmp_path_factory.mktemp("foreground"), tmp_path / "output"

    with started(data_dir, output) as up:
        said = lambda: moment in output.read_text() or up.poll() is not None  # noqa: E731
        wait_for(said, seconds=120, what=moment)
        up.send_signal(sent)
        up.wait(60)
        left = processes_of(data_dir)

    assert moment in output.read_text()
    assert up.returncode == exit_code, output.read_text()
    assert left == []


@pytest.mark.timeout(240)
def test_a_down_from_elsewhere_ends_it_without_a_failure(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    data_dir, output = tmp_path_factory.mktemp("stopped"), tmp_path / "output"

    def elsewhere(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*PROGRAM, *words, "--data-dir", str(data_dir)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with started(data_dir, output) as up:
        wait_for(lambda: "Ctrl-C stops it" in output.read_text(), seconds=120, what="the stack up")
        down = elsewhere("down")
        up.wait(60)

    assert (down.returncode, down.stdout) == (0, "Stopped; the data stays.\n")
    assert (up.returncode, output.read_text().splitlines()[-1]) == (0, "Another command stopped the stack.")
    first, second = elsewhere("reset", "--yes"), elsewhere("reset", "--yes")
    assert (first.returncode, first.stdout) == (0, f"Deleted {data_dir}.\n")
    assert (second.returncode, second.stdout) == (0, f"There is no stack at {data_dir}.\n")
