"""Announcements of a stack on one machine: whatever dies, each version is announced; a dead receiver delays nothing.

`pytest -m soak -s tests/e2e/test_announcements.py` prints what was killed, and the times of the imports.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.conftest import TEMPLATE, RunningStack
from tests.e2e.test_durability import SOAK, imported, importing, made_photos, recovered
from tests.support.catalogs import all_images
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.domain.image import Status
from viewfinder.local.components import webhooks
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import components_of, free_port, kill_stragglers, start
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options
from viewfinder.local.webhooks import outbox_of
from viewfinder.usecases.corrections import correct_labels

pytestmark = list(SOAK)
SEED = 20261129
IMAGES, KILLS, CORRECTIONS = 300, 20, 5
PATIENCE = 400
"""Seconds: messages that a killed function had in hand come back after 360 (the queue's VisibilityTimeout)."""

VICTIMS = ["webhooks"] * 9 + ["function"] * 9 + ["everything"] * 2

# Written by the database itself, beside the outbox and independent of it: every version that was ever committed.
_NOTED = """
    CREATE TABLE noted (image_id TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
    CREATE TRIGGER note_first AFTER INSERT ON images BEGIN
        INSERT INTO noted VALUES (NEW.image_id, NEW.version);
    END;
    CREATE TRIGGER note_next AFTER UPDATE OF version ON images WHEN NEW.version != OLD.version BEGIN
        INSERT INTO noted VALUES (NEW.image_id, NEW.version);
    END;
"""


@dataclass
class Receiver:
    """Takes two of three events; of the others it refuses one half, and hangs up on the other."""

    url: str = ""
    taken: list[tuple[Any, bytes]] = field(default_factory=list)
    refused: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        """Listen on a free port."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # its sender was killed in the middle of it
                drawn = receiver.chance.random()
                if drawn < 1 / 3:
                    receiver.refused += 1
                    if drawn < 1 / 6:
                        self.close_connection = True
                        return
                    self.send_response(503)
                else:
                    receiver.taken.append((self.headers, body))
                    self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/hook"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def versions(self) -> list[tuple[str, int]]:
        """Return image and version of each event that was taken, in the order of arrival."""
        documents = [json.loads(body)["data"] for _, body in list(self.taken)]
        return [(document["ImageId"], document["Version"]) for document in documents]


def noted(data: DataDirectory) -> list[tuple[str, int]]:
    """Return every version that the catalog has had."""
    with closing(sqlite3.connect(data.database)) as connection:
        return [(image_id, version) for image_id, version in connection.execute("SELECT * FROM noted")]


def kill(local: LocalStack, victim: str) -> None:
    """Kill the deliverer and start it again, or the functions, which the emulator starts anew, or all at once."""
    if victim == "everything":
        kill_stragglers(local.data.path)
        return
    if victim == "function":
        found = RunningStack(local).functions("ImageProcessing")
    else:
        found = [psutil.Process(each.pid) for each in components_of(local.data.path) if each.name == victim]
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(30)
    if victim == "webhooks":
        start(webhooks(local.data, local.record), local.data.path)


def correct_some(local: LocalStack, number: int, chance: random.Random) -> None:
    """Let a person correct some of the images that are there: they get further versions."""
    application = local.application()
    analyzed = [image for image in all_images(application.records) if image.status is Status.ANALYZED]
    for image in chance.sample(analyzed, min(CORRECTIONS, len(analyzed))):
        correct_labels(image.image_id, application.correcting, add=[f"Word {number}"])


def test_every_version_is_announced_in_order_whatever_is_killed(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    folder = made_photos(tmp_path / "photos", IMAGES)
    chance = random.Random(SEED)
    moments = sorted(chance.sample(range(1, IMAGES), KILLS))
    victims = chance.sample(VICTIMS, KILLS)
    local = LocalStack(DataDirectory(tmp_path / "data"))
    with Receiver().listening() as receiver:
        options = Options(port=free_port(), gallery_port=free_port(), features="LABELS", webhook=receiver.url)
        local.up(TEMPLATE, options, silent)
        try:
            local.down()
            with closing(sqlite3.connect(local.data.database)) as connection:
                connection.executescript(_NOTED)
            local.up(TEMPLATE, Options(), silent)
            process = importing(local, folder, patience=PATIENCE)
            for number, (moment, victim) in enumerate(zip(moments, victims, strict=True)):
                wait_for(lambda: len({i for i, _ in noted(local.data)}) >= moment, seconds=300, what=f"{moment} images")  # noqa: B023
                correct_some(local, number, chance)
                kill(local, victim)
                print(f"{victim} was killed after {moment} images", flush=True)  # noqa: T201 - shown on failure
                if victim == "everything":
                    process.kill()
                    process.communicate()
                    local.up(TEMPLATE, Options(), silent)
                    process = importing(local, folder, patience=PATIENCE)
            process.communicate(timeout=900)
            assert imported(local, folder, patience=PATIENCE)["Images"] == IMAGES
            recovered(local)
            correct_some(local, KILLS, chance)
            outbox = outbox_of(local.data)
            wait_for(lambda: outbox.counts().waiting == 0, seconds=900, what="an empty outbox")
            assert outbox.counts().dead == 0
            _require_announced(receiver, noted(local.data), str(local.record.webhook_secret))
        finally:
            local.down()


def _require_announced(receiver: Receiver, saved: list[tuple[str, int]], secret: str) -> None:
    announced = receiver.versions()
    print(f"{len(saved)} versions, {len(announced)} taken, {receiver.refused} refused")  # noqa: T201
    assert len({image_id for image_id, _ in saved}) == IMAGES
    assert len(saved) >= IMAGES + KILLS
    assert receiver.refused > len(saved) / 5
    assert set(announced) == set(saved)
    for image_id, several in groupby(sorted(announced, key=lambda each: each[0]), key=lambda each: each[0]):
        versions = [version for _, version in several]  # sorted() is stable: in the order of arrival
        assert versions == sorted(versions), image_id
    key = base64.b64decode(secret.removeprefix("whsec_"))
    for headers, body in receiver.taken:  # as a receiver does that has read the specification, not our code
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"


def test_a_receiver_that_never_answers_delays_nothing_else(tmp_path: Path) -> None:
    local = LocalStack(DataDirectory(tmp_path / "data"))
    seconds = {}
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent_one:  # connections are taken, and never answered
        hook = f"http://127.0.0.1:{silent_one.getsockname()[1]}/hook"
        local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port(), features="LABELS"), silent)
        try:
            for name, options in {"no webhook": Options(), "a silent one": Options(webhook=hook)}.items():
                local.up(TEMPLATE, options, silent)
                folder = tmp_path / name.replace(" ", "-")
                folder.mkdir()
                begin = time.monotonic()
                summary = imported(local, made_photos(folder, IMAGES))
                seconds[name] = round(time.monotonic() - begin, 1)
                assert (summary["Analyzed"], summary["Failed"]) == (IMAGES, 0)
            print(f"seconds of an import of {IMAGES}: {seconds}")  # noqa: T201
            assert local.application().statistics.statuses() == {"ANALYZED": 2 * IMAGES}
            correct_some(local, 1, random.Random(SEED))
            counts = outbox_of(local.data).counts()
            assert (counts.waiting >= IMAGES, counts.dead) == (True, 0)
        finally:
            local.down()
