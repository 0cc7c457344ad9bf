"""DetectText: image bytes and a request in, the document of the response out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.pictures import read_picture
from viewfinder.rekognition.text.lines import LineDetector, Region
from viewfinder.rekognition.text.recogniser import Line, Recogniser, Word
from viewfinder.rekognition.text.regions import Points
from viewfinder.rekognition.text.request import Request

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
    """Finds and reads Latin text; safe to use from several threads."""

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._detector = LineDetector()
        self._recogniser = Recogniser()

    def detect_text(self, content: bytes, request: Request) -> dict[str, Any]:
        """Return the DetectText response; raise EngineError where the image can't be taken."""
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
