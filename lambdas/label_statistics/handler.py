"""Count labels and statuses from the table's stream; what fails is delivered again, and counted once."""

from __future__ import annotations

from typing import Any

from viewfinder.adapters.dynamodb.stream import image_states
from viewfinder.bootstrap import Application
from viewfinder.domain.counting import ImageState
from viewfinder.domain.errors import CatalogUnavailableError
from viewfinder.observability import correlated, logger
from viewfinder.usecases.count_labels import count_labels

application = Application()
application.prepare("counters")

Record = dict[str, Any]


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Count a batch, and report the record from which Lambda has to deliver it again.

    Whatever is raised, Lambda delivers the batch again, in halves: so a record that fails ends up alone.
    """
    records: list[Record] = event["Records"]
    with correlated(correlation_id=records[0]["eventID"]):
        states, unreadable = _read(records)
        failed = _count(states)
    first = min({*failed, *unreadable}, default=None)
    return {"batchItemFailures": [] if first is None else [{"itemIdentifier": _sequence_number(records[first])}]}


def _count(states: dict[int, ImageState]) -> set[int]:
    """Count the states by their places in the batch, and return the places of those that could not be counted now."""
    try:
        count = count_labels(states.values(), application.counters)
    except CatalogUnavailableError:
        logger.exception("labels not counted")
        return {*states}
    logger.info("labels counted", extra={"images_changed": count.images, "uncounted": len(count.uncounted)})
    return {place for place, state in states.items() if state.image_id in count.uncounted}


def _read(records: list[Record]) -> tuple[dict[int, ImageState], list[int]]:
    """Return the states by their records' places, up to the first that can't be read, and that one's place.

    Raise its error where it is the very first: a batch is not halved at its beginning, and would be given up whole.
    """
    states: dict[int, ImageState] = {}
    for place, record in enumerate(records):
        try:
            states.update((place, state) for state in image_states([record]))
        except (KeyError, TypeError, ValueError):
            logger.exception("record not read", extra={"keys": record["dynamodb"]["Keys"]})
            if place == 0:
                raise
            return states, [place]
    return states, []


def _sequence_number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
