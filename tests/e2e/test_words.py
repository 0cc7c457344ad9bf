"""Images ranked by words on a whole stack: a model of the user's in the engine, the functions, and the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.e2e.conftest import RunningStack
from tests.support.waiting import wait_for
from tests.unit.rekognition.images import plain
from viewfinder.cli.main import app

COLOURS = ("red", "blue", "white")


@pytest.fixture(scope="module")
def stack(people_stack: RunningStack) -> Iterator[RunningStack]:
    """The stack with a picture of each colour, which go in the end."""
    s3 = people_stack.client("s3")
    for colour in COLOURS:
        s3.put_object(Bucket=people_stack.bucket, Key=f"words/{colour}.png", Body=plain(colour))
    wait_for(lambda: all(found(people_stack, colour) for colour in COLOURS), seconds=120, what="three pictures")
    yield people_stack
    for colour in COLOURS:
        s3.delete_object(Bucket=people_stack.bucket, Key=f"words/{colour}.png")


def found(stack: RunningStack, colour: str) -> bool:
    answer = stack.image(f"words/{colour}.png")
    return answer.status_code == 200 and answer.json()["Status"] == "ANALYZED"


def ranked(stack: RunningStack, **query: str) -> dict[str, Any]:
    answer = stack.call("GET", "/images?" + "&".join(f"{name}={value}" for name, value in sorted(query.items())))
    document: dict[str, Any] = answer.json()
    return document


def test_a_description_ranks_the_images_within_the_filters(stack: RunningStack) -> None:
    for colour in ("red", "blue"):
        page = ranked(stack, like=f"a%20{colour}%20photo", prefix="words")
        assert page["Images"][0]["ImageId"] == f"words/{colour}.png"
        assert len(page["Images"]) == len(COLOURS)
        assert page["Images"][0]["Similarity"] > page["Images"][1]["Similarity"]
    assert "Words" not in stack.call("GET", "/health").json().get("Absent", {})
    assert ranked(stack, like="red", order="taken")["Error"]["Message"].startswith("order: can't be combined with like")


def test_names_of_the_vocabulary_are_labels_with_their_source(stack: RunningStack) -> None:
    labels = {label["Name"]: label.get("Source") for label in stack.image("words/red.png").json()["Labels"]}
    assert labels["red"] == "CLIP"
    assert [image["ImageId"] for image in ranked(stack, label="red", prefix="words")["Images"]] == ["words/red.png"]


def test_the_commands_describe_and_compare_by_the_same_model(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(plain("navy", (300, 90)))
    where = ("--data-dir", str(stack.local.data.path), "--quiet")
    for asked, first in (("--describe", "a red photo"), "red"), (("--like", str(tmp_path / "mine.png")), "blue"):
        result = CliRunner().invoke(app, ["search", *asked, *where], env={"COLUMNS": "200"})
        assert result.exit_code == 0, result.output
        rows = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("words/")]
        assert rows[0] == f"words/{first}.png"
