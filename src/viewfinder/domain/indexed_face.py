"""A face in the stack's collection, with the person that it is grouped with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.domain.label import (
    BoundingBox,
    Point,
    box_document,
    box_from_document,
    percent,
    point_document,
    point_from_document,
)

RENDITION_SIDE = 2048
"""Longest side in pixels of the picture that the collection's faces are taken from."""

_EYES = ("eyeLeft", "eyeRight")


@dataclass(frozen=True, slots=True)
class IndexedFace:
    """A face of an image; `eyes` are two points, or none where they were not seen.

    `person` is the PersonId that the machine has grouped it with, and `suggested` one that it may be; "" for neither.
    """

    face_id: str
    box: BoundingBox
    confidence: float
    eyes: tuple[Point, ...] = ()
    person: str = ""
    suggested: str = ""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> IndexedFace:
        """Read an entry of Rekognition's `FaceRecords`, or of our documents."""
        if "Face" in document:
            return cls._from_record(document)
        return cls(
            document["FaceId"],
            box_from_document(document["BoundingBox"]),
            percent(document["Confidence"]),
            tuple(map(point_from_document, document.get("Eyes", ()))),
            document.get("PersonId", ""),
            document.get("SuggestedPersonId", ""),
        )

    @classmethod
    def _from_record(cls, record: Mapping[str, Any]) -> IndexedFace:
        face, detail = record["Face"], record.get("FaceDetail", {})
        places = {entry["Type"]: point_from_document(entry) for entry in detail.get("Landmarks", ())}
        eyes = tuple(places[name] for name in _EYES if name in places)
        box = box_from_document(face["BoundingBox"])
        return cls(face["FaceId"], box, percent(face["Confidence"]), eyes if len(eyes) == len(_EYES) else ())

    def to_document(self) -> dict[str, Any]:
        """Return the face for our documents."""
        document: dict[str, Any] = {"FaceId": self.face_id, "BoundingBox": box_document(self.box)}
        document |= {"Confidence": self.confidence}
        document |= {"Eyes": [point_document(eye) for eye in self.eyes]} if self.eyes else {}
        people = {"PersonId": self.person, "SuggestedPersonId": self.suggested}
        return document | {member: person for member, person in people.items() if person}

    def pixels(self, width: int, height: int) -> float:
        """Return the pixels between the eyes in the picture that was indexed; width and height are the original's."""
        if not self.eyes:
            return 0.0
        scale = min(1.0, RENDITION_SIDE / max(width, height, 1))
        (left, top), (right, bottom) = self.eyes
        return scale * math.hypot((right - left) * width, (bottom - top) * height)


def is_same_place(one: BoundingBox, other: BoundingBox) -> bool:
    """Return whether two boxes are of one face: their intersection is half of their union, or more."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    shared = max(0.0, width) * max(0.0, height)
    return 2 * shared >= one.width * one.height + other.width * other.height - shared > 0
