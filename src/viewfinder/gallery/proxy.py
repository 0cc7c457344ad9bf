"""Requests to the REST API on the page's behalf: signed, sent again when throttled, errors in the API's envelope."""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import AsyncIterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, unquote_to_bytes

import httpx
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from viewfinder.gallery.searches import SearchesEndedError
from viewfinder.gallery.turns import CONNECTIONS, BusyError, Lanes, StalledError, unless_not_taken, unless_stalled
from viewfinder.operations.signing import Signer


class UnsafePathError(Exception):
    """A path has dot segments, which could leave the API's stage, or is not UTF-8."""


def error(status: int, code: str, message: str) -> Response:
    """Return an error response."""
    return JSONResponse({"Error": {"Code": code, "Message": message, "RequestId": "gallery"}}, status)


PART_ENDED = (
    "A part of the stack does not answer. See which with `viewfinder status`, and start it again: viewfinder up"
)


async def unreachable(_: Request, __: Exception) -> Response:
    """Return the error for an API, a bucket or a queue that does not answer."""
    return error(502, "BadGateway", PART_ENDED)


async def not_signed(_: Request, failure: Exception) -> Response:
    """Return the error for missing or unusable AWS credentials."""
    return error(502, "NoCredentials", f"The request can't be signed with your AWS credentials: {failure}")


async def refused_by_aws(_: Request, failure: Exception) -> Response:
    """Return the error for missing permissions, or a throttling AWS service."""
    return error(502, "RefusedByAws", str(failure))


async def unsafe_path(_: Request, __: Exception) -> Response:
    """Return the error for an ambiguous or invalid path."""
    return error(400, "InvalidPath", "The path has a segment of dots, or is not UTF-8.")


async def busy(_: Request, __: Exception) -> Response:
    """Return the error for a request that got no turn."""
    answer = error(503, "Busy", "The gallery is busy. Try again in a moment.")
    answer.headers["retry-after"] = "5"
    return answer


async def stalled(_: Request, __: Exception) -> Response:
    """Return the error for a request whose body did not arrive."""
    return error(408, "RequestTimeout", "The request's body did not arrive in time.")


async def hung_up(_: Request, __: Exception) -> Response:
    """Return the response for a client that has disconnected."""
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def no_route(_: Request, failure: Exception) -> Response:
    """Return the error for an unknown path or method."""
    known = failure if isinstance(failure, HTTPException) else HTTPException(404)
    answer = error(known.status_code, HTTPStatus(known.status_code).phrase.replace(" ", ""), str(known.detail))
    answer.headers.update(known.headers or {})
    return answer


HANDLERS = {
    httpx.HTTPError: unreachable,
    BotoCoreError: not_signed,
    NoConnectionError: unreachable,
    HTTPClientError: unreachable,
    SearchesEndedError: unreachable,
    ClientError: refused_by_aws,
    UnsafePathError: unsafe_path,
    BusyError: busy,
    StalledError: stalled,
    ClientDisconnect: hung_up,
    HTTPException: no_route,
}


TIMEOUT_SECONDS = 35
"""API Gateway gives up after 29."""

IDLE_SECONDS = 2
"""Shorter than any server's: a connection is not used again just as the other side closes it."""

RETRY_SECONDS = (0.2, 0.4, 0.8, 1.6, 3.2)
"""Pauses before a request that was throttled is sent again, each up to double by chance."""

_ASCII = string.ascii_letters + string.digits + string.punctuation


def new_client() -> httpx.AsyncClient:
    """Return a client for the API and for the URLs that it hands out."""
    limits = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits)


class Api(Protocol):
    """The REST API as the gallery calls it. `client` fetches from the URLs that the API hands out."""

    @property
    def stage(self) -> str:
        """The stage's name; the API's paths begin with it at the gallery, too."""

    @property
    def client(self) -> httpx.AsyncClient:
        """The client of the buckets."""

    @property
    def lanes(self) -> Lanes:
        """The turns that its requests take, each kind its own."""

    async def call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Call the API; `target` is a path below the stage, percent-encoded, with its query."""


@dataclass(frozen=True)
class SignedApi:
    """Implements `Api` by HTTP; `url` ends in the stage."""

    url: str
    signer: Signer
    client: httpx.AsyncClient = field(default_factory=new_client)
    pauses: Sequence[float] = RETRY_SECONDS
    lanes: Lanes = field(default_factory=Lanes)

    @property
    def stage(self) -> str:
        """The last part of the URL."""
        return self.url.rsplit("/", 1)[-1]

    async def call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Call the API; retry throttled requests after a pause."""
        for pause in self.pauses:
            answer = await self._send(method, target, body, headers)
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                return answer
            await asyncio.sleep(pause * random.uniform(1, 2))  # noqa: S311 - spreads requests, hides nothing
        return await self._send(method, target, body, headers)

    async def _send(self, method: str, target: str, body: bytes, headers: Mapping[str, str] | None) -> httpx.Response:
        async with self.lanes.calls.one():
            signed = self.signer.sign(method, self.url + target, body, headers)
            return await self.client.request(method, signed.url, content=body, headers=signed.headers)


CLIENT_CLOSED_REQUEST = 499
"""nginx's status of a request whose client has hung up; nobody reads it."""


