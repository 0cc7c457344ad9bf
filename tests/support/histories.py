"""A world in which everything happens to the pipeline that can: deliveries twice, late and out of order, several at
once and interleaved at every call to the outside, interrupted at any of them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote_plus

from tests.support.fakes import FakeBucket, FakeClock, FakeDerivedStore, FakeDetector, FakePictures
from viewfinder.adapters.s3_events import request_body
from viewfinder.bootstrap import Application
from viewfinder.domain.errors import ImageNotFoundError
from viewfinder.domain.feature import Feature, Parameters, Stage
from viewfinder.domain.image import Image
from viewfinder.domain.lease import Lease
from viewfinder.ports import Catalog, Leases
from viewfinder.settings import Settings
from viewfinder.usecases.corrections import Correcting, correct_labels
from viewfinder.usecases.index_image import IndexImage

MAX_RECEIVE_COUNT = 3
PARAMETERS = Parameters(40, 55.0)
_HANDLER = Path(__file__).parents[2] / "lambdas" / "image_processing" / "handler.py"
_STEP_SECONDS = 30

Gate = Callable[[], None]


class Killed(BaseException):
    """The process ends here: no handler of exceptions gets to see more than this."""


class Gated:
    """Passes on every call, after the gate has opened."""

    def __init__(self, target: object, gate: Gate) -> None:
        self._target = target
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self._gate()
            return getattr(self._target, name)(*arguments, **options)

        return call


class Home(Protocol):
    """Where the world's catalog is: in SQLite or in DynamoDB."""

    def catalog(self, gate: Gate) -> Catalog:
        """Return the catalog, gated."""

    def leases(self, gate: Gate) -> Leases:
        """Return the leases, gated."""

    def expire_leases(self) -> None:
        """Let the time pass after which a dead holder's lease ends."""


class RecordingCatalog:
    """Keeps every record that was written, in order: what the table's stream would tell."""

    def __init__(self, catalog: Catalog, written: list[Image] | None = None) -> None:
        self._catalog = catalog
        self.written: list[Image] = [] if written is None else written

    def find(self, image_id: str) -> Image | None:
        return self._catalog.find(image_id)

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        saved = self._catalog.save(image, replacing=replacing, lease=lease)
        self.written.append(saved)
        return saved


@dataclass
class Message:
    """A message of the queue."""

    number: int
    body: str
    deliveries: int = 0
    is_answered: bool = False
    is_dead: bool = False


class Delivery:
    """One delivery of a message to the real handler, in a thread that goes from call to call as it is told."""

    def __init__(self, message: Message, handle: Callable[[dict[str, Any]], bool], current: threading.local) -> None:
        message.deliveries += 1
        self.message = message
        self.is_done = False
        self._killed = self._free = False
        self._go, self._waits = threading.Semaphore(0), threading.Semaphore(0)
        record = {
            "messageId": str(message.number),
            "receiptHandle": "receipt",
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.deliveries)},
        }
        self._thread = threading.Thread(target=self._run, args=(handle, record, current), daemon=True)
        self._thread.start()
        self._pause()

    def run(self, steps: int) -> None:
        """Go on for so many calls, or to the end."""
        while steps and not self.is_done:
            self._step()
            steps -= 1

    def finish(self) -> None:
        """Go on to the end."""
        self._free = True
        self.run(1)

    def kill(self) -> None:
        """End here."""
        self._killed = True
        self.run(1)

    def gate(self) -> None:
        """Wait until it is told to go on."""
        if not self._free and not self._killed:
            self._waits.release()
            self._go.acquire()
        if self._killed:
            raise Killed

    def _step(self) -> None:
        self._go.release()
        self._pause()

    def _pause(self) -> None:
        assert self._waits.acquire(timeout=_STEP_SECONDS), "the delivery hangs"

    def _run(self, handle: Callable[[dict[str, Any]], bool], record: dict[str, Any], current: threading.local) -> None:
        current.delivery = self
        try:
            self.gate()
            answered = handle(record)
            self.gate()  # it may still be killed before the queue hears of it
            self.message.is_answered |= answered
        except Killed:
            pass
        finally:
            self.message.is_dead |= self.message.deliveries >= MAX_RECEIVE_COUNT
            self.is_done = True
            self._waits.release()


