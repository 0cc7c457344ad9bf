"""What passes through the gallery arrives as it was sent, signed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

import httpx
import pytest
from boto3.session import Session
from moto import mock_aws
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from tests.support.fake_api import image, label
from tests.unit.gallery.conftest import Door
from viewfinder.gallery.proxy import Relayed, SignedApi, UnsafePathError, path_below, picture
from viewfinder.gallery.status import Sources
from viewfinder.operations.signing import Signer

KEYS = [
    "dog.jpg",
    "with space.jpg",
    "a+b.jpg",
    "100%.jpg",
    "%41.jpg",
    "holiday/beach/1.jpg",
    "a//b.jpg",
    "../outside.jpg",
    "?query#fragment&x=y;z.jpg",
    "quote'\"<script>.jpg",
    "emoji 🐕 é.jpg",
    "é" * 512,
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
def test_a_key_arrives_to_the_letter(door: Door, key: str) -> None:
    door.api.images = [image(key)]

    answer = door.ask("GET", f"/prod/images/{quote(key, safe='')}")

    assert answer.json()["ImageId"] == key


@pytest.mark.parametrize("path", ["a%20b/c.jpg", "tilde~(1)!*'.jpg", "a:b@c,d;e=f$&.jpg", "a%2fb", "%7E.jpg"])
def test_a_path_arrives_with_its_meaning(door: Door, path: str) -> None:
    assert door.ask("GET", f"/prod/images/{path}").status_code == 404  # known to nobody, but its signature fitted
    assert unquote(door.api.requests[-1][1]) == f"/prod/images/{unquote(path)}"


@pytest.mark.parametrize(
    "query",
    [
        "label=Dog&label=Hot%20Dog&exclude=a%2Bb&limit=3",
        "label=Mobile+Phone",
        "prefix=burst/",
        "prefix=burst%2f",
        "from=2026-06-01T00:00:00Z",
        "prefix=%7E",
        "prefix=:,@!()*';$?/~",
        "prefix=",
    ],
)
def test_a_query_arrives_with_its_meaning(door: Door, query: str) -> None:
    door.ask("GET", f"/prod/images?{query}")

    method, target, _ = door.api.requests[-1]
    assert (method, target.partition("?")[0]) == ("GET", "/prod/images")
    assert parse_qsl(target.partition("?")[2], keep_blank_values=True) == parse_qsl(query, keep_blank_values=True)


def test_a_search_answers_as_the_api_does(door: Door) -> None:
    door.api.images = [image("cat.jpg", label("Cat")), image("dog.jpg", label("Dog"))]

    answer = door.ask("GET", "/prod/images?label=Dog")

    assert [entry["ImageId"] for entry in answer.json()["Images"]] == ["dog.jpg"]
    assert answer.headers["content-type"] == "application/json"


def test_the_last_content_of_a_removed_image_passes_in_a_sandbox(door: Door) -> None:
    door.api.trash = [image("gone/a b.jpg")]

    answer = door.ask("GET", "/content/gone%2Fa%20b.jpg?rendition=last")

    assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert door.ask("GET", "/content/gone%2Fa%20b.jpg").status_code == 404
    assert door.ask("GET", "/content/never.jpg?rendition=last").status_code == 404


@pytest.mark.parametrize("path", [b"/prod/../x", b"/prod/%2e%2E/x", b"/prod/a/.%2e", b"/prod/./x", b"/prod/%2e"])
def test_a_path_cannot_leave_the_stage(path: bytes) -> None:
    # By the scope: httpx would tidy the path up before it is sent.
    request = Request({"type": "http", "raw_path": path, "headers": []})

    with pytest.raises(UnsafePathError):
        path_below(request, "prod")


@pytest.mark.parametrize("path", ["/prod/stats%2f..%2fimages", "/prod/images%2Fx", "/prod%2Fimages"])
def test_only_a_key_holds_encoded_slashes(door: Door, path: str) -> None:
    answer = door.ask("GET", path)

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "InvalidPath")
    assert door.api.requests == []


def test_a_large_body_is_refused(door: Door) -> None:
    answer = door.ask("POST", "/prod/analyses", content=b"x" * (1024 * 1024 + 1), headers=door.token)

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (413, "RequestTooLarge")
    assert door.api.requests == []


def test_a_deletion_reaches_the_api(door: Door) -> None:
    door.api.images = [image("dog.jpg")]

    assert door.ask("DELETE", "/prod/images/dog.jpg", headers=door.token).status_code == 202
    assert door.api.images == []


def test_a_picture_comes_from_the_bucket_and_may_run_nothing(door: Door) -> None:
    door.api.images = [image("dog.jpg")]

    answer = door.ask("GET", "/content/dog.jpg?rendition=thumbnail&v=1")

    assert door.api.requests[-1][1] == "/prod/content/dog.jpg?rendition=thumbnail"
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_picture_is_sent_once_and_a_deleted_one_never_again(door: Door) -> None:
    door.api.images = [image("dog.jpg")]
    first = door.ask("GET", "/content/dog.jpg?rendition=thumbnail")
    known = {"if-none-match": first.headers["etag"]}

    again = door.ask("GET", "/content/dog.jpg?rendition=thumbnail", headers=known)
    door.api.images = []
    deleted = door.ask("GET", "/content/dog.jpg?rendition=thumbnail", headers=known)

    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert deleted.status_code == 404


@pytest.mark.parametrize(("throttled", "status"), [(1, 200), (2, 200), (3, 429)])
def test_a_throttled_request_is_sent_again_and_at_last_answered(door: Door, throttled: int, status: int) -> None:
    door.api.throttled = throttled

    assert door.ask("GET", "/prod/images").status_code == status
    assert len(door.api.requests) == min(throttled, 2) + 1


def test_a_picture_that_the_browser_no_longer_waits_for_is_not_asked_for(door: Door) -> None:
    door.api.images = [image("dog.jpg")]

    async def hang_up() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "raw_path": b"/content/dog.jpg", "query_string": b"", "headers": []}
    behind = httpx.AsyncClient(transport=httpx.ASGITransport(door.api.application()))
    api = SignedApi("http://api.test/prod", Signer(door.session), behind)

    answer = asyncio.run(picture(api, Request(scope, hang_up)))

    assert (answer.status_code, door.api.requests) == (499, [])


def test_a_browser_that_hangs_up_before_the_first_byte_leaves_no_connection_open() -> None:
    class Stream(httpx.AsyncByteStream):
        closed = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"x"

        async def aclose(self) -> None:
            self.closed = True

    async def gone(*_: object) -> Message:
        raise OSError

    stream = Stream()

    async def answer() -> None:
        found, held = httpx.Response(200, stream=stream), AsyncExitStack()
        held.push_async_callback(found.aclose)
        await Relayed(found, held)({"type": "http", "asgi": {"spec_version": "2.4"}}, gone, gone)  # type: ignore[arg-type]

    with pytest.raises(ClientDisconnect):
        asyncio.run(answer())

    assert stream.closed


@pytest.mark.parametrize("size", [1, 3_000_000])
def test_an_upload_arrives_in_the_bucket(door: Door, size: int) -> None:
    content = bytes(index % 251 for index in range(size))

    answer = door.ask(
        "POST",
        "/uploads/a%20b%2F%F0%9F%90%95.jpg",
        content=content,
        headers={**door.token, "content-type": "image/jpeg"},
    )

    etag = hashlib.md5(content).hexdigest()
    assert (answer.status_code, answer.json()) == (201, {"ImageId": "a b/🐕.jpg", "ETag": etag})
    assert door.api.bucket == {"a b/🐕.jpg": ("image/jpeg", content)}


def test_an_upload_says_how_long_it_is(door: Door) -> None:
    async def chunks() -> object:
        yield b"x"

    answer = door.ask("POST", "/uploads/a.jpg", content=chunks(), headers=door.token)

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (411, "MissingContentLength")


def test_missing_credentials_are_told(door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    door.session = Session(region_name="eu-central-1")

    answer = door.ask("GET", "/prod/images")

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (502, "NoCredentials")


@mock_aws
def test_a_queue_that_is_not_there_is_told(door: Door) -> None:
    door.sources = Sources(queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/nowhere")

    answer = door.ask("GET", "/status.json")

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (502, "RefusedByAws")


@mock_aws
def test_the_status_counts_what_waits(door: Door) -> None:
    client = door.session.client("sqs")
    names = ("images", "dead", "second-stage", "second-dead")
    queue, dead, second, second_dead = (client.create_queue(QueueName=name)["QueueUrl"] for name in names)
    for _ in range(3):
        client.send_message(QueueUrl=queue, MessageBody="x")
    client.receive_message(QueueUrl=queue, MaxNumberOfMessages=1)
    client.send_message(QueueUrl=second, MessageBody="x")
    outputs = {"QueueUrl": queue, "DeadLetterQueueUrl": dead}
    door.sources = Sources.of(outputs | {"SecondStageQueueUrl": second, "SecondStageDeadLetterQueueUrl": second_dead})

    status = door.ask("GET", "/status.json").json()

    assert status["Queue"] == {"Waiting": 2, "InWork": 1, "Delayed": 0}
    assert status["DeadLetters"]["Waiting"] == 0
    assert status["SecondStage"] == {"Waiting": 1, "InWork": 0, "Delayed": 0}
    assert status["SecondStageDeadLetters"]["Waiting"] == 0


@mock_aws
def test_a_stack_of_an_earlier_release_has_no_second_stage(door: Door) -> None:
    queue = door.session.client("sqs").create_queue(QueueName="images")["QueueUrl"]
    door.sources = Sources.of({"QueueUrl": queue, "DeadLetterQueueUrl": queue})

    status = door.ask("GET", "/status.json").json()

    assert (status["Queue"]["Waiting"], status["SecondStage"]) == (0, None)


def test_the_status_says_how_far_the_catalogs_recovery_is(door: Door, tmp_path: Path) -> None:
    recovery = tmp_path / "recovery.json"
    recovery.write_text('{"State": "RUNNING", "Left": 3, "Images": 10}')
    door.sources = Sources(recovery=recovery)

    assert door.ask("GET", "/status.json").json()["Recovery"] == {"State": "RUNNING", "Left": 3, "Images": 10}


def test_the_status_has_no_recovery_once_it_is_done(door: Door, tmp_path: Path) -> None:
    door.sources = Sources(recovery=tmp_path / "removed.json")

    assert door.ask("GET", "/status.json").json()["Recovery"] is None


def test_the_status_shows_what_has_a_source_only(door: Door) -> None:
    status = door.ask("GET", "/status.json").json()

    assert (status["Queue"], status["DeadLetters"], status["Recent"]) == (None, None, [])
    assert status["Recovery"] is None
    assert [minute["Images"] for minute in status["Minutes"]] == [0] * 15