def path_below(request: Request, prefix: str) -> str:
    """Return the path below `/prefix`, still percent-encoded; raise UnsafePathError if it has a dot segment."""
    path = raw_path(request).removeprefix(f"/{prefix}")
    try:
        segments = {unquote_to_bytes(segment).decode() for segment in path.split("/")}
    except UnicodeDecodeError:
        raise UnsafePathError from None
    if {".", ".."} & segments:
        raise UnsafePathError
    return path


def raw_path(request: Request) -> str:
    """Return the path as it was sent, with bytes that no URL may hold percent-encoded."""
    path: bytes = request.scope["raw_path"]
    return quote(path.split(b"?", maxsplit=1)[0], safe=_ASCII)


def raw_query(request: Request) -> str:
    """Return the query as it was sent, with its question mark; nothing where there is none."""
    query: bytes = request.scope["query_string"]
    return "?" + quote(query, safe=_ASCII) if query else ""


MAX_BODY_BYTES = 1024 * 1024
FORWARDED = ("accept", "content-type")
RETURNED = ("content-type", "location", "retry-after", "x-amzn-requestid", "x-amzn-trace-id")


async def forward(api: Api, request: Request) -> Response:
    """Answer a request below the stage as the API does."""
    body = await body_of(request)
    if body is None:
        return error(413, "RequestTooLarge", f"A body has at most {MAX_BODY_BYTES:,} bytes.")
    headers = sent_headers(request, FORWARDED)
    path = path_below(request, api.stage)
    if "%2f" in path.removeprefix("/").partition("/")[0].lower():  # only a key, which follows, may hold slashes
        raise UnsafePathError
    return relayed(await api.call(request.method, path + raw_query(request), body, headers))


def sent_headers(request: Request, names: Sequence[str]) -> dict[str, str]:
    """Return these headers of a request, except those whose values are not ASCII: HTTP gives such values no meaning."""
    found = {name: request.headers[name] for name in names if name in request.headers}
    return {name: value for name, value in found.items() if value.isascii()}


def relayed(answer: httpx.Response) -> Response:
    """Return an answer of the API, without what belongs to one connection only."""
    kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
    return Response(answer.content, answer.status_code, {"cache-control": "no-store", **kept})


async def body_of(request: Request) -> bytes | None:
    """Read the body; None if it is too large."""
    body = bytearray()
    async for chunk in unless_stalled(request.stream(), MAX_BODY_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


SCREEN = "screen"
RENDITIONS = {"original", "thumbnail", SCREEN}
LAST = "last"
"""The last content of a key, of a removed image too: it has no thumbnail any more."""

_PICTURE_HEADERS = ("content-type", "content-length", "content-disposition", "etag")

HEADERS = {
    # An object is a stranger's: opened by itself it may show its picture, and run nothing.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    # Asked for by its ETag each time, so that a deleted picture is not shown from the browser's cache.
    "cache-control": "private, no-cache",
}


async def picture(api: Api, request: Request) -> Response:
    """Return the bytes of an original, of the thumbnail or of a removed image's last content (`rendition`)."""
    rendition = request.query_params.get("rendition", "original")
    path = path_below(request, "content")
    async with AsyncExitStack() as held:
        await held.enter_async_context(api.lanes.pictures.one())
        if await request.is_disconnected():  # the browser has scrolled on while the picture waited for its turn
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        answer, location = await _located(api, path, rendition)
        if not location:
            return relayed(answer) if answer.is_error else error(404, "ImageNotFound", "The picture does not exist.")
        asked = api.client.build_request("GET", location, headers=sent_headers(request, ("if-none-match",)))
        found = await api.client.send(asked, stream=True)
        held.push_async_callback(found.aclose)
        return Relayed(found, held.pop_all())


async def _located(api: Api, path: str, rendition: str) -> tuple[httpx.Response, str]:
    """Return the API's answer, and the URL of the picture; no URL where the answer is an error."""
    if rendition == LAST:
        answer = await api.call("GET", f"/versions{path}")
        versions = answer.json()["Versions"] if answer.is_success else []
        return answer, versions[0]["Url"] if versions else ""
    answer = await api.call("GET", f"/content{path}?rendition={rendition if rendition in RENDITIONS else 'original'}")
    if rendition == SCREEN and answer.status_code == HTTPStatus.BAD_REQUEST:  # a stack of an earlier release
        answer = await api.call("GET", f"/content{path}?rendition=original")
    return answer, answer.headers["location"] if answer.is_redirect else ""


class Held(StreamingResponse):
    """A response that releases its resources after sending, and disconnects a client that does not read it."""

    def __init__(self, content: AsyncIterable[bytes], held: AsyncExitStack, **options: Any) -> None:
        super().__init__(content, **options)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; release its resources even if the client has disconnected before the first byte."""
        async with self._held:
            with suppress(StalledError):
                await super().__call__(scope, receive, self.patient(send))

    def patient(self, send: Send) -> Send:
        """Return `send` with a limit on the client's reading time."""
        return unless_not_taken(send, int(self.headers.get("content-length", 0)))


class Relayed(Held):
    """A picture, passed on as it comes from its bucket."""

    def __init__(self, found: httpx.Response, held: AsyncExitStack) -> None:
        headers = {name: found.headers[name] for name in _PICTURE_HEADERS if name in found.headers}
        if found.is_client_error or found.is_server_error:
            headers = {"content-type": "text/plain"}
        super().__init__(found.aiter_raw(), held, status_code=found.status_code, headers=headers | HEADERS)
