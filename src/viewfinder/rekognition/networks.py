"""Code shared by all networks: ONNX sessions on the CPU, and boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from viewfinder.rekognition.errors import ModelFileError

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

SAME_PLACE = 0.5
"""Overlap from which boxes of one class in two views are the same object."""

DISPUTED_PLACE = 0.6
"""Overlap from which boxes of two classes name the same object."""

MOST_CANDIDATES = 300
"""Maximum number of boxes for suppression, whose cost grows with the square; those with the highest scores are kept."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Detected boxes, highest score first: `corners` (n, 4) are left, top, right, bottom as ratios of the picture."""

    corners: Floats
    scores: Floats
    classes: Integers

    def where(self, kept: NDArray[np.bool_]) -> Boxes:
        """Return some of the boxes."""
        return Boxes(self.corners[kept], self.scores[kept], self.classes[kept])


def select(corners: Floats, scores: Floats, least_score: float) -> Boxes:
    """Return the pairs of box and class with the highest scores, from (n, 4) corners and (n, classes) scores."""
    rows, classes = np.nonzero(scores >= least_score)
    return _surest(corners[rows], scores[rows, classes], classes)


def _surest(corners: Floats, scores: Floats, classes: Integers) -> Boxes:
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    return Boxes(np.clip(corners[order], 0.0, 1.0), scores[order], classes[order])


def suppress(boxes: Boxes, overlap: float) -> Boxes:
    """Drop boxes that overlap a higher-scored one of their class by more than `overlap` (intersection over union)."""
    return boxes.where(distinct(boxes.corners, overlap, boxes.classes))


def mirrored(boxes: Boxes) -> Boxes:
    """Convert the boxes of the mirror image to those of the picture itself."""
    left, top, right, bottom = boxes.corners.T
    return Boxes(np.stack([1 - right, top, 1 - left, bottom], axis=1), boxes.scores, boxes.classes)


def agreed(boxes: Boxes, others: Boxes) -> Boxes:
    """Return the boxes of two views of a picture, each with the mean of its scores in both, highest first.

    Where one view has no box of that class at that place, its score there counts as nothing.
    """
    same = _overlaps(boxes.corners, others.corners) >= SAME_PLACE
    same &= boxes.classes[:, None] == others.classes[None, :]
    partners = (same * others.scores).max(axis=1, initial=0)
    alone = ~same.any(axis=0)
    corners = np.concatenate([boxes.corners, others.corners[alone]])
    scores = np.concatenate([boxes.scores + partners, others.scores[alone]]) / 2
    return _surest(corners, scores.astype(np.float32), np.concatenate([boxes.classes, others.classes[alone]]))


def undisputed(boxes: Boxes) -> NDArray[np.bool_]:
    """Return which boxes have no rival: a box of another class at the same place, with half their score or more."""
    rival = _overlaps(boxes.corners, boxes.corners) >= DISPUTED_PLACE
    rival &= boxes.classes[:, None] != boxes.classes[None, :]
    return np.asarray((rival * boxes.scores).max(axis=1, initial=0) < boxes.scores / 2)


def distinct(corners: NDArray[np.floating[Any]], overlap: float, classes: Integers | None = None) -> NDArray[np.bool_]:
    """Return a mask of (n, 4) corners that overlap no earlier one (of the same class) by more than `overlap`."""
    repeats = _overlaps(corners, corners) > overlap
    if classes is not None:
        repeats &= classes[:, None] == classes[None, :]
    kept = np.ones(len(corners), dtype=bool)
    for index in np.flatnonzero(np.triu(repeats, 1).any(axis=1)):
        if kept[index]:
            kept[index + 1 :] &= ~repeats[index, index + 1 :]
    return kept


def _overlaps(ones: NDArray[np.floating[Any]], others: NDArray[np.floating[Any]]) -> Floats:
    """(ones, others): the intersection over union of each pair."""
    starts = np.maximum(ones[:, None, :2], others[None, :, :2])
    ends = np.minimum(ones[:, None, 2:], others[None, :, 2:])
    shared = np.maximum(ends - starts, 0).prod(axis=2)
    areas = [(corners[:, 2:] - corners[:, :2]).prod(axis=1) for corners in (ones, others)]
    union = np.add.outer(*areas) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)


MODELS = Path(__file__).parent / "models"


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph; raise ModelFileError.

    One thread a run keeps images in parallel from fighting for cores; large networks gain from two.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait leave their core
    options.log_severity_level = 4  # it writes to standard error itself; what goes wrong is raised as well
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base but Exception
        raise ModelFileError(f"{path} can't be loaded as an ONNX model: {error}") from error
