"""`viewfinder search`, `images` and `labels` on the real stack: as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
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
        wait_for(partial(stack.answers, key, 200), seconds=SECONDS, what=f"{key} indexed")

    def command(*words: str) -> Result:
        return CliRunner(env={"COLUMNS": "160"}).invoke(app, [*words, "--data-dir", str(stack.local.data.path)])

    return command


def output(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_search_finds_images_by_their_labels(run: Run) -> None:
    images = output(run("search", "cat", "Animal", "--prefix", "commands/", "--json"))["Images"]
    assert [image["ImageId"] for image in images] == list(reversed(KEYS))
    assert output(run("search", "Unicorn", "--json"))["Images"] == []
    assert output(run("search", "--exclude", "cat", "--prefix", "commands/", "--json")) == {"Images": []}
    by_confidence = output(
        run("search", "Unicorn", "cat", "--any", "--order", "confidence", "--prefix", "commands/", "--json")
    )
    assert {image["ImageId"] for image in by_confidence["Images"]} >= set(KEYS)


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
    assert (wrong.exit_code, wrong.stderr) == (1, "Error: --from: must be an ISO 8601 time with a zone, or a date\n")


def test_images_are_removed(run: Run, stack: RunningStack) -> None:
    keys = ("commands-rm/one.jpg", "commands-rm/[two].jpg")
    for key in keys:
        content = (PROJECT / "samples" / "cat.jpg").read_bytes()
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=content)
        wait_for(partial(stack.answers, key, 200), seconds=SECONDS, what=f"{key} indexed")
    result = run("images", "rm", *keys)
    assert result.stdout.splitlines() == [f"removed {key}" for key in keys]
    for key in keys:
        wait_for(partial(stack.answers, key, 404), seconds=SECONDS, what=f"{key} gone")


@pytest.fixture
def twins(stack: RunningStack) -> tuple[str, str]:
    """Put two images of one content, which no other image has."""
    photo = (PROJECT / "samples" / "cat.jpg").read_bytes() + b"twins"  # behind the JPEG's end
    keys = ("twins/1.jpg", "twins/2.jpg")
    for key in keys:
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=photo)
        wait_for(partial(stack.answers, key, 200), seconds=SECONDS, what=f"{key} indexed")
    return keys


def test_categories_folders_and_duplicates_are_listed(run: Run, twins: tuple[str, str]) -> None:
    categories = output(run("categories", "--json"))["Categories"]
    assert "Animals and Pets" in [category["Name"] for category in categories]
    folders = output(run("folders", "twin", "--json"))["Folders"]
    assert folders == [{"Prefix": "twins/", "Count": 2}]
    groups = output(run("duplicates", "--json"))["Groups"]
    assert set(twins) in [{image["ImageId"] for image in group["Images"]} for group in groups]
    assert [label["Name"] for label in output(run("labels", "cats", "--limit", "1", "--json"))["Labels"]] == ["Cat"]


def test_labels_are_corrected_and_left_to_the_detector_again(run: Run, twins: tuple[str, str]) -> None:
    image = output(run("images", "label", twins[0], "--add", "Tabby", "--remove", "Cat", "--json"))
    assert image["Corrections"] == {"Added": ["Tabby"], "Removed": ["Cat"]}
    shown = run("images", "label", twins[0], "--undo", "Tabby", "--undo", "cat")
    assert (shown.exit_code, "Tabby" in shown.stdout, "Cat" in shown.stdout) == (0, False, True)
    nothing = run("images", "label", twins[0])
    assert (nothing.exit_code, "give --add, --remove or --undo" in nothing.output) == (2, True)


def test_an_image_goes_to_the_trash_comes_back_and_goes_for_good(run: Run, stack: RunningStack) -> None:
    key = "commands/trash.jpg"
    for content in ("coffee.jpg", "cat.jpg"):
        photo = (PROJECT / "samples" / content).read_bytes()
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=photo)
    wait_for(lambda: stack.image(key).status_code == 200, seconds=SECONDS, what="the image")
    newest, oldest = output(run("images", "versions", key, "--json"))["Versions"]
    assert (newest["IsLatest"], newest["Bytes"]) == (True, len(photo))
    assert output(run("images", "rm", key, "--json"))["Removed"] == [{"ImageId": key}]

    def is_listed() -> bool:
        return key in [image["ImageId"] for image in output(run("images", "trash", "--json"))["Images"]]

    wait_for(is_listed, seconds=SECONDS, what="the image in the trash")
    assert output(run("images", "restore", key, "--version", oldest["VersionId"], "--json"))["Restored"]
    refused = run("images", "purge", key, "--yes")
    assert (refused.exit_code, "there is an image of this key" in refused.output) == (1, True)
    run("images", "rm", key)
    asked = run("images", "purge", key)
    assert (asked.exit_code, "Delete 1 images permanently?" in asked.output) == (1, True)
    assert output(run("images", "purge", key, "--yes", "--json"))["Deleted"] == [{"ImageId": key}]
    missing = run("images", "restore", key)
    assert (missing.exit_code, "there is nothing to restore" in missing.output) == (1, True)
