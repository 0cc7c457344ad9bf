"""The publisher: every saved version of the stream's records is announced once Lambda does not deliver it again."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.event_bus import MAX_BYTES, MAX_ENTRIES, EventBridgeBus
from viewfinder.domain.events import event_of
from viewfinder.domain.image import Image, Status

REPOSITORY = Path(__file__).parents[3]


class FakeBus:
    """Implements `ports.EventBus`; takes so many events."""

    def __init__(self, most: int = 10**9) -> None:
        self.most = most
        self.events: list[Mapping[str, Any]] = []

    def put(self, events: Sequence[Mapping[str, Any]]) -> int:
        taken = list(events)[: self.most]
        self.events += taken
        return len(taken)


@pytest.fixture
def publisher() -> Any:
    file = REPOSITORY / "lambdas" / "label_statistics" / "publish.py"
    specification = importlib.util.spec_from_file_location("event_publisher", file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def image(key: str, version: int, **more: Any) -> Image:
    made = Image(key, Status.ANALYZED, "01", "2026-01-31T12:00:00.000000Z", etag="e", version=version)
    return replace(made, **more)


def item(of: Image) -> schema.Item:
    return schema.image_item(of, shards=1, tombstone_seconds=60)


def change(number: int, new: Image | None, old: Image | None = None) -> dict[str, Any]:
    some = new or old
    assert some
    images = {"NewImage": item(new)} if new else {}
    images |= {"OldImage": item(old)} if old else {}
    keys = schema.marshalled_key(schema.image_key(some.image_id))
    return {"eventID": str(number), "dynamodb": {"Keys": keys, "SequenceNumber": str(number), **images}}


def run(publisher: Any, bus: FakeBus, *records: dict[str, Any]) -> list[str]:
    publisher.application.__dict__["event_bus"] = bus
    answer = publisher.handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


FIRST = image("a.jpg", 1)
CORRECTED = image("a.jpg", 2, corrections=FIRST.corrections.changed(["Rex"], [], []))


def test_each_saved_version_is_announced_in_order(publisher: Any) -> None:
    bus = FakeBus()
    removed = image("a.jpg", 3, status=Status.REMOVED)

    failed = run(publisher, bus, change(1, FIRST), change(2, CORRECTED, FIRST), change(3, removed, CORRECTED))

    assert failed == []
    assert [(event["Type"], event["Version"]) for event in bus.events] == [
        ("ImageAnalyzed", 1),
        ("LabelsCorrected", 2),
        ("ImageRemoved", 3),
    ]


def test_what_is_no_saved_version_is_passed_over(publisher: Any) -> None:
    bus = FakeBus()
    counted = change(2, FIRST)
    counted["dynamodb"]["Keys"]["SK"] = {"S": "COUNTED"}
    makes_room = image("a.jpg", 4, etag="")

    assert run(publisher, bus, change(1, None, FIRST), counted, change(3, makes_room, FIRST)) == []
    assert bus.events == []


def test_from_the_first_event_that_is_not_taken_on_all_are_delivered_again(publisher: Any) -> None:
    bus = FakeBus(most=1)
    records = [change(number, image(f"{number}.jpg", number)) for number in (1, 2, 3)]

    assert run(publisher, bus, *records) == ["2"]
    assert len(bus.events) == 1


def test_an_unreadable_record_holds_up_those_behind_it_only(publisher: Any) -> None:
    bus = FakeBus()
    broken = change(2, FIRST)
    del broken["dynamodb"]["NewImage"]["Status"]

    assert run(publisher, bus, change(1, FIRST), broken, change(3, CORRECTED, FIRST)) == ["2"]
    assert [event["Version"] for event in bus.events] == [1]
    with pytest.raises(KeyError):
        run(publisher, bus, broken)


class FakeClient:
    """EventBridge, which refuses one entry; as botocore answers."""

    def __init__(self, refused: int | None = None) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.refused = refused

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        self.requests.append(Entries)
        before = sum(map(len, self.requests[:-1]))
        answers = [
            {"ErrorCode": "ThrottlingException"} if before + place == self.refused else {"EventId": "1"}
            for place in range(len(Entries))
        ]
        return {"FailedEntryCount": 0, "Entries": answers}


def events(number: int) -> list[dict[str, Any]]:
    return [event for index in range(number) if (event := event_of(image(f"{index}.jpg", index + 1), None))]


def test_requests_keep_eventbridge_s_limits() -> None:
    client = FakeClient()
    large = [event | {"Path": "x" * 120_000} for event in events(3)]

    assert EventBridgeBus(client, "photos").put([*events(23), *large]) == 26

    assert [len(entries) for entries in client.requests] == [10, 10, 5, 1]
    assert max(map(len, client.requests)) == MAX_ENTRIES
    sizes = [sum(len(entry["Detail"].encode()) for entry in entries) for entries in client.requests]
    assert max(sizes) < MAX_BYTES


@pytest.mark.parametrize("refused", [0, 9, 10, 14])
def test_an_entry_that_is_refused_ends_the_announcement_there(refused: int) -> None:
    client = FakeClient(refused)
    assert EventBridgeBus(client, "photos").put(events(15)) == refused
