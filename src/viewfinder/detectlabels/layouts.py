"""The layouts of detector graphs: how a picture goes in, and how boxes come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from viewfinder.detectlabels import coco
from viewfinder.detectlabels.boxes import Boxes, Floats, select, suppress, surest

Arrays = Mapping[str, Any]


class Layout(Protocol):
    """One way to feed a graph and to read it; sizes are (width, height)."""

    def inputs(self, picture: Image.Image) -> dict[str, Any]: ...

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes: ...


@dataclass(frozen=True)
class Ssd:
    """SSD-MobileNetV2 of TensorFlow's zoo, cut before its own suppression; columns are COCO's 91 numbers."""

    anchors_file: Path
    image: str
    offsets: str
    scores: str
    side: int = 300

    @cached_property
    def anchors(self) -> Floats:
        """(n, 4) anchors as centre y, centre x, height, width."""
        top, left, bottom, right = np.load(self.anchors_file).T
        return np.stack([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left], axis=1)

    def inputs(self, picture: Image.Image) -> dict[str, Any]:
        # Sampled without smoothing, as TensorFlow did in training: smoothed input costs four points of recall.
        area = (0, 0, *picture.size)
        sampled = picture.transform((self.side, self.side), Image.Transform.EXTENT, area, Image.Resampling.BILINEAR)
        pixels = _planes(np.asarray(sampled))
        pixels /= 127.5
        pixels -= 1
        return {self.image: pixels}

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes:
        scores = outputs[self.scores][0]
        # Nearly all anchors are sure of the background, number 0: only the others are worth a look at each class.
        kept = np.flatnonzero((scores[:, 1:] >= least_score).any(axis=1))
        corners = self._corners(outputs[self.offsets][0, kept, 0], self.anchors[kept])
        return suppress(select(corners, scores[kept][:, coco.NUMBERS], least_score), overlap=0.6)

    def _corners(self, offsets: Floats, anchors: Floats) -> Floats:
        centres = offsets[:, :2] / 10 * anchors[:, 2:] + anchors[:, :2]
        halves = np.exp(offsets[:, 2:] / 5) * anchors[:, 2:] / 2
        return np.concatenate([(centres - halves)[:, ::-1], (centres + halves)[:, ::-1]], axis=1)


@dataclass(frozen=True)
class Yolox:
    """YOLOX as its own export script writes it: (1, cells, 5 + classes), boxes relative to their grid cell."""

    image: str
    output: str
    height: int
    width: int

    def inputs(self, picture: Image.Image) -> dict[str, Any]:
        scale = self._scale(picture.size)
        shape = (round(picture.width * scale), round(picture.height * scale))
        canvas = np.full((self.height, self.width, 3), 114, dtype=np.float32)
        canvas[: shape[1], : shape[0]] = _stretched(picture, *shape)
        return {self.image: _planes(canvas[:, :, ::-1])}  # trained on BGR

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes:
        cells = outputs[self.output][0]
        centres = (cells[:, :2] + self._grid[:, :2]) * self._grid[:, 2:]
        halves = np.exp(cells[:, 2:4]) * self._grid[:, 2:] / 2
        picture = np.tile(np.array(size) * self._scale(size), 2).astype(np.float32)
        corners = np.concatenate([centres - halves, centres + halves], axis=1, dtype=np.float32) / picture
        return suppress(select(corners, cells[:, 5:] * cells[:, 4:5], least_score), overlap=0.6)

    def _scale(self, size: tuple[int, int]) -> float:
        return min(self.width / size[0], self.height / size[1])

    @cached_property
    def _grid(self) -> Floats:
        """(cells, 3): column, row and stride of every cell."""
        return np.concatenate([_cells(self.height // stride, self.width // stride, stride) for stride in (8, 16, 32)])


@dataclass(frozen=True)
class RtDetr:
    """RT-DETR and D-FINE with their post-processing: boxes come in pixels of the size that is given."""

    image: str
    size: str
    height: int
    width: int

    def inputs(self, picture: Image.Image) -> dict[str, Any]:
        pixels = _stretched(picture, self.width, self.height) / np.float32(255)
        return {self.image: _planes(pixels), self.size: np.array([[1, 1]], dtype=np.int64)}  # so boxes are ratios

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes:
        return surest(outputs["boxes"][0], outputs["scores"][0], outputs["labels"][0], least_score)


@dataclass(frozen=True)
class RawDetr:
    """DETR-like graphs without post-processing: class logits and boxes as centre and size, in ratios."""

    image: str
    logits: str
    centres: str
    height: int
    width: int
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def inputs(self, picture: Image.Image) -> dict[str, Any]:
        pixels = _stretched(picture, self.width, self.height) / np.float32(255)
        return {self.image: _planes((pixels - np.array(self.mean)) / np.array(self.deviation))}

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes:
        centres, sizes = outputs[self.centres][0, :, :2], outputs[self.centres][0, :, 2:]
        corners = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
        return select(corners, _without_numbers(_sigmoid(outputs[self.logits][0])), least_score)


def _stretched(picture: Image.Image, width: int, height: int) -> Floats:
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)


def _planes(pixels: Any) -> Floats:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32)


def _cells(rows: int, columns: int, stride: int) -> Floats:
    row, column = np.mgrid[:rows, :columns].reshape(2, -1)
    return np.stack([column, row, np.full(rows * columns, stride)], axis=1).astype(np.float32)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def _without_numbers(scores: Floats) -> Floats:
    """Turns columns by COCO's 91 numbers into columns by its 80 names."""
    return scores[:, list(coco.NUMBERS)] if scores.shape[1] == 91 else scores
