"""Boxes that a detector found, and the suppression of those that repeat a surer one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

MOST_CANDIDATES = 300
"""Boxes kept for suppression, the surest first; its cost grows with their square."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Detected boxes, surest first: `corners` (n, 4) are left, top, right, bottom as ratios of the picture."""

    corners: Floats
    scores: Floats
    classes: Integers


def select(corners: Floats, scores: Floats, least_score: float) -> Boxes:
    """Return the surest pairs of box and class out of (n, 4) corners and (n, classes) scores."""
    rows, classes = np.nonzero(scores >= least_score)
    return _surest(corners[rows], scores[rows, classes], classes)


def surest(corners: Floats, scores: Floats, classes: Integers, least_score: float) -> Boxes:
    """Return the surest boxes of a detector that names one class a box."""
    kept = scores >= least_score
    return _surest(corners[kept], scores[kept], classes[kept])


def _surest(corners: Floats, scores: Floats, classes: Integers) -> Boxes:
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    return Boxes(np.clip(corners[order], 0.0, 1.0), scores[order], classes[order])


def suppress(boxes: Boxes, overlap: float) -> Boxes:
    """Drop each box that overlaps a surer one of its class by more than `overlap` (intersection over union)."""
    kept = distinct(boxes.corners, overlap, boxes.classes)
    return Boxes(boxes.corners[kept], boxes.scores[kept], boxes.classes[kept])


def distinct(corners: NDArray[np.floating[Any]], overlap: float, classes: Integers | None = None) -> NDArray[np.bool_]:
    """Return which of (n, 4) corners, surest first, do not overlap an earlier one (of the same class) by more."""
    repeats = _overlaps(corners) > overlap
    if classes is not None:
        repeats &= classes[:, None] == classes[None, :]
    kept = np.ones(len(corners), dtype=bool)
    for index in np.flatnonzero(np.triu(repeats, 1).any(axis=1)):
        if kept[index]:
            kept[index + 1 :] &= ~repeats[index, index + 1 :]
    return kept


def _overlaps(corners: NDArray[np.floating[Any]]) -> Floats:
    left, top, right, bottom = corners.T
    width = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    height = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    areas = (right - left) * (bottom - top)
    union = np.add.outer(areas, areas) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)
