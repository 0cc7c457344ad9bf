"""The outbox on a real file: written with the record, delivered at least once, in order, whatever process is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.contract.catalog.outbox_processes import VERSIONS
from tests.support.waiting import wait_for
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.outbox import SqliteOutbox
from viewfinder.adapters.webhooks import new_secret, signature
from viewfinder.domain.errors import CatalogConflictError, UndeliveredError, UnwantedEventError
from viewfinder.domain.image import Image, Status
from viewfinder.ports import OutboxEvent
from viewfinder.usecases.deliver_events import GIVEN_UP_SECONDS, Deliveries

PROCESSES = Path(__file__).with_name("outbox_processes.py")


@dataclass
class FakeReceiver:
    """Implements `ports.Receiver`; raises what `refusals` has for an image."""

    refusals: dict[str, Exception] = field(default_factory=dict)
    taken: list[tuple[str, int]] = field(default_factory=list)

    def send(self, event: OutboxEvent) -> None:
        if error := self.refusals.get(event.image_id):
            raise error
        self.taken.append((event.image_id, event.version))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(str(tmp_path / "catalog.db"))
    yield database
    database.close()


@pytest.fixture
def catalog(database: Database) -> SqliteCatalog:
    return SqliteCatalog(database, tombstone_seconds=60, announces=True)


@pytest.fixture
def outbox(database: Database) -> SqliteOutbox:
    return SqliteOutbox(database)


def analyzed(key: str) -> Image:
    return Image(key, Status.ANALYZED, "", "2026-01-31T12:00:00.000000Z", etag="e")


def test_each_saved_version_is_in_the_outbox_and_a_refused_one_is_not(
    catalog: SqliteCatalog, outbox: SqliteOutbox
) -> None:
    first = catalog.save(analyzed("a.jpg"), replacing=None)
    second = catalog.save(replace(first, status=Status.REMOVED), replacing=first)
    with pytest.raises(CatalogConflictError):
        catalog.save(first, replacing=first)

    (head,) = outbox.due(0.0, 10)
    assert (head.version, head.document["Type"], outbox.counts()) == (first.version, "ImageAnalyzed", (2, 0))
    outbox.remove(head)
    (tail,) = outbox.due(0.0, 10)
    assert (tail.version, tail.document["Type"]) == (second.version, "ImageRemoved")


def test_without_anyone_who_wants_events_there_are_none(database: Database, outbox: SqliteOutbox) -> None:
    SqliteCatalog(database, tombstone_seconds=60).save(analyzed("a.jpg"), replacing=None)
    assert outbox.counts() == (0, 0)


def test_an_event_that_waits_holds_up_the_later_ones_of_its_image_only(
    catalog: SqliteCatalog, outbox: SqliteOutbox
) -> None:
    first = catalog.save(analyzed("a.jpg"), replacing=None)
    catalog.save(first, replacing=first)
    other = catalog.save(analyzed("b.jpg"), replacing=None)
    receiver = FakeReceiver({"a.jpg": UndeliveredError("500")})
    deliveries = Deliveries(outbox, receiver, lambda: first.version / 1e6, jitter=lambda: 1.0)

    deliveries.run()
    deliveries.run()

    assert receiver.taken == [("b.jpg", other.version)]
    assert outbox.counts() == (2, 0)
    (waiting,) = outbox.due(first.version / 1e6 + 5, 10)
    assert (waiting.attempts, waiting.problem) == (1, "500")
    assert outbox.due(first.version / 1e6 + 4.9, 10) == []


@pytest.mark.parametrize(
    ("attempts", "retry_after", "pause"), [(0, 0.0, 5.0), (1, 0.0, 10.0), (30, 0.0, 3600.0), (0, 60.0, 60.0)]
)
def test_pauses_double_up_to_an_hour_unless_the_receiver_asks_for_more(
    outbox: SqliteOutbox, catalog: SqliteCatalog, attempts: int, retry_after: float, pause: float
) -> None:
    saved = catalog.save(analyzed("a.jpg"), replacing=None)
    (event,) = outbox.due(0.0, 10)
    for _ in range(attempts):
        outbox.postpone(event, 0.0, "")
    now = saved.version / 1e6
    receiver = FakeReceiver({"a.jpg": UndeliveredError("busy", retry_after)})

    Deliveries(outbox, receiver, lambda: now, jitter=lambda: 1.0).run()

    assert outbox.due(now + pause - 0.01, 10) == []
    assert len(outbox.due(now + pause + 0.01, 10)) == 1


@pytest.mark.parametrize("error", [UndeliveredError("still 500"), UnwantedEventError("410")])
def test_what_is_given_up_is_listed_and_can_be_sent_again(
    catalog: SqliteCatalog, outbox: SqliteOutbox, error: Exception
) -> None:
    first = catalog.save(analyzed("a.jpg"), replacing=None)
    second = catalog.save(first, replacing=first)
    late = first.version / 1e6 + GIVEN_UP_SECONDS + 60
    refusing = FakeReceiver({"a.jpg": error})
    Deliveries(outbox, refusing, lambda: late).run()

    (dead,) = outbox.dead(10)
    assert (dead.version, dead.problem, outbox.counts()) == (first.version, str(error), (1, 1))
    willing = FakeReceiver()
    Deliveries(outbox, willing, lambda: late).run()
    assert willing.taken == [("a.jpg", second.version)]

    assert (outbox.revive(late), outbox.counts()) == (1, (1, 0))
    Deliveries(outbox, willing, lambda: late).run()
    assert willing.taken[1:] == [("a.jpg", first.version)]


@dataclass
class Hook:
    """A receiver on a port that refuses one of three requests, and notes what it took and whether it was signed."""

    secret: str = field(default_factory=new_secret)
    taken: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    forged: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def take(self, headers: Any, body: bytes) -> int:
        message, time = headers["webhook-id"], int(headers["webhook-timestamp"])
        if headers["webhook-signature"] != signature(self.secret, message, time, body):
            self.forged += 1
        if self.chance.random() < 1 / 3:
            return 500
        data = json.loads(body)["data"]
        self.taken[data["ImageId"]].append(data["Version"])
        return 204


@pytest.fixture
def hook() -> Iterator[tuple[Hook, str]]:
    hook, lock = Hook(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # its sender was killed in the middle of it
            with lock:
                status = hook.take(self.headers, body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hook, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("images", "kills"), [(60, 4), pytest.param(300, 20, marks=pytest.mark.soak)])
def test_every_version_is_announced_in_order_whoever_is_killed(
    tmp_path: Path, hook: tuple[Hook, str], images: int, kills: int
) -> None:
    receiver, url = hook
    path = str(tmp_path / "catalog.db")
    Database(path).rows("SELECT 1")
    commands = {"save": ["save", path, str(images)], "send": ["send", path, url, receiver.secret]}
    chance = random.Random(kills)

    def start(name: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
        return subprocess.Popen([sys.executable, str(PROCESSES), *commands[name]], env=environment)

    def has_come_to(target: int) -> bool:
        return sum(map(len, receiver.taken.values())) >= target or running["save"].poll() is not None

    running = {name: start(name) for name in commands}
    try:
        for _ in range(kills):
            before = sum(map(len, receiver.taken.values()))
            name = chance.choice(sorted(running))
            target = before + chance.randrange(1, images * VERSIONS // (2 * kills))
            wait_for(partial(has_come_to, target), seconds=60, what="more deliveries")
            running[name].send_signal(signal.SIGKILL)
            running[name].wait()
            running[name] = start(name)
        wait_for(lambda: running["save"].poll() == 0, seconds=120, what="every record is saved")
        outbox = SqliteOutbox(Database(path))
        wait_for(lambda: outbox.counts() == (0, 0), seconds=120, what="an empty outbox")
    finally:
        for process in running.values():
            process.kill()
            process.wait()

    assert receiver.forged == 0
    assert len(receiver.taken) == images
    for key, versions in receiver.taken.items():
        assert versions == sorted(versions), key  # one may come twice, but none too late
        assert len(set(versions)) == VERSIONS, key
