"""Announce each saved version of an image from the table's stream, at least once and in order."""

from __future__ import annotations

from typing import Any

from viewfinder.adapters.dynamodb.stream import image_event
from viewfinder.bootstrap import Application
from viewfinder.observability import correlated, logger

application = Application()
application.prepare("event_bus")

Record = dict[str, Any]


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Announce a batch, and report the record from which Lambda must deliver it again."""
    records: list[Record] = event["Records"]
    with correlated(correlation_id=records[0]["eventID"]):
        events, readable = _read(records)
        taken = application.event_bus.put([found for _, found in events])
        logger.info("events announced", extra={"events": taken})
    first = events[taken][0] if taken < len(events) else readable
    return {
        "batchItemFailures": [] if first == len(records) else [{"itemIdentifier": _sequence_number(records[first])}]
    }


def _read(records: list[Record]) -> tuple[list[tuple[int, Record]], int]:
    """Return the events by their records' places, up to the first that can't be read, and that one's place.

    Raise its error where it is the very first: a batch is not halved at its beginning, and would be given up whole.
    """
    events: list[tuple[int, Record]] = []
    for place, record in enumerate(records):
        try:
            found = image_event(record)
        except (KeyError, TypeError, ValueError):
            logger.exception("record not read", extra={"keys": record["dynamodb"]["Keys"]})
            if place == 0:
                raise
            return events, place
        if found:
            events.append((place, found))
    return events, len(records)


def _sequence_number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
