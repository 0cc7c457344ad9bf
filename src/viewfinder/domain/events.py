"""Events: what others are told of each saved version of an image."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import quote

from viewfinder.domain import formats
from viewfinder.domain.image import Image, Status, image_digest

MAX_LABELS = 100
"""Labels of highest confidence in an event: with the longest names it stays below 256 kB, EventBridge's limit."""


class EventType(StrEnum):
    """What has happened to an image."""

    IMAGE_ANALYZED = "ImageAnalyzed"
    IMAGE_REJECTED = "ImageRejected"
    IMAGE_FAILED = "ImageFailed"
    IMAGE_REMOVED = "ImageRemoved"
    LABELS_CORRECTED = "LabelsCorrected"


_OF_STATUS = {
    Status.ANALYZED: EventType.IMAGE_ANALYZED,
    Status.REJECTED: EventType.IMAGE_REJECTED,
    Status.FAILED: EventType.IMAGE_FAILED,
    Status.REMOVED: EventType.IMAGE_REMOVED,
}


def event_of(image: Image, replaced: Image | None) -> dict[str, Any] | None:
    """Return the event of a saved version, which follows from it and the one before (schema: the contract's Event).

    Return None for a version that only makes room for the next one (`DynamoDbCatalog.save`): it has no ETag.
    """
    if image.status is Status.ANALYZED and not image.etag:
        return None
    members: dict[str, Any] = {
        "Sha256": image.sha256,
        "Features": list(image.features),
        "Labels": _labels(image),
        "Reason": "" if image.status is Status.REMOVED else image.reason,
    }
    return {
        formats.MEMBER: formats.EVENT,
        "Type": str(_type(image, replaced)),
        "ImageId": image.image_id,
        "Version": image.version,
        "AnalyzedAt": image.analyzed_at,
        "Path": f"/images/{quote(image.image_id, safe='')}",
        **{name: value for name, value in members.items() if value},
    }


def event_id(image_id: str, version: int) -> str:
    """Return what names an event: the same for each of its deliveries, which a receiver may tell apart by it."""
    return f"{image_digest(image_id)}-{version}"


def _type(image: Image, replaced: Image | None) -> EventType:
    if _is_correction(image, replaced):
        return EventType.LABELS_CORRECTED
    return _OF_STATUS[image.status]


def _is_correction(image: Image, replaced: Image | None) -> bool:
    """Return whether a person has changed the labels: those of the detector are the same ones as before."""
    return (
        replaced is not None
        and image.is_visible
        and (image.status, image.content, image.analyzed_at)
        == (replaced.status, replaced.content, replaced.analyzed_at)
        and image.corrections != replaced.corrections
    )


def _labels(image: Image) -> list[dict[str, Any]]:
    labels = sorted(image.corrected_labels, key=lambda label: (-label.confidence, label.name))
    return [{"Name": label.name, "Confidence": label.confidence} for label in labels[:MAX_LABELS]]
