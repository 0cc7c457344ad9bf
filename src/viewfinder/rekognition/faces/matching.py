"""How alike two faces are: descriptors made comparable, and the calibration from their distance to a percentage."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from viewfinder.rekognition.networks import MODELS

Floats = NDArray[np.float32]

DIMENSIONS = 128

MODEL_VERSION = "2.0"
"""Version of descriptor and calibration; faces of two versions can't be compared."""

FACE_MODEL_VERSION = f"viewfinder-face-{MODEL_VERSION}"
"""What responses call FaceModelVersion."""

DEFAULT_THRESHOLD = 80.0
"""The service's default for the similarity of two faces."""

MATCH_DISTANCE, MATCH_SIMILARITY = 0.93, 0.8
STRICT_DISTANCE, STRICT_SIMILARITY = 0.74, 0.99
"""Two distances and their similarities; docs/collections.md has what was measured at both."""

CLEAR_PIXELS = 30
"""Pixels between the eyes from which a face needs no caution."""

MOST_CAUTION = 0.05
"""What the smallest face adds to each of its distances."""

DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Description:
    """A face as `similarity` compares it: a vector (128,) of length 1, and what a small face adds to distances."""

    vector: Floats = field(repr=False)  # biometric data: must not reach a log
    caution: float


def describe(numbers: Floats, eye_distance: float) -> Description:
    """Return the description of a face from its descriptor (128,) and the pixels between its eyes.

    Descriptors of small and blurred faces lie close to the mean of all faces, and so to each other. Therefore the
    vector is the direction from that mean to the descriptor.
    """
    centred = numbers - mean_face()
    return Description(unit(centred), caution_of(eye_distance))


def unit(vector: NDArray[np.floating]) -> Floats:
    """Return a vector, or the last axis of an array, with length 1."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.asarray(vector / np.maximum(length, 1e-9), dtype=np.float32)


@cache
def mean_face() -> Floats:
    """Return the mean (128,) of the descriptors of many strangers (tools/calibrate_faces.py)."""
    numbers: Floats = np.load(MODELS / "face_descriptor_mean.npy")
    return numbers


def caution_of(eye_distance: float) -> float:
    """Return the distance that a face adds to all of its comparisons."""
    return MOST_CAUTION * max(0.0, 1 - eye_distance / CLEAR_PIXELS)


def similarity(one: Description, other: Description) -> float:
    """Return how alike two faces are, in percent, as responses have it."""
    distance = float(np.linalg.norm(one.vector - other.vector))
    return similarity_at(distance + one.caution + other.caution)


def similarity_at(distance: float) -> float:
    """Return the percentage of a distance, caution included: a logistic curve through the two that are calibrated."""
    return round(float(100 / (1 + np.exp(_slope() * (distance - _even_distance())))), DECIMALS)


def farthest_at(threshold: float) -> float:
    """Return the greatest distance whose similarity reaches a threshold in percent; infinite for 0."""
    share = (threshold - 0.5 * 10**-DECIMALS) / 100  # similarities are rounded
    if share <= 0:
        return float("inf")
    return float(_even_distance() - np.log(share / (1 - share)) / _slope())


def _slope() -> float:
    return float((_odds(STRICT_SIMILARITY) - _odds(MATCH_SIMILARITY)) / (MATCH_DISTANCE - STRICT_DISTANCE))


def _even_distance() -> float:
    return float(MATCH_DISTANCE + _odds(MATCH_SIMILARITY) / _slope())


def _odds(share: float) -> float:
    return float(np.log(share / (1 - share)))
