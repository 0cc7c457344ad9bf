"""`viewfinder up` as a newcomer runs it: in the foreground, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from viewfinder.local.processes import MARK, free_port


def marked(data_dir: Path) -> list[int]:
    """The pids of a stack's processes."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(data_dir):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize(
    ("moment", "sent", "exit_code"),
    [("engine: running", signal.SIGINT, 130), ("Ctrl-C stops it", signal.SIGINT, 0), ("Up.", signal.SIGTERM, 0)],
)
def test_an_interrupt_stops_everything(
    tmp_path_factory: pytest.TempPathFactory, moment: str, sent: signal.Signals, exit_code: int
) -> None:
    data_dir = tmp_path_factory.mktemp("foreground")
    ports = ("--port", str(free_port()), "--gallery-port", str(free_port()))
    command = (sys.executable, "-m", "viewfinder.cli.main", "up", "--data-dir", str(data_dir), *ports)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as up:
        assert up.stdout is not None
        seen = next((line for line in up.stdout if moment in line), None)
        up.send_signal(sent)
        rest = up.stdout.read()

    assert seen is not None, rest
    assert up.returncode == exit_code, rest
    assert marked(data_dir) == []
