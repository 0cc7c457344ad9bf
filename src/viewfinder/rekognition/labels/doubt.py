"""Doubt: how far the detector may be believed, given what the classifier makes of the whole picture.

The detector knows 80 classes and names everything by the nearest one. Weights are in models/scenes.npz.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewfinder.rekognition.networks import MODELS, Floats

FILE = MODELS / "scenes.npz"

LIKELY, LIMITS = (0.0, 0.15, 0.8, 1.0), (0.2, 0.55, 0.8, 1.0)
"""Highest confidence by how likely a class is right: lenient around the default of 55, as it is from 80."""

KINDS = {
    "person": ("person",),
    "vehicle": ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    "street": ("traffic light", "fire hydrant", "stop sign", "parking meter", "bench"),
    "animal": ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"),
    "accessory": ("backpack", "umbrella", "handbag", "tie", "suitcase"),
    "sport": (
        "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
        "surfboard", "tennis racket",
    ),
    "kitchen": ("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl"),
    "food": (
        "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake",
    ),
    "furniture": ("chair", "couch", "potted plant", "bed", "dining table", "toilet"),
    "electronic": ("tv", "laptop", "mouse", "remote", "keyboard", "cell phone"),
    "appliance": ("microwave", "oven", "toaster", "sink", "refrigerator"),
    "indoor": ("book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush"),
}  # fmt: skip
"""COCO's own groups of its classes."""

KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Claims:
    """What speaks for and against each class of the detector; every array is (classes,)."""

    score: Floats
    """Mean of the best scores in the views."""
    clear: Any
    """Whether every view has an undisputed box."""
    area: Floats
    """Share of the picture that the best box covers."""
    own: Floats
    """The classifier's probability of the class's label and what is below it."""
    rival: Floats
    """Its highest probability of anything else ..."""
    kin: Floats
    """... and of anything else in the same category."""


class Doubt:
    """Knows the weights for one set of class names; a class that COCO has not is taken as an average one."""

    def __init__(self, names: Iterable[str], file: Path = FILE) -> None:
        with np.load(file) as stored:
            self._weights, kinds = stored["doubt"], stored["kinds"]
        offsets = dict(zip(KINDS, kinds.tolist(), strict=True))
        known = [KIND_OF.get(name.lower(), "") for name in names]
        self._offsets = np.array([offsets.get(kind, float(kinds.mean())) for kind in known])
        self._shows = np.array([kind != "person" for kind in known])

    def limit(self, claims: Claims) -> Floats:
        """Return (classes,) the highest confidence that each class may have."""
        odds = evidence_of(claims, self._shows) @ self._weights[:-1] + self._weights[-1] + self._offsets
        return np.asarray(np.interp(1 / (1 + np.exp(-odds)), LIKELY, LIMITS), dtype=np.float32)


def evidence_of(claims: Claims, shows: Any) -> Any:
    """Return (classes, 7) what the weights of the classes are for.

    `shows` says which classes the classifier would name: it has none for people, so it can't contradict them.
    """
    score = np.clip(claims.score, 0.01, 0.995)
    return np.stack(
        [
            np.log(score / (1 - score)),
            claims.clear,
            np.log1p(claims.own / 0.003),
            claims.rival * shows,
            claims.kin * shows,
            claims.area,
            claims.area * claims.rival * shows,
        ],
        axis=1,
    )
