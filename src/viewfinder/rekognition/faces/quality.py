"""QualityFilter: which faces are good enough to be compared, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.rekognition.faces.detector import Face


@dataclass(frozen=True, slots=True)
class Bar:
    """The pixels between the eyes, sharpness and brightness that a face needs, and how far it may look aside."""

    pixels: float
    degrees: float
    sharpness: float
    brightness: float


BARS: Mapping[str, Bar] = {
    "NONE": Bar(0, 180, 0, 0),
    "AUTO": Bar(12, 60, 12, 2),
    "LOW": Bar(10, 60, 8, 1),
    "MEDIUM": Bar(20, 45, 20, 5),
    "HIGH": Bar(40, 30, 30, 10),
}
"""For each QualityFilter its bar; docs/collections.md has the share of true pairs that is found at each.

The descriptor was trained on faces with 53 pixels between the eyes, most of them looking ahead.
"""

SHADE = 15.0
"""Brightness below which a face is dark; its steps are small then, and don't show how sharp it is."""


def faults(face: Face, document: Mapping[str, Any], quality_filter: str) -> list[str]:
    """Return the reasons of the service why a face fails a filter; none for a face that passes.

    `document` is the face's FaceDetail.
    """
    return list(_faults(face, document, BARS[quality_filter]))


def _faults(face: Face, document: Mapping[str, Any], bar: Bar) -> Iterator[str]:
    pose, quality = document["Pose"], document["Quality"]
    if face.eye_distance < bar.pixels:
        yield "SMALL_BOUNDING_BOX"
    if max(abs(pose["Yaw"]), abs(pose["Pitch"])) > bar.degrees:
        yield "EXTREME_POSE"
    if quality["Brightness"] < bar.brightness:
        yield "LOW_BRIGHTNESS"
    if quality["Sharpness"] < bar.sharpness and quality["Brightness"] >= SHADE:
        yield "LOW_SHARPNESS"
