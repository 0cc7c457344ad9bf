"""What a start says while it works."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from viewfinder.cli._options import ProgressLines
from viewfinder.deployment.progress import Progress
from viewfinder.local import start
from viewfinder.local.catalog import Found
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import LocalStackError
from viewfinder.local.start import Start
from viewfinder.local.state import Ports, Record


def test_the_installation_of_the_emulator_is_shown_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes 11 seconds or more, the first time; a spinner runs meanwhile."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    status = console.status("Starting")
    shown: list[str] = []

    def install() -> Path:
        shown.append(cast("str", status.status))
        raise LocalStackError("no network")

    monkeypatch.setattr(start, "ensure_environment", install)
    monkeypatch.setattr(start, "_settle_ports", lambda record: record)  # it looks for free ones
    reported: list[Progress] = []
    lines = ProgressLines(console, status, brief=True)

    def report(progress: Progress) -> None:
        reported.append(progress)
        lines(progress)

    nothing: Any = None  # nothing is deployed where the emulator can't be installed
    with pytest.raises(LocalStackError, match="no network"):
        Start(DataDirectory(tmp_path), Record(Ports(1, 2, 3)), report).run(nothing, Found.GOOD)
    assert shown == ["emulator: install in progress"]
    assert reported[-1].subject == "emulator"