@dataclass
class World:
    """Bucket, queue and the pipeline between."""

    home: Home
    bucket: FakeBucket = field(default_factory=FakeBucket)
    derived: FakeDerivedStore = field(default_factory=FakeDerivedStore)
    detector: FakeDetector = field(default_factory=FakeDetector)
    messages: list[Message] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    interruptions: int = 0
    has_two_stages: bool = False

    def __post_init__(self) -> None:
        self._sequence = 0x10
        self._current = threading.local()
        self.clock = FakeClock()
        self.catalog = RecordingCatalog(self.home.catalog(self._gate))
        self._person = RecordingCatalog(self.home.catalog(lambda: None), self.catalog.written)
        self._handler = load_handler()
        self._handler.application = self._application()

    def put(self, key: str, content: bytes) -> None:
        """Somebody puts an object."""
        self.bucket.put(key, content)
        self._tell("ObjectCreated:Put", key)

    def delete(self, key: str) -> None:
        """Somebody deletes an object."""
        if key in self.bucket.contents:
            self.bucket.delete(key)
            self._tell("ObjectRemoved:Delete", key)

    def request(self, key: str, *, anew: bool) -> None:
        """Somebody asks to look at an object again, or to analyse it anew."""
        self._send(request_body(key, analyzed_since=self.clock.now() if anew else ""))

    def correct(self, key: str, add: str, remove: str) -> None:
        """A person corrects the labels of an image that is shown."""
        with suppress(ImageNotFoundError):
            correct_labels(key, Correcting(self._person, self.derived, self, self), add=[add], remove=[remove])

    def contents(self, after: str, most: int) -> list[str]:
        """Implement `ports.Copies`, of which a correction needs the next only."""
        raise NotImplementedError(after, most)

    def images(self, content: str, most: int) -> list[str]:
        """Return the objects with a content."""
        same = [key for key, found in self.bucket.contents.items() if hashlib.sha256(found).hexdigest() == content]
        return same[:most]

    def present(self, contents: Collection[str]) -> set[str]:
        """Implement `ports.Copies`, of which a correction needs `images` only."""
        raise NotImplementedError(contents)

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        """Queue a request for each image: implements `ports.Requests`."""
        assert not analyzed_since
        for image_id in image_ids:
            self.request(image_id, anew=False)

    def deliver(self, number: int, *, steps: int) -> None:
        """The queue delivers one of its messages, answered or not (the latest is number 0), and work begins."""
        if self.messages:
            message = self.messages[-1 - number % len(self.messages)]
            delivery = Delivery(message, self._handler._handle, self._current)
            self.deliveries.append(delivery)
            delivery.run(steps)

    def run(self, number: int, *, steps: int) -> None:
        """One of the deliveries goes on for some steps."""
        if alive := self._alive():
            alive[number % len(alive)].run(steps)

    def kill(self, number: int) -> None:
        """One of the deliveries is interrupted for good."""
        if alive := self._alive():
            self.interruptions += 1
            alive[number % len(alive)].kill()

    def start_outage(self) -> None:
        """The detector answers no more."""
        self.interruptions += 1
        self.detector.is_down = True

    def end_outage(self) -> None:
        """The detector answers again."""
        self.detector.is_down = False

    def settle(self) -> None:
        """The trouble ends: everything goes on until the queue is empty, dead letters are redriven.

        The delivery that began first ends last: that is the worst order.
        """
        self.end_outage()
        for delivery in reversed(self._alive()):
            delivery.finish()
        while pending := [message for message in self.messages if not message.is_answered]:
            self.home.expire_leases()
            for message in reversed(pending):
                if message.is_dead:
                    message.deliveries, message.is_dead = 0, False
                self.deliveries.append(Delivery(message, self._handler._handle, self._current))
                self.deliveries[-1].finish()

    def close(self) -> None:
        """Leave no thread behind."""
        for delivery in self._alive():
            delivery.kill()

    def _alive(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if not delivery.is_done]

    def _tell(self, name: str, key: str) -> None:
        self._sequence += 1
        # S3's sequencers are hexadecimal and of unequal length.
        thing = {"key": quote_plus(key), "sequencer": f"{self._sequence:X}".rstrip("0")}
        self._send(
            json.dumps({"Records": [{"eventName": name, "s3": {"bucket": {"name": "images"}, "object": thing}}]})
        )

    def _send(self, body: str) -> None:
        self.messages.append(Message(len(self.messages), body))

    def _gate(self) -> None:
        self._current.delivery.gate()

    def _application(self) -> Application:
        index_image = IndexImage(
            images=Gated(self.bucket, self._gate),
            derived=Gated(self.derived, self._gate),
            pictures=FakePictures(),
            detector=Gated(self.detector, self._gate),
            catalog=self.catalog,
            leases=self.home.leases(self._gate),
            clock=self.clock,
            parameters=PARAMETERS,
            max_bytes=1000,
            features=(Feature.LABELS, Feature.TEXT) if self.has_two_stages else (Feature.LABELS,),
            second_stage=Gated(_SecondStage(self._send), self._gate) if self.has_two_stages else None,
        )
        settings = Settings(
            images_bucket="images",
            derived_bucket="derived",
            table="catalog",
            queue_url="queue",
            max_receive_count=MAX_RECEIVE_COUNT,
        )
        return Application(settings, index_image=index_image, sqs_client=_Queue())


@dataclass(frozen=True)
class _SecondStage:
    """Implements `Requests`: its messages are of the same queue, for the worst order of both stages."""

    put: Callable[[str], None]

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        for image_id in image_ids:
            self.put(request_body(image_id, analyzed_since=analyzed_since, stage=Stage.SECOND))


class _Queue:
    """Takes note of nothing: the world decides when a message comes again."""

    def change_message_visibility(self, **_: Any) -> None:
        return None


def load_handler() -> Any:
    """Load the image function's module anew: it has one application for all."""
    spec = importlib.util.spec_from_file_location("image_processing_handler", _HANDLER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
