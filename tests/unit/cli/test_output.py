"""What commands print: for people, for pipes and for shells that complete."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from viewfinder.cli._api import Api, ApiError, by_options
from viewfinder.cli._options import specific_first
from viewfinder.cli.logs import event_document
from viewfinder.cli.main import app
from viewfinder.local.data_directory import DataDirectory, default_path

Document = dict[str, Any]


class FakeApi(Api):
    """An API of 306 images of a dog, which remembers what was removed."""

    def __init__(self) -> None:
        super().__init__("http://api", None)  # type: ignore[arg-type]

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Document | None = None
    ) -> Document:
        query = query or {}
        if method == "DELETE":
            return _removed(path)
        if path == "/stats":
            return {"Images": {"Total": 306}}
        if path == "/labels":
            return {
                "Labels": [
                    label
                    for label in LABELS
                    if label["Name"].casefold().startswith((query.get("prefix") or "").casefold())
                ]
            }
        read = [_read(word) for word in (query.get("q") or "").split()]
        names = {name.casefold() for name in query.get("label") or ()}
        names |= {entry["Name"].casefold() for entry in read if "Name" in entry}
        is_found = names <= {"dog"} and (names or not read)
        return (_page(query) if is_found else {"Images": []}) | ({"Interpretation": read} if read else {})


def _read(word: str) -> Document:
    """Read a word as the name of a label, or a plural, or as a misspelling."""
    read = {"Typed": word, "Excluded": False, "ReadAs": "LABEL", "Query": f"label:{word}"}
    if word.title() in {"Cat", "Dog", "Dogs"}:
        fit = "PLURAL" if word.endswith("s") else "EXACT"
        return read | {"Fit": fit, "Name": word.title().rstrip("s"), "Alternatives": [read | {"Query": f"text:{word}"}]}
    suggestions = {"Suggestions": ["Dog"]} if word == "Dgo" else {}
    return {"Typed": word, "Excluded": False, "ReadAs": "NOTHING"} | suggestions


LABELS: list[Document] = [
    {"Name": name, "Count": 306, "Parents": [], "Categories": [], "Aliases": []} for name in ("Cat", "Dog")
]


def _removed(path: str) -> Document:
    if path.endswith("gone.jpg"):
        raise ApiError("there is no such image")
    return {"ImageId": path.removeprefix("/images/")}


def _page(query: Mapping[str, Any]) -> Document:
    start = int(query.get("nextToken", 0))
    end = min(306, start + query["limit"])
    labels = [{"Name": name, "Confidence": 99.0 - number} for number, name in enumerate(ANIMALS)]
    images = [
        {"ImageId": f"{number:0200}.jpg", "AnalyzedAt": "2026-11-25T10:00:00.0Z", "Labels": labels}
        for number in range(start, end)
    ]
    return {"Images": images} | ({"NextToken": str(end)} if end < 306 else {})


ANIMALS = ("Animal", "Canine", "Mammal", "Pet", "Dog", "Plant", "Leaf")


class FakeTarget:
    """A stack with that API."""

    api = FakeApi()


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("viewfinder.cli._target.find_target", lambda *_: FakeTarget())
    return lambda *words: CliRunner().invoke(app, words)


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").stdout == f"viewfinder {version('viewfinder')}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("search",), "50 of 306 images; all with --limit 306.\n"),
        (("search", "dog", "-n", "120"), "120 of 306 images; all with --limit 306.\n"),
        (("search", "Dog", "--prefix", "0"), "Images shown: 50. More with --limit 100.\n"),
        (("search", "-n", "306"), ""),
        (("search", "dogs", "-n", "306"), "Read as: label Dog (or text:dogs)\n"),
        (("search", "Dgo"), "Nothing is known by Dgo. Did you mean Dog?\n"),
        (("search", "Dog", "Zebra", "-n", "306"), "Nothing is known by Zebra.\n"),
        (("search", "Cat"), "No images.\n"),
        (("search", "--any", "Dgo"), "No image has Dgo. Did you mean Dog?\n"),
        (("search", "--any", "Dog", "Zebra"), "No image has Zebra.\n"),
        (("labels", "-n", "1"), "Labels shown: 1. More with --limit 2.\n"),
    ],
)
def test_a_list_says_what_is_left_and_why_it_is_empty(run: Run, words: tuple[str, ...], told: str) -> None:
    assert run(*words).stderr == told


def test_quiet_says_nothing_and_tells_by_the_exit_code_whether_there_is_an_image(run: Run) -> None:
    found, nothing, loud = run("search", "Dog", "-q"), run("search", "Dgo", "--quiet"), run("search", "Dgo")
    assert (found.exit_code, found.stderr, len(found.stdout.splitlines())) == (0, "", 50)
    assert (nothing.exit_code, nothing.output) == (1, "")
    assert loud.exit_code == 0


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("takenFrom: must be a time", "--taken-from: must be a time"),
        ("from: must be a time", "--from: must be a time"),
        ("minConfidence: must be 0 to 100", "--min-confidence: must be 0 to 100"),
        ("label: is too long", "WORDS: is too long"),
        ("Add: has a name twice", "--add: has a name twice"),
        ("there is no such image", "there is no such image"),
        ("the body needs 1 to 20 names: none is there", "the body needs 1 to 20 names: none is there"),
    ],
)
def test_an_error_of_the_api_names_the_option_that_was_typed(said: str, told: str) -> None:
    assert by_options(said) == told


def test_an_images_facts_are_shown_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    image = {
        "ImageId": "a.jpg",
        "Facts": {"Camera": "Acme", "FNumber": 1.8},
        "Corrections": {"Added": ["Tree", "Car"], "Removed": []},
        "Texts": [{"Type": "LINE", "DetectedText": "Exit 12"}, {"Type": "WORD", "DetectedText": "Exit"}],
        "Faces": [{}, {}],
        "Features": ["LABELS", "TEXT"],
        "Labels": [],
    }
    monkeypatch.setattr(FakeApi, "call", lambda *_: image)
    lines = run("images", "get", "a.jpg").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines[1:]] == [
        ["Facts.Camera", "Acme"],
        ["Facts.FNumber", "1.8"],
        ["Corrections.Added", "Tree, Car"],
        ["Corrections.Removed"],
        ["Texts", "Exit 12"],
        ["Faces", "2"],
        ["Features", "LABELS, TEXT"],
    ]


def test_a_line_of_the_log_is_a_json_object() -> None:
    event = {"timestamp": 1_780_000_000_123, "function": "viewfinder-api-handler", "message": '{"level": "INFO"}\n'}
    expected = {"Time": "2026-05-28T20:26:40.123Z", "Function": "api-handler", "Message": {"level": "INFO"}}
    assert event_document(event, "viewfinder") == expected
    assert event_document({**event, "message": "START\n"}, "viewfinder")["Message"] == "START"


def test_a_pipe_gets_whole_keys_and_nothing_else(run: Run) -> None:
    lines = run("search", "Dog", "-n", "2").stdout.splitlines()

    assert lines == [
        f"{number:0200}.jpg\t2026-11-25 10:00:00\tDog 95, Plant 94, Leaf 93, Canine 98, Pet 96 and 2 more"
        for number in range(2)
    ]


def test_labels_come_before_their_ancestors_and_else_by_confidence() -> None:
    def label(name: str, confidence: float, *parents: str) -> Document:
        return {"Name": name, "Confidence": confidence, "Parents": [{"Name": parent} for parent in parents]}

    animal, canine = label("Animal", 99), label("Canine", 99, "Animal")
    dog, tree = label("Dog", 90, "Animal", "Canine"), label("Tree", 95, "Plant")

    assert specific_first([animal, canine, dog, tree]) == [tree, dog, canine, animal]


def test_removal_goes_on_after_an_image_that_is_not_there_and_names_it(run: Run) -> None:
    result = run("images", "rm", "a.jpg", "gone.jpg", "b.jpg")

    assert result.exit_code == 1
    assert result.stdout == "removed a.jpg\nremoved b.jpg\n"
    assert result.stderr == "Error: gone.jpg: there is no such image\n"
    assert json.loads(run("images", "rm", "gone.jpg", "--json").stdout) == {
        "Removed": [],
        "Failed": [{"ImageId": "gone.jpg", "Message": "there is no such image"}],
    }


COMPLETERS = {
    "bash": lambda words: {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)},
    "zsh": lambda words: {"_TYPER_COMPLETE_ARGS": " ".join(words)},
    "fish": lambda words: {"_TYPER_COMPLETE_ARGS": " ".join(words), "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}


class FakeCloudFormation:
    """An account with two stacks, of which one is ours."""

    cloudformation = property(lambda self: self)

    def get_paginator(self, _: str) -> FakeCloudFormation:
        return self

    def paginate(self) -> list[Document]:
        ours = {"StackName": "photos", "Outputs": [{"OutputKey": "DeadLetterQueueUrl"}]}
        return [{"Stacks": [ours, {"StackName": "phone"}]}]


@pytest.mark.parametrize("shell", COMPLETERS)
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (("search", "D"), "Dog"),
        (("search", "--exclude", "C"), "Cat"),
        (("search", "--status", "FA"), "FAILED"),
        (("search", "--stack", "pho"), "photos"),
        (("logs", "--component", "em"), "emulator"),
    ],
)
def test_labels_statuses_and_stacks_are_completed(
    monkeypatch: pytest.MonkeyPatch, shell: str, words: tuple[str, ...], completed: str
) -> None:
    monkeypatch.setattr("viewfinder.cli._target.find_target", lambda **_: FakeTarget())
    monkeypatch.setattr("viewfinder.cli._target.environment_of", lambda *_: FakeCloudFormation())
    environment = COMPLETERS[shell](("viewfinder", *words)) | {"_VIEWFINDER_COMPLETE": f"complete_{shell}"}

    printed = CliRunner(env=environment).invoke(app, [], prog_name="viewfinder").stdout

    assert completed in printed
    assert "phone" not in printed


def test_a_hint_names_the_program_and_the_folder_as_this_shell_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin dir" / "viewfinder"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(program)])

    assert DataDirectory(default_path()).command("up") == "'bin dir/viewfinder' up"
    monkeypatch.setenv("PATH", str(program.parent))
    assert DataDirectory(default_path()).command("up") == "viewfinder up"
    assert DataDirectory(tmp_path).command("up") == f"viewfinder up --data-dir {tmp_path}"
