"""The REST API as the front door calls it: paths to the letter, every request signed."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

import httpx
from starlette.requests import Request

from viewfinder.front_door.signing import Signer

TIMEOUT_SECONDS = 35
"""API Gateway gives up after 29."""

IDLE_SECONDS = 2
"""Shorter than any server's: a connection is not used again just as the other side closes it."""

_ASCII = string.ascii_letters + string.digits + string.punctuation


def _client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=100, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits)


class UnsafePathError(Exception):
    """A path with dot segments could leave the API's stage on its way."""


@dataclass(frozen=True)
class Api:
    """One REST API; `url` ends in its stage. `client` also fetches from the URLs that the API gives."""

    url: str
    signer: Signer
    client: httpx.AsyncClient = field(default_factory=_client)

    @property
    def stage(self) -> str:
        """The last part of the URL; the API's paths begin with it at the front door, too."""
        return self.url.rsplit("/", 1)[-1]

    async def call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Calls the API; `target` is a path below the stage, percent-encoded, with its query."""
        url = self.url + target
        signed = self.signer.headers(method, url, body, dict(headers or {}))
        return await self.client.request(method, url, content=body, headers=signed)


def path_below(request: Request, prefix: str) -> str:
    """Gives the path below `/prefix` as it was sent: decoding and encoding again would change a key.

    Raises UnsafePathError.
    """
    path = raw_path(request).removeprefix(f"/{prefix}")
    if {".", ".."} & {unquote_to_bytes(segment).decode("latin-1") for segment in path.split("/")}:
        raise UnsafePathError
    return path


def raw_path(request: Request) -> str:
    """Gives the path as it was sent, with bytes that no URL may hold percent-encoded."""
    path: bytes = request.scope["raw_path"]
    return quote(path.split(b"?", maxsplit=1)[0], safe=_ASCII)


def raw_query(request: Request) -> str:
    """Gives the query as it was sent, with its question mark; nothing where there is none."""
    query: bytes = request.scope["query_string"]
    return "?" + quote(query, safe=_ASCII) if query else ""
