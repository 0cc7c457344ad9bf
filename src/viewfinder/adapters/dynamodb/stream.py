"""The table's stream: the states that images' records went through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.counting import ImageState
from viewfinder.domain.events import event_of
from viewfinder.domain.image import Status
from viewfinder.domain.posting import SourceKind


def image_states(records: Iterable[Mapping[str, Any]]) -> Iterator[ImageState]:
    """Yield the state that each change of an image's record led to; passes over all other items."""
    for record in records:
        change = record["dynamodb"]
        if change["Keys"]["SK"]["S"] == schema.IMAGE_SORT_KEY:
            yield _present(change["NewImage"]) if "NewImage" in change else _gone(change["OldImage"])


def image_event(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the event of a change: the record is written in one transaction, so the stream is the table's outbox.

    Return None for what is no saved version: other items, and the end of a record.
    """
    change = record["dynamodb"]
    if change["Keys"]["SK"]["S"] != schema.IMAGE_SORT_KEY or "NewImage" not in change:
        return None
    before = schema.image_from_item(change["OldImage"]) if "OldImage" in change else None
    return event_of(schema.image_from_item(change["NewImage"]), before)


def _present(item: Mapping[str, Any]) -> ImageState:
    expires_at = int(item["ExpiresAt"]["N"]) if "ExpiresAt" in item else 0
    image = schema.image_from_item(item)
    return ImageState.of(
        image,
        most_labels=schema.MAX_POSTINGS[SourceKind.LABEL],
        most_people=schema.MAX_POSTINGS[SourceKind.PERSON],
        expires_at=expires_at,
        sources=frozenset(schema.kept_sources(image)),
    )


def _gone(item: Mapping[str, Any]) -> ImageState:
    """Return the end of a record: of an expired tombstone, which was counted as removed before, or by an operator."""
    return ImageState(item["ImageId"]["S"], int(item["Version"]["N"]), Status.REMOVED, {})
