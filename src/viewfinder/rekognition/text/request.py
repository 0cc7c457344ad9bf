"""What a DetectText call asks for, with the service's defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viewfinder.rekognition.errors import invalid_parameter
from viewfinder.rekognition.text.regions import Points

DEFAULT_CONFIDENCE = 80.0
"""The default of WordFilter.MinConfidence (shape DetectionFilter)."""

MAX_REGION_POINTS = 10
"""Shape RegionOfInterest; the model has no number for it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A valid DetectText call without its image: confidence in percent, sizes and regions as ratios of the picture."""

    min_confidence: float = DEFAULT_CONFIDENCE
    min_width: float = 0.0
    min_height: float = 0.0
    regions: tuple[Points, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Request:
        """Read a validated document of shape DetectTextRequest; raise EngineError where a region is not an area."""
        filters = document.get("Filters", {})
        words = filters.get("WordFilter", {})
        return cls(
            min_confidence=words.get("MinConfidence", DEFAULT_CONFIDENCE),
            min_width=words.get("MinBoundingBoxWidth", 0.0),
            min_height=words.get("MinBoundingBoxHeight", 0.0),
            regions=tuple(_region(region) for region in filters.get("RegionsOfInterest", ())),
        )

    def accept(self, confidence: float, corners: Points) -> bool:
        """Return whether a word passes; a region keeps what is more than half in it."""
        width, height = np.ptp(corners, axis=0)
        if confidence < self.min_confidence or width < self.min_width or height < self.min_height:
            return False
        half = _area(corners) / 2
        return not self.regions or any(_area(_cut(region, corners)) > half for region in self.regions)


def _region(document: Mapping[str, Any]) -> Points:
    """Return the corners of a region."""
    if ("BoundingBox" in document) == ("Polygon" in document):
        raise invalid_parameter("Request has invalid parameters: a region takes one of BoundingBox and Polygon")
    if "Polygon" in document:
        points = [(point.get("X", 0.0), point.get("Y", 0.0)) for point in document["Polygon"]]
        if not 3 <= len(points) <= MAX_REGION_POINTS:
            raise invalid_parameter(f"Request has invalid parameters: a Polygon has 3 to {MAX_REGION_POINTS} points")
        return np.array(points)
    return _box_corners(document["BoundingBox"])


def _box_corners(box: Mapping[str, float]) -> Points:
    left, top = box.get("Left", 0.0), box.get("Top", 0.0)
    right, bottom = left + box.get("Width", 0.0), top + box.get("Height", 0.0)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _cut(polygon: Points, corners: Points) -> Points:
    """Return the part of a polygon within clockwise convex corners (Sutherland and Hodgman's algorithm)."""
    for begin, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if len(polygon):
            polygon = _cut_once(polygon, begin, end - begin)
    return polygon


def _cut_once(polygon: Points, begin: Points, edge: Points) -> Points:
    """Return the part of a polygon to the right of an edge, as seen along it on the screen."""
    offsets = polygon - begin
    sides = edge[0] * offsets[:, 1] - edge[1] * offsets[:, 0]
    kept: list[Sequence[float]] = []
    for index in range(len(polygon)):
        before = index - 1
        if (sides[before] >= 0) != (sides[index] >= 0):
            share = sides[before] / (sides[before] - sides[index])
            kept.append(polygon[before] + share * (polygon[index] - polygon[before]))
        if sides[index] >= 0:
            kept.append(polygon[index])
    return np.array(kept).reshape(-1, 2)


def _area(polygon: Points) -> float:
    """Return the area of a polygon (the shoelace formula)."""
    x, y = polygon.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2 if len(polygon) else 0.0
