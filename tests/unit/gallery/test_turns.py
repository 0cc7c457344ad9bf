"""What hangs stops nothing else, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from tests.support.fake_api import image
from tests.unit.gallery.conftest import Door
from viewfinder.gallery import turns
from viewfinder.gallery.proxy import SignedApi, picture
from viewfinder.gallery.turns import (
    BusyError,
    Lanes,
    StalledError,
    Turns,
    seconds_for,
    unless_not_taken,
    unless_stalled,
)
from viewfinder.gallery.uploads import upload
from viewfinder.operations.signing import Signer


def signed(door: Door, lanes: Lanes) -> SignedApi:
    behind = httpx.AsyncClient(transport=httpx.ASGITransport(door.api.application()))
    return SignedApi("http://api.test/prod", Signer(door.session), behind, (), lanes)


def request(path: bytes, *messages: Message, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Request:
    """Return a request whose client sends these messages, and then nothing more."""
    waiting = list(messages)

    async def receive() -> Message:
        while not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    scope = {"type": "http", "raw_path": path, "query_string": b"", "headers": list(headers)}
    return Request(scope, receive)


def test_eight_uploads_that_hang_stop_no_picture(door: Door) -> None:
    door.api.images = [image("dog.jpg")]
    api = signed(door, Lanes())
    headers = ((b"content-length", b"100"), (b"content-type", b"image/jpeg"))
    part: Message = {"type": "http.request", "body": b"x", "more_body": True}

    async def ask() -> int:
        stuck = [asyncio.create_task(upload(api, request(b"/uploads/a.jpg", part, headers=headers))) for _ in range(8)]
        while not api.lanes.uploads.is_taken:
            await asyncio.sleep(0)
        answer = await picture(api, request(b"/content/dog.jpg"))
        for task in stuck:
            task.cancel()
        return answer.status_code

    assert asyncio.run(ask()) == 200


@pytest.mark.parametrize("kind", ["pictures", "calls", "uploads"])
def test_who_gets_no_turn_in_time_is_told_so(door: Door, kind: str) -> None:
    door.api.images = [image("dog.jpg")]
    door.lanes = Lanes(**{kind: Turns(0, 0.01)})
    ask = {
        "pictures": ("GET", "/content/dog.jpg"),
        "calls": ("GET", "/prod/stats"),
        "uploads": ("POST", "/uploads/a.jpg"),
    }
    headers = {**door.token, "content-type": "image/jpeg"}
    sent: dict[str, Any] = {"content": b"x", "headers": headers} if kind == "uploads" else {}

    answer = door.ask(*ask[kind], **sent)

    assert (answer.status_code, answer.json()["Error"]["Code"], answer.headers["retry-after"]) == (503, "Busy", "5")


def test_a_turn_is_free_again_after_a_failure() -> None:
    async def fail_twice() -> None:
        one = Turns(1, 0.01)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                async with one.one():
                    _ = 1 / 0
        async with one.one():
            with pytest.raises(BusyError):
                async with one.one():
                    pass

    asyncio.run(fail_twice())


@pytest.mark.parametrize("path", ["/uploads/a.jpg", "/prod/analyses", "/downloads"])
def test_a_body_that_stands_still_is_given_up(door: Door, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(turns, "STALL_SECONDS", 0.01)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    answer = door.ask(
        "POST", path, content=chunks(), headers={**door.token, "content-length": "9", "content-type": "image/png"}
    )

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (408, "RequestTimeout")
    assert door.api.bucket == {}


def test_a_body_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "HEAD_START_SECONDS", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.001)

    async def read() -> None:
        with pytest.raises(StalledError):
            async for _ in unless_stalled(trickle(), 10):
                pass

    asyncio.run(read())


def test_a_client_that_takes_nothing_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "STALL_SECONDS", 0.01)

    async def full(_: Message) -> None:
        await asyncio.sleep(30)

    async def send() -> None:
        with pytest.raises(StalledError):
            await unless_not_taken(full, 10)({"type": "http.response.body", "body": b"x"})

    asyncio.run(send())


def test_the_largest_original_has_hours_on_a_slow_line() -> None:
    assert seconds_for(100 * 1024 * 1024) > 10_000
