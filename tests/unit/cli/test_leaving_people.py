"""Turning PEOPLE off: its data is forgotten or kept as somebody says, and never by silence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from viewfinder.cli._leaving_people import PeopleStayError, agrees_to_forget, leaves_people
from viewfinder.cli.main import app
from viewfinder.local.state import Ports, Record


@pytest.mark.parametrize(
    ("before", "wanted", "expected"),
    [
        ("LABELS,PEOPLE", "LABELS", True),
        ("LABELS,TEXT,PEOPLE", "LABELS,TEXT", True),
        ("LABELS,PEOPLE", "LABELS,TEXT,PEOPLE", False),
        ("LABELS,PEOPLE", None, False),
        ("LABELS", "LABELS,TEXT", False),
        ("", "LABELS", False),
    ],
)
def test_people_are_left_where_the_feature_goes(before: str, wanted: str | None, expected: bool) -> None:
    assert leaves_people(before, wanted) is expected


def test_an_option_answers_and_without_a_terminal_silence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (agrees_to_forget(True), agrees_to_forget(False)) == (True, False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(PeopleStayError, match="--forget-people or --keep-people"):
        agrees_to_forget(None)


def test_up_refuses_without_an_answer_and_changes_nothing(tmp_path: Path) -> None:
    record = tmp_path / "stack.json"
    Record(Ports(4566, 8080, engine=0), features="LABELS,PEOPLE").save(record)
    before = record.read_bytes()
    result = CliRunner().invoke(app, ["up", "--features", "LABELS", "--data-dir", str(tmp_path)])
    assert (result.exit_code, record.read_bytes()) == (1, before)
    assert "--forget-people or --keep-people" in f"{result.stderr}{result.exception}"
