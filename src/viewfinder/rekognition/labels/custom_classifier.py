"""An image classifier of the user's, beside ours: any plain ONNX graph of one picture in and one score a class out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.labels.detectors import read_names
from viewfinder.rekognition.networks import Floats, open_session

DEFAULT_SIDE = 224
"""Side of a graph whose input size is left open."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's, by which PyTorch's classifiers are trained."""

AT_MINIMUM, HIGHEST = 0.55, 0.99
"""Confidence at the minimum probability, and at a probability of 1."""

BELOW = 0.54
"""Confidence just below the minimum probability."""

DECORATION = re.compile(r"^/\w/|\s+\d+$")
"""What Places365's list has around a name: `/a/airfield 0`."""

TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}


@dataclass(frozen=True)
class Input:
    """How a graph takes a picture."""

    name: str
    height: int
    width: int
    channels_first: bool
    type: Any

    def tensor(self, picture: Image.Image) -> Any:
        """Return the whole picture as the graph takes it: see docs/rekognition.md for the scales."""
        pixels = np.asarray(picture.resize((self.width, self.height), Image.Resampling.BILINEAR))
        if self.type is not np.uint8:
            unit = pixels.astype(np.float32) / 255
            pixels = (unit - MEAN) / DEVIATION if self.channels_first else unit * 2 - 1
        ordered = pixels.transpose(2, 0, 1) if self.channels_first else pixels
        return np.ascontiguousarray(ordered[None], dtype=self.type)


class CustomClassifier:
    """Label pictures by a classifier of the user's in ONNX; safe to use from several threads."""

    def __init__(self, file: Path, classes: Path, min_probability: float) -> None:
        """Open a graph and the names of its classes, one a line; raise ModelFileError."""
        self._session = open_session(file)
        self._input = _input_of(self._session, file)
        self._minimum = min_probability
        self.names = tuple(_plain(name) for name in read_names(classes))
        _check_output(self._session, file, len(self.names))

    def confidences(self, picture: Image.Image) -> dict[str, float]:
        """Return how likely each class is right, 0 to 0.99."""
        (scores,) = self._session.run(None, {self._input.name: self._input.tensor(picture)})
        probabilities = _probabilities(np.asarray(scores, dtype=np.float32).reshape(-1))
        above = AT_MINIMUM + (probabilities - self._minimum) / (1 - self._minimum) * (HIGHEST - AT_MINIMUM)
        likely = np.where(probabilities >= self._minimum, above, probabilities / self._minimum * BELOW)
        found: dict[str, float] = {}
        for name, confidence in zip(self.names, likely.tolist(), strict=True):
            found[name] = max(confidence, found.get(name, 0.0))
        return found


def _plain(name: str) -> str:
    """Return a class's name in words: of several synonyms the first."""
    return DECORATION.sub("", name).split(",")[0].replace("_", " ").replace("/", " ").strip()


def _input_of(session: Any, file: Path) -> Input:
    entries = session.get_inputs()
    shape = list(entries[0].shape) if len(entries) == 1 else []
    channels = [place for place in (1, 3) if len(shape) == 4 and shape[place] == 3]
    if not channels or entries[0].type not in TYPES:
        found = {entry.name: (entry.type, entry.shape) for entry in entries}
        raise ModelFileError(f"{file} is not a plain image classifier: its inputs are {found}")
    sides = shape[2:] if channels[0] == 1 else shape[1:3]
    height, width = (side if isinstance(side, int) and side > 0 else DEFAULT_SIDE for side in sides)
    return Input(entries[0].name, height, width, channels[0] == 1, TYPES[entries[0].type])


def _check_output(session: Any, file: Path, names: int) -> None:
    entries = session.get_outputs()
    shape = [side for side in entries[0].shape if side != 1] if len(entries) == 1 else []
    # A batch of any size counts as one picture.
    sizes = [side for side in shape if isinstance(side, int)]
    if len(sizes) != 1:
        found = {entry.name: entry.shape for entry in entries}
        raise ModelFileError(f"{file} is not a plain image classifier: its outputs are {found}")
    if sizes[0] != names:
        raise ModelFileError(f"{file} has {sizes[0]} classes, but {names} names are given")


def _probabilities(scores: Floats) -> Floats:
    """Return scores that are probabilities as they are (of one class or of many), and the softmax of any others."""
    if scores.min() >= 0 and scores.max() <= 1:
        return scores
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)
