"""Who may ask the emulator: programs that sign, and no web page."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from viewfinder.local.ministack.guard import API, HEALTH, ROOM_BYTES, guarded, is_too_full, refusal

HOST = ("host", "127.0.0.1:4566")
SIGNED = ("authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20261125/us-east-1/s3/aws4_request, SignedHeaders=host")
PRESIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA&X-Amz-Signature=0"
FORM = ("content-type", "multipart/form-data; boundary=b")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers"),
    [
        ("GET", "/bucket/key", "", [HOST, SIGNED]),
        ("POST", "/", "", [("host", "localhost:4566"), SIGNED]),
        ("GET", "/bucket/key", PRESIGNED, [HOST]),
        ("GET", "/bucket/key", PRESIGNED, [HOST, ("sec-fetch-site", "same-site")]),
        ("POST", "/my-bucket", "", [HOST, FORM]),
        ("GET", HEALTH, "", [HOST]),
        ("GET", f"{API}a1b2c3d4/prod/images", "", [HOST]),
        ("GET", HEALTH, "", [HOST, ("sec-fetch-site", "none")]),
    ],
)
def test_a_program_that_signs_may_pass(method: str, path: str, query: str, headers: list[tuple[str, str]]) -> None:
    assert refusal(method, path, query, headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        [("host", "stranger.example:4566")],
        [("host", "localhost.stranger.example")],
        [],
        [HOST, ("host", "stranger.example")],
        [HOST, ("origin", "http://127.0.0.1:4566")],
        [HOST, ("origin", "null")],
        [HOST, ("sec-fetch-site", "cross-site")],
        [HOST, ("sec-fetch-site", "same-site")],
    ],
)
@pytest.mark.parametrize("path", ["/bucket/key", HEALTH, f"{API}a1b2c3d4/prod/images"])
def test_no_web_page_may_pass_even_if_it_signs(headers: list[tuple[str, str]], path: str) -> None:
    assert refusal("GET", path, "", [*headers, SIGNED])


@pytest.mark.parametrize(
    ("method", "path", "query", "headers"),
    [
        ("GET", "/", "", []),
        ("GET", "/bucket/key", "", [("authorization", "Bearer x")]),
        ("GET", "/bucket/key", PRESIGNED, [("authorization", "Bearer x")]),
        ("GET", "/bucket/key", PRESIGNED, [SIGNED]),
        ("GET", "/bucket/key", "X-Amz-Signature=0", []),
        ("GET", "/bucket/key", "AWSAccessKeyId=test&Signature=x", []),
        ("PUT", "/bucket/key", "", [FORM]),
        ("POST", "/bucket/key", "", [FORM]),
        ("POST", "/bucket", "delete", [FORM]),
        ("POST", "/", "", [FORM]),
        ("OPTIONS", "/bucket", "", []),
        ("GET", "/bucket/key", "", [SIGNED, SIGNED]),
    ],
)
def test_what_the_emulator_would_take_for_root_is_refused(
    method: str, path: str, query: str, headers: list[tuple[str, str]]
) -> None:
    assert refusal(method, path, query, [HOST, *headers])


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_ministack/", "/_localstack/health"])
def test_the_emulators_own_paths_are_gone_for_signers_too(path: str) -> None:
    assert refusal("POST", path, "", [HOST, SIGNED]) == "There is no such path."


def test_a_refused_request_never_reaches_the_emulator() -> None:
    reached: list[Any] = []
    sent: list[Any] = []

    async def emulator(scope: Any, *_: Any) -> None:
        reached.append(scope)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    request = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}

    async def ask(scope: Any) -> None:
        await guarded(emulator, str(Path.cwd()))(scope, receive, send)

    asyncio.run(ask(request))
    asyncio.run(ask({"type": "websocket"}))
    asyncio.run(ask({"type": "lifespan"}))

    assert reached == [{"type": "lifespan"}]
    assert [message.get("status", message.get("code")) for message in sent] == [403, None, 1008]


WRITES = [("PUT", "/bucket/key", ""), ("PUT", "/bucket/key", "partNumber=1&uploadId=x"), ("POST", "/bucket", "")]
OTHERS = [("GET", "/bucket/key", ""), ("DELETE", "/bucket/key", ""), ("POST", "/bucket", "delete"), ("POST", "/", "")]


@pytest.mark.parametrize(("method", "path", "query"), WRITES)
def test_no_object_is_taken_where_the_disk_has_too_little_room(method: str, path: str, query: str) -> None:
    assert is_too_full(method, path, query, ROOM_BYTES - 1)
    assert not is_too_full(method, path, query, ROOM_BYTES)


@pytest.mark.parametrize(("method", "path", "query"), OTHERS)
def test_what_needs_no_room_goes_on_with_a_full_disk(method: str, path: str, query: str) -> None:
    assert not is_too_full(method, path, query, 0)
