"""Count labels and statuses from the table's stream; a failed record is delivered again, and counted once."""

from __future__ import annotations

from typing import Any

from viewfinder.adapters.dynamodb.stream import image_states
from viewfinder.bootstrap import Application
from viewfinder.domain.counting import ImageState
from viewfinder.observability import correlated, logger
from viewfinder.usecases.count_labels import count_labels

application = Application()
application.prepare("counters")

Record = dict[str, Any]


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Count a batch, and report the record from which Lambda must deliver it again.

    After any error Lambda delivers the batch again in halves, so a failing record ends up alone.
    """
    records: list[Record] = event["Records"]
    with correlated(correlation_id=records[0]["eventID"]):
        states, unreadable = _read(records)
        changed = count_labels(states, application.counters)
        logger.info("labels counted", extra={"records": len(records), "images_changed": changed})
    return {"batchItemFailures": [{"itemIdentifier": unreadable}] if unreadable else []}


def _read(records: list[Record]) -> tuple[list[ImageState], str | None]:
    """Return the states up to the first record that can't be read, and that one's sequence number.

    Raise its error where it is the very first: a batch is not halved at its beginning, and would be given up whole.
    """
    states: list[ImageState] = []
    for place, record in enumerate(records):
        try:
            states += image_states([record])
        except (KeyError, TypeError, ValueError):
            logger.exception("record not read", extra={"keys": record["dynamodb"]["Keys"]})
            if place == 0:
                raise
            return states, record["dynamodb"]["SequenceNumber"]
    return states, None
