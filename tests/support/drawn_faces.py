"""Faces without pictures: an "image" is a JSON list of faces, each a person, a variant and the pixels between its eyes.

They stand for what the networks see, where a test is about what the collections make of it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.errors import invalid_image
from viewfinder.rekognition.faces.detector import Face
from viewfinder.rekognition.faces.engine import Scene, SeenFace
from viewfinder.rekognition.faces.matching import DIMENSIONS, Description, caution_of, unit

SMALL = 12
"""Pixels between the eyes below which every filter but NONE leaves a face out."""


def image(*faces: tuple[int, int, int]) -> bytes:
    """Return an image of some faces: person, variant, pixels between the eyes."""
    return json.dumps(faces).encode()


def description(person: int, variant: int, pixels: int) -> Description:
    """Return what a face is compared by: variants of a person are alike, and so are persons 2 and 3, a little."""
    numbers = np.zeros(DIMENSIONS, dtype=np.float32)
    numbers[min(person, 2)] = 1
    if person == 3:
        numbers[60] = 0.9
    numbers[4 + 8 * person + variant] += 0.5
    return Description(unit(numbers), caution_of(pixels))


class DrawnFaces:
    """Stands for FaceEngine."""

    def look(self, content: bytes, quality_filter: str) -> Scene:
        try:
            drawn = sorted(json.loads(content), key=lambda face: -face[2])
        except ValueError as error:
            raise invalid_image() from error
        seen = [_seen(place, face, quality_filter) for place, face in enumerate(drawn)]
        good, bad = (tuple(one for one in seen if bool(one.faults) is failed) for failed in (False, True))
        return Scene(Image.new("L", (1, 1)), good, bad)

    def describe(self, _: Image.Image, seen: SeenFace) -> Description:
        return description(*seen.detail["Drawn"])


def _seen(place: int, face: list[int], quality_filter: str) -> SeenFace:
    box = {"Width": 0.1, "Height": 0.1, "Left": 0.2 * place, "Top": 0.1}
    faults = ("SMALL_BOUNDING_BOX",) if quality_filter != "NONE" and face[2] < SMALL else ()
    detail: dict[str, Any] = {"BoundingBox": box, "Confidence": 99.0, "Drawn": face}
    return SeenFace(Face(np.zeros(4), np.zeros((5, 2)), 0.9), detail, faults)


def stranger(seed: int) -> Description:
    """Return what a face is compared by that is like no other."""
    numbers = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    return Description(unit(numbers), 0.0)


class Strangers(DrawnFaces):
    """Stands for FaceEngine; the person of a face is the seed of its description."""

    def describe(self, _: Image.Image, seen: SeenFace) -> Description:
        return stranger(seen.detail["Drawn"][0])
