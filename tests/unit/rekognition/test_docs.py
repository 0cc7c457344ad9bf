"""The engine's page: every setting and every error code is on it, with its default and its status."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from viewfinder.rekognition.errors import STATUSES
from viewfinder.rekognition.settings import PREFIX, Settings, help_of

PROJECT = Path(__file__).parents[3]
PAGE = (PROJECT / "docs" / "rekognition.md").read_text(encoding="utf-8")
LINES = PAGE.splitlines()


@pytest.mark.parametrize("entry", fields(Settings), ids=lambda entry: str(entry.name))
def test_every_setting_is_documented_with_its_default_and_help(entry: object) -> None:
    name, default = entry.name, entry.default  # type: ignore[attr-defined]
    shown = "cores" if name == "workers" else str(default or "")
    shown = "" if default == () else shown
    row = f"| {PREFIX}{name.upper()} | {shown} | {help_of(name)} |".replace("|  |", "| |")
    assert row in LINES


def test_the_example_of_the_library_runs_and_prints_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(PROJECT)
    (example,) = re.findall(r"^```python\n(.*?)^```$", (PROJECT / "docs" / "library.md").read_text(), re.M | re.S)
    exec(compile(example, "docs/library.md", "exec"), {})

    printed = capsys.readouterr().out
    for said in re.findall(r"# (.*?)(?: \.\.\.)?$", example, re.M):
        assert said in printed
    assert "Road Sign" in printed
    assert "'eyeLeft'" in printed


@pytest.mark.parametrize("code", sorted(STATUSES))
def test_every_error_is_documented_with_its_status(code: str) -> None:
    assert any(code in line and f"| {STATUSES[code]} |" in line for line in LINES)
