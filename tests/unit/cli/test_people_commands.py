"""`viewfinder people ...`: what each command asks of the API, and what it prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from viewfinder.cli._api import Api
from viewfinder.cli.main import app
from viewfinder.domain.errors import PersonNotFoundError
from viewfinder.usecases.forget_people import Forgotten
from viewfinder.usecases.group_people import Pass

Document = dict[str, Any]
ANN: Document = {"PersonId": "a1", "Name": "Ann", "Count": 1200, "Hidden": False}
BOB: Document = {"PersonId": "b2", "Count": 3, "Hidden": True}
FACE: Document = {"ImageId": "a#b.jpg", "FaceId": "f1", "PersonId": "a1", "BoundingBox": {}}
MAYBE: Document = {"ImageId": "c.jpg", "FaceId": "f2", "SuggestedPersonId": "a1", "BoundingBox": {}}


class PeopleApi(Api):
    """Answers what is asked, and remembers it."""

    def __init__(self) -> None:
        super().__init__("http://api", None)  # type: ignore[arg-type]
        object.__setattr__(self, "asked", [])
        object.__setattr__(self, "more", "")

    asked: list[tuple[str, str, Any]]
    more: str

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Document | None = None
    ) -> Document:
        self.asked.append((method, path, body or query))
        paging = {"NextToken": self.more} if self.more else {}
        if method == "GET":
            return ({"People": [ANN, BOB]} if path == "/people" else {"Faces": [FACE, MAYBE]}) | paging
        if path == "/faces":
            faces = [] if (body or {})["Action"] == "FORGET" else (body or {})["Faces"]
            return {"Faces": faces} | ({"PersonId": "c3"} if (body or {})["Action"] in {"SPLIT", "ASSIGN"} else {})
        if path.endswith("/nobody"):
            raise PersonNotFoundError("there is no such person")
        return ANN | {key: value for key, value in (body or {}).items() if key in {"Name", "Hidden"}}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> PeopleApi:
    found = PeopleApi()
    application = SimpleNamespace(unused="unused", forgetting="all", correcting_faces="one")
    target = SimpleNamespace(api=found, application=application)
    monkeypatch.setattr("viewfinder.cli._target.find_target", lambda *_: target)
    return found


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(app, ["people", *arguments], env={"COLUMNS": "200"}, **options)


def test_people_are_listed_without_the_hidden_ones(api: PeopleApi) -> None:
    printed = run("list", "--limit", "7")
    assert (printed.exit_code, [line.split() for line in printed.stdout.splitlines()][-1]) == (
        0,
        ["a1", "Ann", "1,200"],
    )
    assert "b2" not in printed.stdout
    assert "b2" in run("list", "--hidden").stdout
    assert api.asked[0] == ("GET", "/people", {"limit": 7})
    assert json.loads(run("list", "--json").stdout) == {"People": [ANN]}
    assert json.loads(run("list", "--json", "--hidden").stdout) == {"People": [ANN, BOB]}


def test_a_list_that_goes_on_says_so_beside_the_list(api: PeopleApi) -> None:
    object.__setattr__(api, "more", "token")
    printed = run("list", "--limit", "2", "--hidden")
    assert "People shown: 2. More with --limit 4." in printed.stderr
    assert "More with" not in printed.stdout


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("name", "a/1", "Ann Lee"), ("PATCH", "/people/a%2F1", {"Name": "Ann Lee"})),
        (("name", "a1", ""), ("PATCH", "/people/a1", {"Name": ""})),
        (("hide", "a1"), ("PATCH", "/people/a1", {"Hidden": True})),
        (("hide", "a1", "--undo"), ("PATCH", "/people/a1", {"Hidden": False})),
        (("merge", "a1", "b2", "c3"), ("POST", "/people/a1", {"PersonIds": ["b2", "c3"]})),
        (("unmerge", "b2"), ("PATCH", "/people/b2", {"Merged": False})),
        (("cover", "a1", "a#b.jpg#f1"), ("PATCH", "/people/a1", {"Cover": {"ImageId": "a#b.jpg", "FaceId": "f1"}})),
    ],
)
def test_a_person_is_changed(api: PeopleApi, arguments: tuple[str, ...], asked: tuple[str, str, Document]) -> None:
    printed = run(*arguments)
    assert (printed.exit_code, api.asked) == (0, [asked]), printed.output
    name = asked[2].get("Name", "Ann") or "no name"
    assert printed.stdout == f"a1: {name}, 1200 images.\n"
    assert json.loads(run(*arguments, "--json").stdout)["PersonId"] == "a1"


@pytest.mark.parametrize("arguments", [("faces", "a1"), ("suggestions",)])
def test_faces_are_listed_as_the_corrections_take_them(api: PeopleApi, arguments: tuple[str, ...]) -> None:
    rows = [line.split() for line in run(*arguments).stdout.splitlines()]
    assert rows[-2:] == [["a#b.jpg#f1", "a1"], ["c.jpg#f2", "a1"]]
    query = {"person": "a1"} if arguments[0] == "faces" else {}
    assert api.asked == [("GET", "/faces", {**query, "limit": 50})]
    assert json.loads(run(*arguments, "--json").stdout) == {"Faces": [FACE, MAYBE]}


KEY = {"ImageId": "a#b.jpg", "FaceId": "f1"}


@pytest.mark.parametrize(
    ("arguments", "body", "said"),
    [
        (("assign",), {"Action": "ASSIGN"}, "Done: 1 faces. c3\n"),
        (("assign", "--person", "a1"), {"Action": "ASSIGN", "PersonId": "a1"}, "Done: 1 faces. c3\n"),
        (("assign", "--name", "Zoe"), {"Action": "ASSIGN", "Name": "Zoe"}, "Done: 1 faces. c3\n"),
        (("exclude",), {"Action": "EXCLUDE"}, "Done: 1 faces.\n"),
        (("exclude", "--person", "a1"), {"Action": "EXCLUDE", "PersonId": "a1"}, "Done: 1 faces.\n"),
        (("split", "--name", "Zoe"), {"Action": "SPLIT", "Name": "Zoe"}, "Done: 1 faces. c3\n"),
        (("discard", "--yes"), {"Action": "FORGET"}, "Done: 1 faces.\n"),
        (("undo",), {"Action": "RESET"}, "Done: 1 faces.\n"),
        (("undo", "--person", "a1"), {"Action": "RESET", "PersonId": "a1"}, "Done: 1 faces.\n"),
    ],
)
def test_faces_are_corrected(api: PeopleApi, arguments: tuple[str, ...], body: Document, said: str) -> None:
    printed = run(arguments[0], "a#b.jpg#f1", *arguments[1:])
    assert (printed.exit_code, printed.stdout) == (0, said), printed.output
    assert api.asked == [("PATCH", "/faces", {**body, "Faces": [KEY]})]
    answer = json.loads(run(arguments[0], "a#b.jpg#f1", *arguments[1:], "--json").stdout)
    assert answer["Faces"] == ([] if arguments[0] == "discard" else [KEY])


def test_faces_are_read_from_the_standard_input_a_hundred_at_a_time(api: PeopleApi) -> None:
    lines = "".join(f"{number}.jpg#f\ta1\n" for number in range(150))
    printed = run("assign", "-", input=lines)
    assert printed.stdout == "Done: 150 faces. c3\n"
    assert [len(body["Faces"]) for _, _, body in api.asked] == [100, 50]
    assert api.asked[1][2]["Faces"][-1] == {"ImageId": "149.jpg", "FaceId": "f"}


def test_what_is_no_face_is_refused_before_anything_is_asked(api: PeopleApi) -> None:
    refused = run("split", "a.jpg#f1", "beach.jpg")
    assert (refused.exit_code, api.asked) == (2, [])
    assert "'beach.jpg' is not IMAGE_ID#FACE_ID" in refused.stderr


def test_an_error_of_the_api_ends_the_command(api: PeopleApi) -> None:
    failed = run("name", "nobody", "Ann")
    assert failed.exit_code == 1
    assert "there is no such person" in f"{failed.stderr}{failed.exception}"


def test_nothing_is_forgotten_without_a_yes(api: PeopleApi, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[object] = []
    monkeypatch.setattr("viewfinder.usecases.forget_person.forget_person", lambda *asked: forgotten.append(asked))
    for arguments, question in (
        (("forget", "Ann"), "Forget Ann for good?"),
        (("forget", "--all"), "Forget every face and person for good?"),
        (("discard", "a.jpg#f1"), "Forget 1 faces for good?"),
    ):
        refused = run(*arguments, input="n\n")
        assert (refused.exit_code, question in refused.stderr) == (1, True)
    assert (api.asked, forgotten) == ([], [])


def test_a_person_or_all_are_forgotten_and_not_both(api: PeopleApi, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def forget(*wanted: object) -> Forgotten:
        asked.append(wanted)
        return Forgotten(faces=1234, images=56)

    monkeypatch.setattr("viewfinder.usecases.forget_person.forget_person", forget)
    monkeypatch.setattr("viewfinder.usecases.forget_people.forget_all_people", forget)
    assert run("forget", "Ann", "--yes").stdout == "1,234 faces on 56 images are forgotten.\n"
    assert json.loads(run("forget", "--all", "--yes", "--json").stdout) == {"Faces": 1234, "Images": 56}
    assert asked == [("Ann", "one"), ("all",)]
    for arguments in (("forget", "--yes"), ("forget", "Ann", "--all", "--yes")):
        refused = run(*arguments)
        assert (refused.exit_code, "give a person, or --all" in refused.stderr) == (2, True)


def test_grouping_tells_what_it_did(api: PeopleApi, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Pass(contents=8, faces=9000, people=2, grouped=8000, suggested=3, images=4)
    order: list[object] = []

    def keep(unused: object, _: object) -> Pass:
        order.append(unused)
        return done

    monkeypatch.setattr("viewfinder.usecases.keep_people.keep_people", keep)
    printed = run("group")
    assert printed.stdout == ("2 people with 8,000 of 9,000 faces, 3 suggestions. 4 images follow within seconds.\n")
    assert order == ["unused"]
    numbers = {"Faces": 9000, "People": 2, "Grouped": 8000, "Suggested": 3, "Images": 4}
    assert json.loads(run("group", "--json").stdout) == numbers
