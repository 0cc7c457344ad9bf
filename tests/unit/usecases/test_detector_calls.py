"""Which records count a detector call: each call once, and none for a record that was lost and written again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeClock,
    FakeDerivedStore,
    fake_indexer,
)
from viewfinder.adapters.s3_events import MalformedMessageError, events_of, request_body
from viewfinder.domain.errors import CatalogUnavailableError
from viewfinder.domain.image import Effort, Image, ImageEvent

BEFORE, AFTER = "2026-01-01T00:00:00.000000Z", "2026-01-01T01:00:00.000000Z"


class World:
    """The image function's parts: stores of fakes, and a catalog that can be lost."""

    def __init__(self) -> None:
        self.bucket, self.derived, self.clock = FakeBucket(), FakeDerivedStore(), FakeClock()
        self.bucket.put("a.jpg", b"Dog")
        self.lose_catalog()

    def lose_catalog(self) -> None:
        self.catalog = FakeCatalog()
        self.indexer = fake_indexer(self.catalog, images=self.bucket, derived=self.derived, clock=self.clock)


def test_a_lost_record_is_written_again_without_a_call_that_counts() -> None:
    world = World()
    assert world.indexer.run(ImageEvent("a.jpg", "01", sent_at=BEFORE)).effort is Effort.DETECTED
    world.lose_catalog()

    again = world.indexer.run(ImageEvent("a.jpg", sent_at=AFTER))

    assert (again.effort, again.image.effort) == (Effort.REUSED, Effort.REUSED)


def test_the_call_of_an_interrupted_delivery_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    event = ImageEvent("a.jpg", "01", sent_at=BEFORE)

    def unavailable(*_: object, **__: object) -> Image:
        raise CatalogUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "save", unavailable)
        with pytest.raises(CatalogUnavailableError):
            world.indexer.run(event)

    assert world.indexer.run(event).effort is Effort.DETECTED


@pytest.mark.parametrize("sent_at", ["", AFTER], ids=["unknown", "of a clock that is ahead"])
def test_a_call_counts_whatever_the_time_of_its_event(sent_at: str) -> None:
    assert World().indexer.run(ImageEvent("a.jpg", "01", sent_at=sent_at)).effort is Effort.DETECTED


def event_of(body: str, **attributes: str) -> ImageEvent:
    record = {"body": body, "attributes": {"ApproximateReceiveCount": "1", **attributes}}
    (event,) = events_of(record, max_receive_count=8)
    return event


def change(**members: Any) -> str:
    entry = {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "a.jpg", "size": 3}}, **members}
    return json.dumps({"Records": [entry]})


def test_an_event_has_the_time_of_its_change_and_a_request_that_of_its_message() -> None:
    sent = {"SentTimestamp": "1767229200123"}

    assert event_of(change(eventTime="2026-01-01T00:00:00.5Z"), **sent).sent_at == "2026-01-01T00:00:00.500000Z"
    assert event_of(change(), **sent).sent_at == ""
    assert event_of(request_body("a.jpg"), **sent).sent_at == "2026-01-01T01:00:00.123000Z"
    assert event_of(request_body("a.jpg")).sent_at == ""


@pytest.mark.parametrize("time", ["yesterday", "0001-01-01T00:00:00+23:59", 7])
def test_an_event_of_no_time_is_no_event_of_s3(time: object) -> None:
    with pytest.raises(MalformedMessageError):
        event_of(change(eventTime=time))
