"""Labels of the user's own: the names of a list that a model's words see in a picture, with a confidence."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from viewfinder.rekognition.clip.model import Clip
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.labels.detectors import read_names
from viewfinder.rekognition.networks import Floats

MAX_NAMES = 500
MAX_NAME = 100

PROMPT = "a photo of {}"
NEUTRAL = ("a photo", "a picture", "an image", "a photo of something")
"""What is true of every picture: a name has to fit better than these do."""

SCALE = 100.0
"""The factor of cosines before the softmax: CLIP was trained up to it (Radford et al. 2021, section 2.5)."""

MINIMUM = 0.2
"""Share of the softmax from which a name is a label: of names that fit alike, five have it at most."""

AT_MINIMUM, HIGHEST = 55.0, 99.0
"""Confidence in percent at the minimum, and at a share of 1."""


class Word(NamedTuple):
    """A name of the list, and its confidence in percent."""

    name: str
    confidence: float


class Vocabulary:
    """The vectors of a list of names; safe to use from several threads."""

    def __init__(self, file: Path, clip: Clip) -> None:
        """Encode the names of a file, one a line; raise ModelFileError."""
        self.names = tuple(dict.fromkeys(read_names(file)))
        if not 1 <= len(self.names) <= MAX_NAMES:
            raise ModelFileError(f"{file} has {len(self.names)} names: 1 to {MAX_NAMES} are wanted, one a line")
        if longest := next((name for name in self.names if not _is_name(name)), ""):
            raise ModelFileError(
                f"{file} has a line that is no name of at most {MAX_NAME} characters: {longest[:50]!r}"
            )
        prompts = [*(PROMPT.format(name) for name in self.names), *NEUTRAL]
        self._vectors = np.stack([clip.text(prompt) for prompt in prompts])

    def seen(self, picture: Floats, most: float, besides: Collection[str]) -> list[Word]:
        """Return the names that a picture's vector (of length 1) speaks for, highest confidence first.

        `most` is the highest confidence of the detectors, which no name exceeds; `besides` are case-folded names that
        the detectors have found themselves.
        """
        found = [
            Word(name, round(min(confidence, max(most, AT_MINIMUM)), 4))
            for name, confidence in zip(self.names, self._confidences(picture), strict=True)
            if confidence >= AT_MINIMUM and name.casefold() not in besides
        ]
        return sorted(found, key=lambda word: (-word.confidence, word.name))

    def _confidences(self, picture: Floats) -> list[float]:
        """Return the confidence of each name in percent; 0 below the minimum share."""
        cosines = self._vectors @ picture
        scores = SCALE * cosines
        powers = np.exp(scores - scores.max())
        shares = (powers / powers.sum())[: len(self.names)]
        above = AT_MINIMUM + (shares - MINIMUM) / (1 - MINIMUM) * (HIGHEST - AT_MINIMUM)
        is_seen = (shares >= MINIMUM) & (
            cosines[: len(self.names)] > 0
        )  # the best of texts that all contradict is none
        return [float(each) for each in np.where(is_seen, above, 0.0)]


def _is_name(text: str) -> bool:
    return len(text) <= MAX_NAME and not any(unicodedata.category(letter) == "Cc" for letter in text)
