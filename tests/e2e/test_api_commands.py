"""`viewfinder search`, `images` and `labels` on the real stack: as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.waiting import wait_for
from viewfinder.cli.main import app

Run = Callable[..., Result]

KEYS = ("commands/cat one.jpg", "commands/cat [two].jpg")
SECONDS = 30


@pytest.fixture(scope="module")
def run(stack: RunningStack) -> Run:
    """Run a command on the stack, which has two photos of a cat below `commands/`."""
    for key in KEYS:
        content = (PROJECT / "samples" / "cat.jpg").read_bytes()
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=content)
        wait_for(lambda key=key: stack.image(key).status_code == 200, seconds=SECONDS, what=f"{key} indexed")

    def command(*words: str) -> Result:
        return CliRunner(env={"COLUMNS": "160"}).invoke(app, [*words, "--data-dir", str(stack.local.data.path)])

    return command


def output(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_search_finds_images_by_their_labels(run: Run) -> None:
    images = output(run("search", "cat", "Animal", "--prefix", "commands/", "--json"))["Images"]
    assert [image["ImageId"] for image in images] == list(reversed(KEYS))
    assert output(run("search", "Unicorn", "--json")) == {"Images": []}
    assert output(run("search", "--exclude", "cat", "--prefix", "commands/", "--json")) == {"Images": []}
    surest = output(
        run("search", "Unicorn", "cat", "--any", "--order", "confidence", "--min-confidence", "50", "--json")
    )
    assert {image["ImageId"] for image in surest["Images"]} >= set(KEYS)


def test_search_shows_a_table_of_as_many_as_asked_for(run: Run) -> None:
    result = run("search", "--prefix", "commands/", "--limit", "1")
    assert result.exit_code == 0
    assert "commands/cat [two].jpg" in result.stdout
    assert "commands/cat one.jpg" not in result.stdout
    assert "Cat" in result.stdout


def test_an_image_is_shown_with_its_labels(run: Run) -> None:
    assert output(run("images", "get", KEYS[1], "--json"))["ImageId"] == KEYS[1]
    table = run("images", "get", KEYS[1]).stdout
    assert "commands/cat [two].jpg" in table
    assert "Animals and Pets" in table


def test_labels_are_listed_with_their_counts(run: Run) -> None:
    def cats() -> int:
        return sum(
            label["Count"] for label in output(run("labels", "ca", "--json"))["Labels"] if label["Name"] == "Cat"
        )

    wait_for(lambda: cats() >= len(KEYS), seconds=SECONDS, what="the cats counted")
    assert "Animals and Pets" in run("labels", "cat").stdout


def test_an_error_of_the_api_is_one_line(run: Run) -> None:
    missing = run("images", "get", "commands/none.jpg")
    assert (missing.exit_code, missing.stderr) == (1, "Error: there is no such image\n")
    wrong = run("search", "--from", "yesterday")
    assert (wrong.exit_code, wrong.stderr) == (1, "Error: from: must be an ISO 8601 time with a zone, or a date\n")


def test_images_are_removed(run: Run, stack: RunningStack) -> None:
    result = run("images", "rm", *KEYS)
    assert result.stdout.splitlines() == [f"removed {key}" for key in KEYS]
    for key in KEYS:
        wait_for(lambda key=key: stack.image(key).status_code == 404, seconds=SECONDS, what=f"{key} gone")
