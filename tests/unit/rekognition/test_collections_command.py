"""`viewfinder rekognition collections`: lists what a data directory has, and deletes from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from viewfinder.cli.main import app
from viewfinder.rekognition import Engines, Settings, create_collection, create_user, list_collections


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    engines = Engines(Settings(data_dir=str(tmp_path / "faces")))
    for name in ("staff", "family"):
        create_collection(name, engines=engines)
    create_user("family", "ann", engines=engines)
    return tmp_path / "faces"


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["rekognition", "collections", *arguments], input=answer)
    return done.exit_code, done.output


def test_collections_are_listed_with_their_counts(data_dir: Path) -> None:
    code, output = run("--data-dir", str(data_dir))
    rows = [line.split("\t") for line in output.splitlines()]
    assert (code, [row[:3] for row in rows]) == (0, [["family", "0", "1"], ["staff", "0", "0"]])
    code, output = run("--data-dir", str(data_dir), "--json")
    assert [(one["CollectionId"], one["UserCount"]) for one in json.loads(output)] == [("family", 1), ("staff", 0)]


def test_a_collection_is_deleted_when_it_is_confirmed(data_dir: Path) -> None:
    assert run("--data-dir", str(data_dir), "--delete", "staff", answer="n\n")[0] == 1
    code, output = run("--data-dir", str(data_dir), "--delete", "staff", answer="y\n")
    assert (code, output.splitlines()[-1]) == (0, "Deleted staff with 0 faces.")
    assert run("--data-dir", str(data_dir), "--delete", "family", "--yes") == (0, "Deleted family with 0 faces.\n")
    assert list_collections(engines=Engines(Settings(data_dir=str(data_dir))))["CollectionIds"] == []


def test_what_is_not_there_is_said(data_dir: Path, tmp_path: Path) -> None:
    code, output = run("--data-dir", str(data_dir), "--delete", "nobody", "--yes")
    assert (code, output) == (1, "Error: The collection id: nobody does not exist\n")
    assert run("--data-dir", str(tmp_path / "none")) == (1, f"Error: {tmp_path / 'none'} has no collections\n")
    assert not (tmp_path / "none").exists()
    code, output = run()
    assert (code, "name the folder of the collections" in output) == (2, True)
