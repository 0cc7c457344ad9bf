"""Words for the scene: a linear head on the classifier's middle layers.

Its weights are in models/scenes.npz, made by tools/train_scenes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from viewfinder.rekognition.networks import MODELS, Floats

MOST = 0.99
"""Highest confidence in a word: its training photos are too few to promise more."""

UNSURE = 0.54
"""Highest confidence in a word below its threshold, where fewer than 92 in 100 were right: under the default of 55."""

FILE = MODELS / "scenes.npz"


class SceneHead:
    """Knows the words and their weights; safe to use from several threads."""

    def __init__(self, file: Path = FILE) -> None:
        with np.load(file) as stored:
            self.words = tuple(str(word) for word in stored["words"])
            self._weights = stored["weights"].astype(np.float32)
            self._mean, self._deviation = stored["mean"], stored["deviation"]
            self._bias, self._thresholds = stored["bias"], stored["thresholds"]

    def confidences(self, features: Floats) -> Mapping[str, float]:
        """Return how likely each word is right, 0 to 0.99, of the classifier's features."""
        odds = ((features - self._mean) / self._deviation) @ self._weights + self._bias
        likely = 1 / (1 + np.exp(-odds))
        allowed = np.where(likely >= self._thresholds, MOST, UNSURE)
        return dict(zip(self.words, np.minimum(likely, allowed).tolist(), strict=True))
