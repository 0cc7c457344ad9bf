"""The HTTP side under pressure: the bounds on work, size and time, and what is logged."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest
import uvicorn

from viewfinder.rekognition.server import MOST_BODY, Wire, listen
from viewfinder.rekognition.settings import Settings

HEADERS = {"X-Amz-Target": "RekognitionService.DetectLabels"}


class HeldService:
    """Answers when it is let go, so that a test decides how long work takes."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.started = threading.Semaphore(0)
        self.answered = 0

    def check(self, headers: Mapping[str, str]) -> None: ...

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        self.started.release()
        assert self.let_go.wait(20)
        self.answered += 1
        return {"Labels": []}


class BrokenService:
    """Fails as no service should."""

    def check(self, headers: Mapping[str, str]) -> None: ...

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        raise ZeroDivisionError("a bug")


def client_of(service: Any, **settings: Any) -> httpx.AsyncClient:
    application = Wire(service, Settings(**settings)).application()
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://127.0.0.1", timeout=20)


async def until_pending(client: httpx.AsyncClient, count: int) -> None:
    async with asyncio.timeout(10):
        while (await client.get("/healthz")).json()["Pending"] != count:
            await asyncio.sleep(0.005)


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["__type"]


def test_beyond_workers_and_queue_requests_are_throttled_and_the_others_answered() -> None:
    async def scenario() -> None:
        service = HeldService()
        async with client_of(service, workers=1, queue=2) as client:
            waiting = [asyncio.create_task(client.post("/", headers=HEADERS)) for _ in range(3)]
            await until_pending(client, 3)
            assert code_of(await client.post("/", headers=HEADERS)) == (500, "ThrottlingException")
            service.let_go.set()
            assert [(await answer).status_code for answer in waiting] == [200, 200, 200]
            await until_pending(client, 0)
            assert (await client.post("/", headers=HEADERS)).status_code == 200

    asyncio.run(scenario())


def test_work_that_takes_too_long_is_given_up_and_its_place_given_back_when_it_ends() -> None:
    async def scenario() -> None:
        service = HeldService()
        async with client_of(service, workers=1, queue=1, timeout=0.2) as client:
            running, queued = await asyncio.gather(*(client.post("/", headers=HEADERS) for _ in range(2)))
            assert code_of(running) == code_of(queued) == (500, "InternalServerError")
            await until_pending(client, 1)  # the queued one was never begun; the running one can't be stopped
            service.let_go.set()
            await until_pending(client, 0)
            assert service.answered == 1

    asyncio.run(scenario())


def test_a_body_that_does_not_arrive_in_time_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(20)

    async def scenario() -> None:
        async with client_of(HeldService(), timeout=0.2) as client:
            answer = await client.post("/", headers=HEADERS, content=slow())
            assert code_of(answer) == (400, "RequestTimeoutException")
            await until_pending(client, 0)

    asyncio.run(scenario())


def test_a_request_that_is_too_large_is_refused_by_its_length_before_it_is_read() -> None:
    read = []

    async def content() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"{}"

    async def scenario() -> None:
        async with client_of(HeldService()) as client:
            headers = HEADERS | {"Content-Length": str(MOST_BODY + 1)}
            answer = await client.post("/", headers=headers, content=content())
            assert code_of(answer) == (413, "RequestEntityTooLargeException")

    asyncio.run(scenario())
    assert read == []


def test_a_request_without_a_length_is_refused_when_it_gets_too_large() -> None:
    async def content() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield bytes(MOST_BODY // 8)

    async def scenario() -> None:
        async with client_of(HeldService()) as client:
            answer = await client.post("/", headers=HEADERS, content=content())
            assert code_of(answer) == (413, "RequestEntityTooLargeException")

    asyncio.run(scenario())


def test_bodies_that_are_held_have_a_limit_together() -> None:
    async def scenario() -> None:
        service = HeldService()
        async with client_of(service, workers=1, queue=64) as client:
            body = bytes(MOST_BODY)
            waiting = [asyncio.create_task(client.post("/", headers=HEADERS, content=body)) for _ in range(12)]
            await until_pending(client, 12)
            assert code_of(await client.post("/", headers=HEADERS, content=b"{}")) == (500, "ThrottlingException")
            service.let_go.set()
            assert [(await answer).status_code for answer in waiting] == [200] * 12
            await until_pending(client, 0)
            assert (await client.post("/", headers=HEADERS, content=body)).status_code == 200

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "[", "[::1", ""])
def test_on_loopback_another_host_is_refused(host: str) -> None:
    async def scenario() -> None:
        async with client_of(HeldService()) as client:
            answer = await client.post("/", headers=HEADERS | {"Host": host})
            assert code_of(answer) == (400, "AccessDeniedException")
        async with client_of(BrokenService(), host="0.0.0.0") as client:
            answer = await client.post("/", headers=HEADERS | {"Host": host})
            assert code_of(answer) == (500, "InternalServerError")

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["localhost", "localhost:8090", "127.0.0.1:1", "[::1]:8090", "[::1]"])
def test_on_loopback_this_machine_s_names_are_answered(host: str) -> None:
    async def scenario() -> None:
        service = HeldService()
        service.let_go.set()
        async with client_of(service) as client:
            assert (await client.post("/", headers=HEADERS | {"Host": host})).status_code == 200

    asyncio.run(scenario())


def test_a_route_that_is_none_is_refused_whatever_its_host_says() -> None:
    async def scenario() -> None:
        async with client_of(HeldService()) as client:
            assert code_of(await client.get("/images", headers={"Host": "["})) == (400, "UnknownOperationException")

    asyncio.run(scenario())


def test_a_bug_is_logged_and_answered_as_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with client_of(BrokenService()) as client:
            assert code_of(await client.post("/", headers=HEADERS)) == (500, "InternalServerError")

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    assert "ZeroDivisionError: a bug" in caplog.text


def test_every_request_leaves_one_structured_line(caplog: pytest.LogCaptureFixture) -> None:
    from viewfinder.rekognition.logs import JsonLines

    async def scenario() -> None:
        service = HeldService()
        service.let_go.set()
        async with client_of(service) as client:
            await client.post("/", headers=HEADERS, content=b"{}")

    with caplog.at_level(logging.INFO, logger="viewfinder.rekognition.access"):
        asyncio.run(scenario())
    (record,) = [record for record in caplog.records if record.name == "viewfinder.rekognition.access"]
    line = json.loads(JsonLines().format(record))
    assert (line["status"], line["code"], line["bytes"]) == (200, None, "2")
    assert line["target"] == "RekognitionService.DetectLabels"
    assert len(line["request_id"]) == 36
    assert line["milliseconds"] >= 0


def test_an_answer_in_two_parts_does_not_wait_for_an_acknowledgement() -> None:
    with (
        closing(listen(uvicorn.Config(app="", port=0))) as listener,
        socket.create_connection(listener.getsockname()),
        closing(listener.accept()[0]) as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
