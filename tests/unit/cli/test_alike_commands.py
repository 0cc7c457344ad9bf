"""`duplicates --near` and `--distinct`, and `search --like`: what is asked of the API, and what is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.unit.rekognition.images import sample
from viewfinder.cli._api import Api
from viewfinder.cli.main import app
from viewfinder.domain.vector import MODEL

ONE, OTHER = "1" * 64, "2" * 64
Document = dict[str, Any]


def a_copy(image_id: str, content: str, width: int) -> Document:
    return {"ImageId": image_id, "Sha256": content, "Bytes": 1234, "Width": width, "Height": 200}


GROUP = {
    "Kind": "NEAR",
    "Keep": {"ImageId": "camera.jpg", "Reason": "PIXELS"},
    "Images": [a_copy("sent.jpg", ONE, 300), a_copy("camera.jpg", OTHER, 4000)],
}
SIMILAR = {"ImageId": "b.jpg", "Similarity": 97.25, "Labels": [{"Name": "Dog"}, {"Name": "Beach"}]}


class RecordingApi(Api):
    """Answers what is asked, and remembers it."""

    def __init__(self) -> None:
        super().__init__("http://api", None)  # type: ignore[arg-type]
        object.__setattr__(self, "asked", [])

    asked: list[tuple[str, str, Any]]

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Document | None = None
    ) -> Document:
        self.asked.append((method, path, body or query))
        if path.startswith(("/similar", "/images")):
            return {"Images": [SIMILAR]}
        return {"Groups": [GROUP]} if method == "GET" else dict(body or {})


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> RecordingApi:
    found = RecordingApi()
    target = type("FakeTarget", (), {"api": found, "settings": SimpleNamespace(embeddings="")})()
    monkeypatch.setattr("viewfinder.cli._target.find_target", lambda *_: target)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def test_near_duplicates_are_listed_with_the_one_to_keep(api: RecordingApi) -> None:
    printed = run("duplicates", "--near")
    assert printed.exit_code == 0, printed.output
    rows = [line.split() for line in printed.stdout.splitlines()]
    assert ["1", "near", "1" * 12, "sent.jpg", "1234", "300", "x", "200"] in rows
    assert ["1", "near", "2" * 12, "camera.jpg", "1234", "4000", "x", "200", "most", "pixels"] in rows
    assert api.asked == [("GET", "/duplicates", {"near": "true", "limit": 50})]
    assert json.loads(run("duplicates", "--near", "--json").stdout) == {"Groups": [GROUP]}


def test_a_decision_is_sent_and_taken_back(api: RecordingApi) -> None:
    decided = run("duplicates", "--distinct", ONE, "--distinct", OTHER)
    undone = run("duplicates", "--distinct", ONE, "--distinct", OTHER, "--undo")
    assert [decided.stdout, undone.stdout] == [
        "They will not be listed together again.\n",
        "The decision is taken back.\n",
    ]
    bodies = [{"Contents": [ONE, OTHER], "AreDuplicates": is_undone} for is_undone in (False, True)]
    assert api.asked == [("PATCH", "/duplicates", body) for body in bodies]


def test_undo_alone_says_what_it_lacks(api: RecordingApi) -> None:
    refused = run("duplicates", "--undo")
    assert refused.exit_code == 2
    assert "--distinct" in refused.output
    assert api.asked == []


def test_images_like_an_image_are_listed_with_their_similarity(api: RecordingApi) -> None:
    printed = run("search", "--like", "holiday/a b.jpg")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.splitlines()[-1].split() == ["b.jpg", "97.2", "%", "Dog,", "Beach"]
    assert api.asked == [("GET", "/similar/holiday%2Fa%20b.jpg", {"limit": 50})]
    assert json.loads(run("search", "--like", "a.jpg", "--json").stdout) == {"Images": [SIMILAR]}


def test_of_a_file_only_its_vectors_are_sent_one_for_each_orientation(api: RecordingApi, tmp_path: Path) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(sample("cat.jpg"))
    printed = run("search", "--like", str(file), "--limit", "3")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.splitlines()[-1].split()[:3] == ["b.jpg", "97.2", "%"]
    assert {(method, path, body["Limit"]) for method, path, body in api.asked} == {("POST", "/similar", 3)}
    vectors = {body["Vector"] for _, _, body in api.asked}
    assert len(vectors) == 8
    assert all(vector.startswith(f"{MODEL}/") and len(vector) < 2000 for vector in vectors)


def test_a_file_that_is_no_picture_is_refused_here(api: RecordingApi, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no picture")
    refused = run("search", "--like", str(file))
    assert (refused.exit_code, api.asked) == (2, [])
    assert "notes.txt" in refused.output


def test_like_takes_no_filters_beside_it(api: RecordingApi) -> None:
    refused = run("search", "dog", "--like", "a.jpg")
    assert (refused.exit_code, api.asked) == (2, [])
    assert "leave out words" in refused.output


def test_images_are_ranked_by_a_description_within_filters(api: RecordingApi) -> None:
    printed = run("search", "beach", "--describe", "a dog", "--prefix", "holiday/", "--limit", "500")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.splitlines()[-1].split() == ["b.jpg", "97.2", "%", "Dog,", "Beach"]
    [(method, path, query)] = api.asked
    assert (method, path) == ("GET", "/images")
    given = {name: value for name, value in query.items() if value}
    assert given == {"q": "beach", "like": "a dog", "prefix": "holiday/", "limit": 100}
    refused = run("search", "--like", "a.jpg", "--describe", "a dog")
    assert refused.exit_code == 2
