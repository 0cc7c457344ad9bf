"""The limits on a connection: the size of a request's head, and deadlines for its head and its body."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
"""Bytes of a request's first line and headers; those of an AWS SDK take about 2 kB."""

HEAD_SECONDS = 10.0
"""Seconds from the connection or from the first byte of a request until its headers are in."""

MAX_CONNECTIONS = 2000
"""Open connections; each takes about 30 kB."""


class LimitedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, but cut off where a client sends too much or too slowly.

    Uvicorn's own limits concern requests that its parser has passed on; before that it reads without any.
    """

    body_seconds = 30.0
    """Seconds from the headers until the body is in."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._allow(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._allow(HEAD_SECONDS)
        self._head += len(data)
        super().data_received(data)
        if self._head > MAX_HEAD:
            self._refuse()

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MAX_HEAD:
            self._refuse()
            return
        self._head = 0
        self._allow(self.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head = 0
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = 0
        self._done()
        if self.cycle is not None:
            super().on_message_complete()

    def _allow(self, seconds: float) -> None:
        """Close the connection unless something else is awaited before the time is up."""
        self._done()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _done(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        if self.transport.is_closing():
            return
        body = json.dumps({"__type": "RequestEntityTooLargeException", "message": "The headers are too large"}).encode()
        head = f"HTTP/1.1 431 \r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
        self.transport.write(head + body)
        self.transport.close()


def protocol_of(body_seconds: float) -> type[LimitedProtocol]:
    """Return the protocol with a deadline for bodies, as uvicorn makes its connections."""
    limits: dict[str, Any] = {"body_seconds": body_seconds}
    return type("Connection", (LimitedProtocol,), limits)
