"""The gallery beside clients that hang: connections that send no request, and uploads that stand still."""

from __future__ import annotations

import logging
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.gallery.conftest import ServeFake
from tests.support.fake_api import FakeApi, image
from tests.support.waiting import wait_for
from viewfinder.gallery import connections

log = logging.getLogger(__name__)

HALF_SENT = 1500
BEGINNINGS = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a", b"\r\n"]


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have both ends of every connection open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(before[1], 8192)), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connect(url: str, sent: bytes) -> socket.socket:
    connection = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 5)
    connection.sendall(sent)
    return connection


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def stuck_upload(url: str, token: str) -> socket.socket:
    head = f"POST /uploads/a.jpg HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nX-Viewfinder-Token: {token}\r\n"
    return connect(url, f"{head}Content-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\nx".encode())


@pytest.mark.usefixtures("many_files")
def test_half_sent_requests_and_stuck_uploads_stop_nobody(serve_fake: ServeFake) -> None:
    url = serve_fake(FakeApi([image("dog.jpg")]))
    token = httpx.get(url).text.split('name="viewfinder-token" content="')[1].split('"')[0]
    times = []
    with ExitStack() as held:
        for index in range(HALF_SENT):
            held.enter_context(connect(url, BEGINNINGS[index % len(BEGINNINGS)]))
        for _ in range(8):
            held.enter_context(stuck_upload(url, token))
        client = held.enter_context(httpx.Client(base_url=url, headers={"connection": "close"}, timeout=5))
        for _ in range(60):
            begin = time.perf_counter()
            assert client.get("/content/dog.jpg?rendition=thumbnail").status_code == 200
            times.append(time.perf_counter() - begin)
    log.info("thumbnails beside them, ms: 95 of 100 within %.0f", sorted(times)[56] * 1000)


def test_a_connection_that_sends_no_request_is_closed_by_its_age(
    serve_fake: ServeFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    url = serve_fake(FakeApi())
    with ExitStack() as held:
        silent = [held.enter_context(connect(url, sent)) for sent in BEGINNINGS]
        second = held.enter_context(
            connect(url, f"GET /healthz HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
        )
        assert second.recv(15) == b"HTTP/1.1 200 OK"
        wait_for(lambda: b"ok" in second.recv(4096), seconds=5, what="the whole answer")
        second.sendall(b"GET /heal")  # a further request, which does not end

        wait_for(lambda: all(map(is_closed, [*silent, second])), seconds=10, what="closed connections")


def test_the_oldest_makes_room(serve_fake: ServeFake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_WAITING", 3)
    url = serve_fake(FakeApi())
    with ExitStack() as held:
        waiting = [held.enter_context(connect(url, b"GET")) for _ in range(4)]

        wait_for(lambda: is_closed(waiting[0]), seconds=5, what="the oldest closed")
        assert [is_closed(connection) for connection in waiting] == [True, False, False, False]
        assert httpx.get(f"{url}/healthz").text == "ok"


def test_a_head_without_end_is_cut_off(serve_fake: ServeFake) -> None:
    url = serve_fake(FakeApi())
    with connect(url, b"GET / HTTP/1.1\r\n") as connection:

        def is_cut_off() -> bool:
            try:
                connection.sendall(b"X-Padding: " + b"x" * 10_000 + b"\r\n")
            except ConnectionError:
                return True
            return False

        wait_for(is_cut_off, seconds=10, what="the end of the connection")


def test_large_bodies_one_after_the_other_are_no_head(serve_fake: ServeFake) -> None:
    api = FakeApi()
    url = serve_fake(api)
    with httpx.Client(base_url=url) as client:
        token = client.get("/").text.split('name="viewfinder-token" content="')[1].split('"')[0]
        headers = {"X-Viewfinder-Token": token, "content-type": "image/jpeg"}
        for name in ("a.jpg", "b.jpg"):
            assert client.post(f"/uploads/{name}", content=b"x" * 300_000, headers=headers).status_code == 201
    assert {name: len(content) for name, (_, content) in api.bucket.items()} == {"a.jpg": 300_000, "b.jpg": 300_000}
