"""Requests as nobody would write them by hand: any bytes in the path, the query, the headers and the body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Application = Callable[..., Any]
Scope = dict[str, Any]

LONG = pytest.param(20_000, marks=(pytest.mark.soak, pytest.mark.timeout(1500)))
EXAMPLES = [300, LONG]
"""How many requests the gate makes, and how many `make soak`."""

SEEDS = ("\x17", "\x81", "\t", "\n", "\r\n", "\x00", "\ufffe", "é", "..", "//", "%", "%00", "+", "&", "=", "a" * 1025)


def thorough(examples: int) -> settings:
    """Return Hypothesis's settings for so many requests."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)


texts = st.one_of(st.text(max_size=30), st.sampled_from(SEEDS), st.text(max_size=3).map(lambda text: text * 400))
encoded = st.one_of(
    texts.map(lambda text: quote(text.encode(errors="surrogatepass"), safe="")),
    st.binary(max_size=20).map(quote),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(texts, values, max_size=4),
    max_leaves=10,
)
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode(errors="surrogatepass")),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b'{"Add": ["\\ud800"]}', b"9" * 5000, b"\xff" * 10]),
)
header_bytes = st.binary(max_size=40).map(lambda value: value.translate(None, b"\r\n\x00"))


def scopes(paths: st.SearchStrategy[str], **headers: st.SearchStrategy[bytes]) -> st.SearchStrategy[Scope]:
    """Draw an ASGI scope as a server makes it: the raw path, percent-encoded, and the path decoded from it."""

    def scope(method: str, path: str, query: bytes, given: dict[bytes, bytes], others: dict[bytes, bytes]) -> Scope:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": unquote(path, errors="replace"),
            "raw_path": path.encode("latin-1", errors="replace"),
            "root_path": "",
            "query_string": query,
            "headers": list({**others, **given}.items()),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }

    names = st.sampled_from([b"authorization", b"content-type", b"content-length", b"cookie", b"origin", b"x-amz-date"])
    return st.builds(
        scope,
        method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]),
        path=paths,
        query=st.binary(max_size=60) | encoded.map(str.encode),
        given=st.fixed_dictionaries({name.replace("_", "-").encode(): value for name, value in headers.items()}),
        others=st.dictionaries(names, header_bytes, max_size=3),
    )


def answer(application: Application, scope: Scope, body: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """Return status, headers and body of the one response that an ASGI application gives."""
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    start, *parts = sent
    assert start["type"] == "http.response.start"
    assert [part["type"] for part in parts] == ["http.response.body"] * len(parts)
    for name, value in start["headers"]:
        assert not set(name + value) & set(b"\r\n\x00"), "a header that would break the response"
    return start["status"], dict(start["headers"]), b"".join(part.get("body", b"") for part in parts)
