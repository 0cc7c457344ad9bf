"""DetectText: the request and the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.errors import invalid_parameter
from viewfinder.rekognition.pictures import read_picture
from viewfinder.rekognition.text.networks import Line, LineDetector, Recogniser, Region, Word
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
        """Read a validated document of shape DetectTextRequest; raise EngineError if a region is not an area."""
        filters = document.get("Filters", {})
        words = filters.get("WordFilter", {})
        return cls(
            min_confidence=words.get("MinConfidence", DEFAULT_CONFIDENCE),
            min_width=words.get("MinBoundingBoxWidth", 0.0),
            min_height=words.get("MinBoundingBoxHeight", 0.0),
            regions=tuple(_region(region) for region in filters.get("RegionsOfInterest", ())),
        )

    def accept(self, confidence: float, corners: Points) -> bool:
        """Return whether a word passes the filters; a region keeps words that lie more than half in it."""
        width, height = np.ptp(corners, axis=0)
        if confidence < self.min_confidence or width < self.min_width or height < self.min_height:
            return False
        half = _area(corners) / 2
        return not self.regions or any(_area(_cut(region, corners)) > half for region in self.regions)


def _region(document: Mapping[str, Any]) -> Points:
    """Return the corners of a region, which may reach beyond the picture.

    The documents of AWS set no range: those of BoundingBox allow values outside 0 to 1, RegionsOfInterest adds nothing.
    """
    if ("BoundingBox" in document) == ("Polygon" in document):
        raise invalid_parameter("Request has invalid parameters: a region takes one of BoundingBox and Polygon")
    if "Polygon" in document:
        points = [(point.get("X", 0.0), point.get("Y", 0.0)) for point in document["Polygon"]]
        if not 3 <= len(points) <= MAX_REGION_POINTS:
            raise invalid_parameter(f"Request has invalid parameters: a Polygon has 3 to {MAX_REGION_POINTS} points")
        return np.array(points)
    return _box_corners(document["BoundingBox"])


def _box_corners(box: Mapping[str, float]) -> Points:
    left, top, width, height = (box.get(name, 0.0) for name in ("Left", "Top", "Width", "Height"))
    if width < 0 or height < 0:
        raise invalid_parameter("Request has invalid parameters: a region's Width and Height are not negative")
    right, bottom = left + width, top + height
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


TEXT_MODEL_VERSION = "viewfinder-text-1.0"

DETAIL = 1920
"""Pixels that a side keeps when a JPEG is scaled while decoding: lines are found on less and read on this."""

MAX_WORDS = 100
"""The service's limit of words in a response."""

NOISE = 0.5
"""Confidence below which nothing is returned, whatever is asked for: it is as often no Latin text at all."""

LONE_SCORE = 0.65
LONE_HEIGHT = 0.5
"""What the detector's score must be for a line of one character, and its height at most as a share of the picture."""

DECIMALS = 4


Accepted = list[tuple[Word, Points]]


class TextEngine:
    """Finds and reads Latin text; thread-safe."""

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._detector = LineDetector()
        self._recogniser = Recogniser()

    def detect_text(self, content: bytes, request: Request) -> dict[str, Any]:
        """Return the DetectText response; raise EngineError if the image can't be taken."""
        picture = read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)
        documents = _documents(self._lines(picture), picture.size, request)
        return {"TextDetections": documents, "TextModelVersion": TEXT_MODEL_VERSION}

    def _lines(self, picture: Image.Image) -> Iterator[Line]:
        """Yield what is written, in reading order."""
        for region in self._detector.detect(picture):
            line = self._recogniser.read(picture, region.place)
            if line and (len(line.text) > 1 or _may_stand_alone(region, picture)):
                yield line


def _may_stand_alone(region: Region, picture: Image.Image) -> bool:
    """Return whether one character can be all that is written there: any silhouette resembles some character."""
    return region.score >= LONE_SCORE and region.place.height <= LONE_HEIGHT * min(picture.size)


def _documents(lines: Iterable[Line], size: tuple[int, int], request: Request) -> list[dict[str, Any]]:
    """Return the detections: the lines, numbered from 0, and then their words."""
    kept = list(_kept(lines, size, request))
    documents = [
        _document(number, "LINE", line, _ratios(line.rectangle.corners, size)) for number, (line, _) in enumerate(kept)
    ]
    for parent, (_, words) in enumerate(kept):
        for word, corners in words:
            documents.append({**_document(len(documents), "WORD", word, corners), "ParentId": parent})
    return documents


def _kept(lines: Iterable[Line], size: tuple[int, int], request: Request) -> Iterator[tuple[Line, Accepted]]:
    """Yield each line with its accepted words, up to the limit of words; a line without one is left out."""
    room = MAX_WORDS
    for line in lines:
        words = [word for word in line.words if word.confidence >= NOISE]
        places = [(word, _ratios(line.rectangle.part(word.begin, word.end), size)) for word in words]
        accepted = [entry for entry in places if request.accept(100 * entry[0].confidence, entry[1])][:room]
        if accepted:
            yield line, accepted
        room -= len(accepted)


def _ratios(corners: Points, size: tuple[int, int]) -> Points:
    """Return corners in pixels as ratios of the picture, none outside it."""
    return np.clip(corners / size, 0.0, 1.0)


def _document(number: int, kind: str, text: Line | Word, corners: Points) -> dict[str, Any]:
    """Return the shape TextDetection."""
    (left, top), (width, height) = corners.min(axis=0).tolist(), np.ptp(corners, axis=0).tolist()
    return {
        "DetectedText": text.text,
        "Type": kind,
        "Id": number,
        "Confidence": round(100 * text.confidence, DECIMALS),
        "Geometry": {
            "BoundingBox": {"Width": width, "Height": height, "Left": left, "Top": top},
            "Polygon": [{"X": x, "Y": y} for x, y in corners.tolist()],
        },
    }
