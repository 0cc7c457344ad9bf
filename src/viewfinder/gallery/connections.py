"""Limits on a connection before its request has arrived; uvicorn has none."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""Seconds from the connection, or from the first byte of a further request, until its headers are in."""

MAX_HEAD = 64 * 1024
"""Bytes of a request's first line and headers."""

MAX_WAITING = 256
"""Connections whose request is not there yet; a browser opens a handful ahead."""


class LimitedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it; a connection that sends no request is closed by its age.

    With too many waiting connections, it closes the oldest; a client that sends its request at once is never refused.
    """

    waiting: ClassVar[dict[LimitedProtocol, asyncio.TimerHandle]]
    """Connections without a complete request, oldest first, each with its deadline."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        self._head = 0
        self._is_in_body = False
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what begins a request has a deadline and a largest size."""
        self._head += len(data)
        super().data_received(data)
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self._is_in_body or is_answering:
            self._head = 0
        if self._head > MAX_HEAD:
            self.transport.abort()
        elif not is_answering and self not in self.waiting:
            self._wait()

    def on_headers_complete(self) -> None:
        """Take the request."""
        self._is_in_body = True
        self._arrived()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take the end of a body; the next byte begins another request."""
        self._is_in_body = False
        super().on_message_complete()

    def _wait(self) -> None:
        self.waiting[self] = self.loop.call_later(HEAD_SECONDS, self.transport.abort)
        if len(self.waiting) > MAX_WAITING:
            oldest = next(iter(self.waiting))
            oldest._arrived()
            oldest.transport.abort()

    def _arrived(self) -> None:
        if deadline := self.waiting.pop(self, None):
            deadline.cancel()


def new_protocol() -> type[LimitedProtocol]:
    """Return the protocol of one server, for uvicorn to make its connections of."""
    return type("Connection", (LimitedProtocol,), {"waiting": {}})
