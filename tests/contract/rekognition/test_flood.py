"""Clients that send too much, too slowly or without a signature: a signed caller is served all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import psutil
import pytest

from tests.contract.rekognition.conftest import rekognition, started_process
from tests.unit.rekognition.images import sample

KEY, SECRET = "AKIDCALLER", "callers-secret"
MIB = 1024 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[str, psutil.Process]]:
    """A server that verifies signatures, by its URL and its process."""
    pair = {"VIEWFINDER_ENGINE_ACCESS_KEY_ID": KEY, "VIEWFINDER_ENGINE_SECRET_ACCESS_KEY": SECRET}
    with started_process(**pair) as (url, process):
        rekognition(url, KEY, SECRET).detect_labels(Image={"Bytes": sample("cat.jpg")})
        yield url, psutil.Process(process.pid)


def head(length: int, *, signed: bool) -> bytes:
    """The head of a request; signed ones have the right key and date, and a signature that is not."""
    lines = ["POST / HTTP/1.1", "Host: localhost", "X-Amz-Target: RekognitionService.DetectLabels"]
    if signed:
        now = datetime.now(UTC)
        scope = f"{KEY}/{now:%Y%m%d}/us-east-1/rekognition/aws4_request"
        lines += [
            f"X-Amz-Date: {now:%Y%m%dT%H%M%SZ}",
            f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
        ]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


async def opened(url: str, content: bytes) -> Streams:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(content)
    with suppress(ConnectionError):
        await writer.drain()
    return reader, writer


async def is_answered(url: str) -> bool:
    """Call with a signature; the answer comes while the crowd is still there."""
    call = rekognition(url, KEY, SECRET).detect_labels
    answer = await asyncio.to_thread(call, Image={"Bytes": sample("cat.jpg")})
    return "Cat" in {label["Name"] for label in answer["Labels"]}


def test_stuck_slow_and_unsigned_callers_do_not_keep_a_signed_one_waiting(guarded: tuple[str, psutil.Process]) -> None:
    url, process = guarded

    async def scenario() -> None:
        crowd = [await opened(url, head(MIB, signed=True) + b"{") for _ in range(80)]
        crowd += [await opened(url, b"POST / HTTP/1.1\r\nX-Slow: ") for _ in range(900)]
        large = head(8 * MIB, signed=False)
        crowd += await asyncio.gather(*(opened(url, large + bytes(8 * MIB)) for _ in range(64)))
        assert b"MissingAuthenticationToken" in await crowd[-1][0].read(2000)
        assert await is_answered(url)
        assert process.memory_info().rss < 400 * MIB
        for _, writer in crowd:
            writer.close()

    asyncio.run(scenario())


def test_a_gigabyte_of_headers_is_cut_off(guarded: tuple[str, psutil.Process]) -> None:
    url, process = guarded

    async def scenario() -> int:
        reader, writer = await opened(url, b"POST / HTTP/1.1\r\nX-Long: ")
        sent = 0
        with suppress(ConnectionError):
            while sent < 1024 * MIB:
                writer.write(b"x" * MIB)
                await writer.drain()
                sent += MIB
        with suppress(ConnectionError):
            assert b" 431 " in await reader.read(100)
        writer.close()
        assert await is_answered(url)
        return sent

    assert asyncio.run(scenario()) < 32 * MIB
    assert process.memory_info().rss < 400 * MIB


def test_many_headers_are_cut_off_as_one_long_one_is(guarded: tuple[str, psutil.Process]) -> None:
    url, _ = guarded

    async def scenario() -> bytes:
        lines = b"".join(b"X-Header-%d: %s\r\n" % (number, b"x" * 100) for number in range(2000))
        reader, writer = await opened(url, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n")
        answer = await reader.read(100)
        writer.close()
        return answer

    assert b" 431 " in asyncio.run(scenario())


def test_headers_that_do_not_arrive_in_time_end_the_connection(guarded: tuple[str, psutil.Process]) -> None:
    url, _ = guarded

    async def scenario() -> float:
        begun = time.perf_counter()  # before the server's clock starts: a busy machine only makes it longer
        reader, writer = await opened(url, b"POST / HTTP/1.1\r\n")
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 120) == b""
        writer.close()
        return time.perf_counter() - begun

    assert asyncio.run(scenario()) > 8
