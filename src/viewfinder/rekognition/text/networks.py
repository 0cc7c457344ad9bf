"""The networks of DetectText: detection of lines at any angle, and recognition of their text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from statistics import fmean
from threading import BoundedSemaphore

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.networks import MODELS, open_session
from viewfinder.rekognition.pictures import cut_out
from viewfinder.rekognition.text.regions import Points, Rectangle, connected_regions, smallest_rectangle

Floats = NDArray[np.float32]

THREADS = 2
"""Of one run of a network: both gain nearly twice the speed by the second one."""

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
    """PP-OCRv6 (small) recognition, cut to Latin letters, digits and signs; thread-safe."""

    def __init__(self) -> None:
        self._session = open_session(MODELS / "ppocrv6_rec_small_latin_fp16.onnx", threads=THREADS)

    @cached_property
    def _characters(self) -> tuple[str, ...]:
        """The character of each class; class 0 is the blank between characters."""
        return ("", *self._session.get_modelmeta().custom_metadata_map["character"].split("\n"))

    def read(self, picture: Image.Image, rectangle: Rectangle) -> Line | None:
        """Return the line of text in a rectangle, or None."""
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


LONGEST_SIDE = 960
"""Pixels of the longer side that the network was trained on; larger pictures are scaled down to it.

Smaller ones stay as they are: enlarged pictures cost up to six times the time and had fewer lines found, not more
(docs/rekognition.md).
"""

STEP = 32
"""The network halves its input five times, so its sides are multiples of this."""

TEXT = 0.3
"""Probability from which a pixel belongs to a region."""

REGION = 0.5
"""Mean probability from which a region is a line."""

GROWTH = 1.6
"""The network marks the core of a line: each side moves out by this times the area over the perimeter."""

MIN_CORE = 3
"""Pixels of a core's shorter side below which nothing can be read."""

MAX_LINES = 100
"""As many as the words of a response."""

ELONGATED = 1.5
"""A region longer than this times its other side is written along its longer side."""


@dataclass(frozen=True, slots=True)
class Region:
    """A candidate for a line, with the detector's score from 0 to 1."""

    place: Rectangle
    score: float


class LineDetector:
    """PP-OCRv6 (small) detection; thread-safe.

    It limits the pictures processed at once, because each takes 100 MB.
    """

    def __init__(self) -> None:
        self._session = open_session(MODELS / "ppocrv6_det_small_fp16.onnx", threads=THREADS)
        self._turns = BoundedSemaphore(max(1, (os.cpu_count() or 1) // THREADS))

    def detect(self, picture: Image.Image) -> list[Region]:
        """Return the lines in reading order; the width of each runs along its text, at -90 to 90 degrees."""
        size = input_size(picture.size)
        with self._turns:
            (probabilities,) = self._session.run(None, {"x": _planes(picture, size)})
        scale = (picture.width / size[0], picture.height / size[1])
        return [Region(line.place.scaled(*scale), line.score) for line in lines_of(probabilities[0, 0])]


def input_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the network's input size for a picture."""
    scale = min(1.0, LONGEST_SIDE / max(size))
    width, height = (max(STEP, round(side * scale / STEP) * STEP) for side in size)
    return width, height


def _planes(picture: Image.Image, size: tuple[int, int]) -> Floats:
    pixels = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
    return np.ascontiguousarray((pixels / 127.5 - 1)[:, :, ::-1].transpose(2, 0, 1)[None])  # trained on BGR


def lines_of(probabilities: Floats) -> list[Region]:
    """Return the lines on a map of probabilities, top to bottom and left to right, the largest if too many."""
    found = [_line(points, probabilities) for points in connected_regions(probabilities > TEXT)]
    lines = sorted((line for line in found if line), key=lambda line: -line.place.width * line.place.height)
    return [line for row in _rows(lines[:MAX_LINES]) for line in sorted(row, key=lambda line: line.place.centre[0])]


def _rows(lines: list[Region]) -> list[list[Region]]:
    """Group lines that begin beside each other: their centres are less than half a height apart."""
    rows: list[list[Region]] = []
    for line in sorted(lines, key=lambda line: line.place.centre[1]):
        first = rows[-1][0].place if rows else None
        if first and line.place.centre[1] - first.centre[1] < first.height / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _line(points: Points, probabilities: Floats) -> Region | None:
    core = smallest_rectangle(points)
    core = _along_the_text(replace(core, centre=(core.centre[0] + 0.5, core.centre[1] + 0.5)))
    score = _mean(probabilities, core)
    if min(core.width, core.height) < MIN_CORE or score < REGION:
        return None
    return Region(core.grown(GROWTH * core.width * core.height / (2 * (core.width + core.height))), score)


def _along_the_text(rectangle: Rectangle) -> Rectangle:
    """Let the width run along the text: the longer side, or of a square the one nearer to the horizontal."""
    long, short = max(rectangle.width, rectangle.height), min(rectangle.width, rectangle.height)
    upright = rectangle.height > rectangle.width if long > ELONGATED * short else rectangle.angle > np.pi / 4
    return rectangle.turned(-1) if upright else rectangle


def _mean(probabilities: Floats, rectangle: Rectangle) -> float:
    """Return the mean of the pixels whose centres a rectangle holds."""
    low = np.maximum(np.floor(rectangle.corners.min(axis=0)).astype(int), 0)
    high = np.ceil(rectangle.corners.max(axis=0)).astype(int)
    part = probabilities[low[1] : high[1], low[0] : high[0]]
    y, x = np.indices(part.shape) + 0.5
    offsets = np.stack([x + low[0] - rectangle.centre[0], y + low[1] - rectangle.centre[1]], axis=-1)
    along, below = np.moveaxis(np.abs(offsets @ rectangle.axes.T), -1, 0)
    inside = (along <= rectangle.width / 2) & (below <= rectangle.height / 2)
    return float(part[inside].mean()) if inside.any() else 0.0
