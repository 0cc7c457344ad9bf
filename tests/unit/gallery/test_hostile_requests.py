"""Whatever bytes a request has, it is answered, and never by a failure of the gallery's own."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes, unquote

import httpx
import pytest
from boto3.session import Session
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Scope

from tests.support.fake_api import KEY_ID, REGION, SECRET
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.guard import Guard
from viewfinder.gallery.inprocess import InProcessApi
from viewfinder.gallery.proxy import SignedApi
from viewfinder.gallery.status import Sources, Status
from viewfinder.operations.signing import Signer

PORT = 8080
GUARDS = {"open": Guard(PORT), "locked": Guard(PORT, "sesame")}
SESSION = Session(KEY_ID, SECRET, region_name=REGION)

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE"])
ROUTES = st.sampled_from(
    [
        *(
            "/",
            "/web/main.js",
            "/web/",
            "/healthz",
            "/status.json",
            "/downloads",
            "/downloads/",
            "/content/",
            "/uploads/",
        ),
        *(
            "/prod/images",
            "/prod/images/",
            "/prod/stats",
            "/prod/trash/",
            "/prod/versions/",
            "/prod",
            "/prod/",
            "/nowhere/",
        ),
    ]
)
BYTES = st.binary(max_size=40)
PATHS = st.builds(
    str.__add__, ROUTES, st.one_of(st.just(""), BYTES.map(quote_from_bytes), st.text("/.%2fe?:\\", max_size=9))
)
QUERIES = st.one_of(
    st.just(b""), BYTES, BYTES.map(lambda value: b"rendition=" + value), BYTES.map(lambda value: b"token=" + value)
)
VALUES = BYTES.map(lambda value: value.translate(None, b"\r\n\0").strip())
NAMES = st.sampled_from(
    [
        *(b"accept", b"authorization", b"content-length", b"content-type", b"cookie", b"host", b"if-none-match"),
        *(b"origin", b"range", b"sec-fetch-site", b"x-viewfinder-token", b"transfer-encoding"),
    ]
)
HEADERS = st.lists(
    st.one_of(
        st.tuples(NAMES, VALUES),
        st.tuples(st.just(b"authorization"), VALUES.map(lambda value: b"Basic " + value)),
        st.tuples(st.just(b"authorization"), BYTES.map(lambda value: b"Basic " + base64.b64encode(value))),
        st.just((b"content-type", b"application/json")),
        st.just((b"content-length", b"5")),
    ),
    max_size=4,
)
BODIES = st.one_of(
    BYTES,
    st.sampled_from(
        [b"[" * 100_000, b'{"ImageIds":' * 5_000, b'{"ImageIds": ["\\ud800"]}', b'{"ImageIds": ["a"]}', b"1" * 5_000]
    ),
)


async def one_chunk() -> AsyncIterator[bytes]:
    yield b"picture"


def behind(request: httpx.Request) -> httpx.Response:
    """Answer as an API and a bucket: every picture is there, every upload may come."""
    if request.url.host == "bucket.test":
        return httpx.Response(200, content=one_chunk(), headers={"etag": '"1"', "content-type": "image/png"})
    return answer_to(request.method, request.url.raw_path.decode(), dict(request.headers))


def answer_to(method: str, target: str, _: object) -> httpx.Response:
    path = target.removeprefix("/prod").partition("?")[0]
    if path.startswith("/content/"):
        return httpx.Response(302, headers={"location": "http://bucket.test/a"})
    if (method, path) == ("POST", "/images"):
        return httpx.Response(201, json={"ImageId": "a", "Url": "http://bucket.test/", "Fields": {"key": "a"}})
    if path.startswith("/versions/"):
        return httpx.Response(200, json={"Versions": []})
    return httpx.Response(404, json={"Error": {"Code": "ImageNotFound", "Message": "", "RequestId": ""}})


def handler(event: dict[str, Any], _: None) -> dict[str, Any]:
    """Answer an event of API Gateway, which is JSON."""
    json.dumps(event).encode()
    answer = answer_to(event["httpMethod"], event["path"], event["headers"])
    return {"statusCode": answer.status_code, "headers": dict(answer.headers), "body": answer.text}


def application(guard: Guard, kind: str) -> ASGIApp:
    client = httpx.AsyncClient(transport=httpx.MockTransport(behind))
    signed = SignedApi("http://api.test/prod", Signer(SESSION), client, ())
    api = signed if kind == "signed" else InProcessApi(handler, "prod", client)
    return gallery_app(api, guard, Status(SESSION, Sources()))


async def answered(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers and body of the whole answer."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        while not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert [message["type"] for message in sent[:1]] == ["http.response.start"]
    assert sent[-1].get("more_body", False) is False
    return sent[0]["status"], sent[0]["headers"], b"".join(message.get("body", b"") for message in sent[1:])


class Asked(NamedTuple):
    """A request, as its bytes came in."""

    method: str
    target: str
    query: bytes = b""
    headers: list[tuple[bytes, bytes]] = []  # noqa: RUF012 - never changed
    body: bytes = b""


def check(kind: str, lock: str, asked: Asked) -> None:
    guard = GUARDS[lock]
    usual = [(b"host", b"localhost:8080"), (b"x-viewfinder-token", guard.token.encode())]
    if lock == "locked":
        usual.append((b"authorization", b"Basic " + base64.b64encode(b"token:sesame")))
    given_names = {name for name, _ in asked.headers}
    path, _, query = asked.target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", PORT),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "method": asked.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode() or asked.query,
        "headers": [*asked.headers, *(pair for pair in usual if pair[0] not in given_names)],
        "state": {},
    }

    status, sent, content = asyncio.run(answered(application(guard, kind), scope, asked.body))

    assert 200 <= status < 500
    assert not [value for _, value in sent if set(value) & set(b"\r\n\0")]
    if status >= 400 and asked.method != "HEAD" and not content.startswith(b"This gallery is locked"):
        assert json.loads(content)["Error"]["Code"]


REQUESTS = st.builds(Asked, METHODS, PATHS, QUERIES, HEADERS, BODIES)
KINDS = pytest.mark.parametrize(
    ("kind", "lock"), [("signed", "open"), ("in process", "open"), ("in process", "locked")]
)


@KINDS
@given(asked=REQUESTS)
@example(Asked("GET", "/content/line%0Abreak.jpg"))
@example(Asked("GET", "/nowhere/line%0Abreak"))
@example(Asked("GET", "/prod/images/%FF"))
@example(Asked("POST", "/uploads/%FF.jpg", headers=[(b"content-length", b"5")], body=b"12345"))
@example(Asked("POST", "/uploads/a.jpg", headers=[(b"content-length", "\u00b2".encode("latin-1"))]))
@example(Asked("POST", "/downloads", body=b"[" * 100_000))
@example(Asked("GET", "/", headers=[(b"authorization", b"Basic \xff\xfe")]))
@example(Asked("GET", "/", headers=[(b"authorization", b"Basic " + base64.b64encode(b"\xff:\xfe"))]))
@example(Asked("GET", "/", headers=[(b"host", b"[::1")]))
@example(Asked("GET", "/prod/images", headers=[(b"accept", b"\xff")]))
@example(Asked("GET", "/content/a", headers=[(b"if-none-match", b"\xff")]))
@example(Asked("GET", "/content/a", b"rendition=last"))
@settings(max_examples=150, deadline=None)
def test_no_request_makes_the_gallery_fail(kind: str, lock: str, asked: Asked) -> None:
    check(kind, lock, asked)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@KINDS
@given(asked=REQUESTS)
@settings(max_examples=7_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_of_twenty_thousand_makes_the_gallery_fail(kind: str, lock: str, asked: Asked) -> None:
    check(kind, lock, asked)
