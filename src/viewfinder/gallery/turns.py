"""Turns: limits on simultaneous uploads, pictures, downloads and calls, and on their idle time.

Each kind has turns of its own, so that one that hangs stops none of the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import Message, Send

WAIT_SECONDS = 30.0
"""How long a request waits for its turn."""

STALL_SECONDS = 30.0
"""How long a transfer may go without a byte; shorter than the timeout of the connection behind it."""

DOWNLOAD_STALL_SECONDS = 600.0
"""The same for a zip: a person may pause a download in the browser."""

HEAD_START_SECONDS = 60.0
SLOWEST = 10_000
"""Bytes a second, on average, below which a transfer is ended."""


class BusyError(Exception):
    """A request waited too long for a turn of its kind."""


class StalledError(Exception):
    """A transfer paused for too long, or was too slow."""


class Turns:
    """The turns of one kind of request."""

    def __init__(self, at_once: int, wait_seconds: float = WAIT_SECONDS) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._wait_seconds = wait_seconds

    @property
    def is_taken(self) -> bool:
        """Whether every turn is taken."""
        return self._free.locked()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a turn for the block; raise BusyError if none becomes free in time."""
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_seconds)
        except TimeoutError:
            raise BusyError from None
        try:
            yield
        finally:
            self._free.release()


@dataclass(frozen=True)
class Lanes:
    """The turns of each kind.

    A page of thumbnails asks for many pictures at once, and the API with its quota is not this browser's alone.
    """

    uploads: Turns = field(default_factory=lambda: Turns(8))
    pictures: Turns = field(default_factory=lambda: Turns(6))
    downloads: Turns = field(default_factory=lambda: Turns(4))
    calls: Turns = field(default_factory=lambda: Turns(8))


CONNECTIONS = 8 + 6 + 4 + 8
"""One for each turn: nothing ever waits for a connection."""


def seconds_for(size: int) -> float:
    """Return how long a transfer of so many bytes may take in all."""
    return HEAD_START_SECONDS + size / SLOWEST


async def unless_stalled(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """Yield the chunks of a transfer of `size` bytes; raise StalledError if it stands still or takes too long."""
    end = _now() + seconds_for(size)
    while True:
        async with _by(min(end, _now() + STALL_SECONDS)):
            chunk = await anext(chunks, None)
        if chunk is None:
            return
        yield chunk


def unless_not_taken(send: Send, size: int, stall_seconds: float | None = None) -> Send:
    """Return a `send` that raises StalledError where the client does not take on a response of `size` bytes in time."""
    end = _now() + seconds_for(size)

    async def send_in_time(message: Message) -> None:
        async with _by(min(end, _now() + (STALL_SECONDS if stall_seconds is None else stall_seconds))):
            await send(message)

    return send_in_time


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def _by(time: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(time):
            yield
    except TimeoutError:
        raise StalledError from None
