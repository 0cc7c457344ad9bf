"""The classifier of DetectLabels: ImageNet's classes, and what its middle layers know of the scene."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.networks import MODELS, Floats, open_session

SHAPES = ((216, 344), (248, 312), (280, 280), (312, 248), (344, 216))
"""Widths and heights of the input: about as many pixels each, and sides that the network's strides divide alike."""

LAYERS = (6, 10, 15, 20, 21, 22)
"""Blocks whose outputs are read, as tools/add_features.py names them."""

BANDS = 3
"""Horizontal parts of the picture that have means of their own: sky is above, grass is below."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the classifier makes of a picture.

    `probabilities` (1000,) are in the order of sorted WordNet ids, `features` (6160,) what its middle layers see.
    """

    probabilities: Floats
    features: Floats


class Classifier:
    """EfficientNet-Lite3; safe to use from several threads."""

    def __init__(self, path: Path = MODELS / "efficientnet_lite3.onnx") -> None:
        self._session = open_session(path)
        self._names = [output.name for output in self._session.get_outputs()]

    def look(self, picture: Image.Image) -> Look:
        """Look at the whole picture, with its shape nearly kept."""
        pixels = np.asarray(picture.resize(input_shape(picture.size), Image.Resampling.BILINEAR), dtype=np.uint8)
        outputs = dict(zip(self._names, self._session.run(None, {"images": pixels[None]}), strict=True))
        return Look(outputs["probs"][0], _features(outputs))


def input_shape(size: tuple[int, int]) -> tuple[int, int]:
    """Return which of SHAPES is most like a picture's width and height."""
    return min(SHAPES, key=lambda shape: abs(math.log(shape[0] / shape[1] * size[1] / size[0])))


def _features(outputs: dict[str, Any]) -> Floats:
    parts = [_layer(outputs[f"rows_{layer}"][0], outputs[f"squares_{layer}"][0]) for layer in LAYERS]
    return np.concatenate([*parts, outputs["pooled"][0]])


def _layer(rows: Floats, squares: Floats) -> Floats:
    """Return mean, standard deviation and means of the bands of each channel, of (channels, rows) and (channels,)."""
    mean = rows.mean(axis=1)
    deviation = np.sqrt(np.maximum(squares - mean**2, 0))
    edges = [round(part * rows.shape[1] / BANDS) for part in range(BANDS + 1)]
    bands = [rows[:, top:bottom].mean(axis=1) for top, bottom in pairwise(edges)]
    return np.concatenate([mean, deviation, *bands])
