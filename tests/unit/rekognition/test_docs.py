"""The engine's page: every setting and every error code is on it, with its default and its status."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from viewfinder.rekognition.errors import STATUSES
from viewfinder.rekognition.faces.quality import BARS
from viewfinder.rekognition.protocol import PAGE as PROJECT_PAGE
from viewfinder.rekognition.service import OPERATIONS
from viewfinder.rekognition.settings import PREFIX, Settings, help_of

PROJECT = Path(__file__).parents[3]
PAGE = (PROJECT / "docs" / "rekognition.md").read_text(encoding="utf-8")
LINES = PAGE.splitlines()


@pytest.mark.parametrize("entry", fields(Settings), ids=lambda entry: str(entry.name))
def test_every_setting_is_documented_with_its_default_and_help(entry: Field[Any]) -> None:
    name, default = entry.name, entry.default
    shown = "cores" if name == "workers" else str(default or "")
    shown = "" if default == () else shown
    row = f"| {PREFIX}{name.upper()} | {shown} | {help_of(name)} |".replace("|  |", "| |")
    assert row in LINES


def test_the_examples_of_the_library_run_and_print_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "samples").symlink_to(PROJECT / "samples")
    monkeypatch.chdir(tmp_path)
    page = (PROJECT / "docs" / "library.md").read_text()
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "docs/library.md", "exec"), names)

    printed = capsys.readouterr().out
    said = re.findall(r"# (.*?)(?: \.\.\.)?$", "".join(examples), re.M)
    assert len(examples) == 2
    assert [line for line in [*said, "Road Sign", "'eyeLeft'"] if line not in printed] == []


def test_every_operation_is_on_the_page_that_a_refusal_names() -> None:
    file, _, anchor = PROJECT_PAGE.partition("#")
    section = (PROJECT / file).read_text().split(f"## {anchor.capitalize()}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "](" in line]
    assert set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", " ".join(row.split("|")[1] for row in rows))) >= set(
        OPERATIONS
    )


def test_the_bars_of_the_quality_filter_are_on_the_page_of_collections() -> None:
    page = (PROJECT / "docs" / "collections.md").read_text().splitlines()
    rows = [
        f"| {name} | {bar.pixels} | {bar.degrees} | {bar.sharpness} | {bar.brightness} |" for name, bar in BARS.items()
    ]
    assert [row for row in rows if row not in page] == []


@pytest.mark.parametrize("code", sorted(STATUSES))
def test_every_error_is_documented_with_its_status(code: str) -> None:
    assert any(code in line and f"| {STATUSES[code]} |" in line for line in LINES)
