"""The text recogniser: reads one line, and says where in it each of its words is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.pictures import cut_out
from viewfinder.rekognition.sessions import MODELS, open_session
from viewfinder.rekognition.text.regions import Rectangle

Floats = NDArray[np.float32]

HEIGHT = 48
STRIDE = 8
"""Pixels of the line for each step of the network's output."""

MAX_WIDTH = 3200
"""Pixels that a line is squeezed into; an ordinary line of 100 characters has about 2,400."""

STEEP = np.radians(75)
"""From this angle on, a line may as well be written the other way round."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line: `begin` and `end` are shares of the line's width; confidence from 0 to 1."""

    text: str
    confidence: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read."""

    rectangle: Rectangle
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The mean of the words' confidences, each counted by its length."""
        return fmean([word.confidence for word in self.words], [len(word.text) for word in self.words])


class Recogniser:
    """PP-OCRv6 (small) recognition, cut to Latin letters, digits and signs; safe to use from several threads."""

    def __init__(self) -> None:
        self._session = open_session(MODELS / "ppocrv6_rec_small_latin_fp16.onnx", threads=2)

    @cached_property
    def _characters(self) -> tuple[str, ...]:
        """The character of each class; class 0 is the blank between characters."""
        return ("", *self._session.get_modelmeta().custom_metadata_map["character"].split("\n"))

    def read(self, picture: Image.Image, rectangle: Rectangle) -> Line | None:
        """Return what is written in a rectangle, or None if nothing is."""
        ways = [rectangle, rectangle.turned(2)] if abs(rectangle.angle) >= STEEP else [rectangle]
        lines = [Line(way, words) for way in ways if (words := self._words(_upright(picture, way)))]
        return max(lines, key=lambda line: line.confidence, default=None)

    def _words(self, line: Image.Image) -> tuple[Word, ...]:
        pixels = np.asarray(line, dtype=np.float32) / 127.5 - 1
        planes = np.zeros((1, 3, HEIGHT, -(-line.width // STRIDE) * STRIDE), dtype=np.float32)
        planes[0, :, :, : line.width] = pixels[:, :, ::-1].transpose(2, 0, 1)  # trained on BGR
        (steps,) = self._session.run(None, {"x": planes})
        return tuple(words_of(steps[0], self._characters, line.width / STRIDE))


def _upright(picture: Image.Image, rectangle: Rectangle) -> Image.Image:
    """Return a rectangle of a picture, turned upright and scaled to the recogniser's height."""
    width = min(max(STRIDE, round(HEIGHT * rectangle.width / rectangle.height)), MAX_WIDTH)
    along, below = rectangle.axes
    steps = (along * rectangle.width / width, below * rectangle.height / HEIGHT)
    return cut_out(picture, (width, HEIGHT), rectangle.corners[0], *steps)


def words_of(steps: Floats, characters: tuple[str, ...], length: float) -> Iterator[Word]:
    """Yield the words in (n, classes) probabilities of a line that is `length` steps long (CTC, greedy).

    A character's place is the step that shows it; a word reaches half a character beyond its outer ones. A word's
    confidence is the mean of its characters' times that of the line's: other scripts give a few plausible letters.
    """
    shown = list(_shown(steps, characters))
    words = [list(group) for blank, group in groupby(shown, lambda entry: entry.text.isspace()) if not blank]
    if not words:
        return
    certainty = _mean_probability([entry for word in words for entry in word])
    margin = (shown[-1].place - shown[0].place) / max(len(shown) - 1, 1) / 2
    for word in words:
        yield Word(
            text="".join(entry.text for entry in word),
            confidence=_mean_probability(word) * certainty,
            begin=max(0.0, (word[0].place - margin) / length),
            end=min(1.0, (word[-1].place + margin) / length),
        )


@dataclass(frozen=True, slots=True)
class Character:
    """A character of a line, with its probability and its place in steps."""

    text: str
    probability: float
    place: float


def _shown(steps: Floats, characters: tuple[str, ...]) -> Iterator[Character]:
    """Yield the characters in their order: each where a class other than the blank begins to be the likeliest."""
    classes = steps.argmax(axis=1)
    for step in np.flatnonzero((classes != 0) & (classes != np.concatenate([[0], classes[:-1]]))):
        yield Character(characters[classes[step]], float(steps[step, classes[step]]), step + 0.5)


def _mean_probability(entries: list[Character]) -> float:
    return fmean(entry.probability for entry in entries)
