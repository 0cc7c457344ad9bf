"""The feature IMAGE_PROPERTIES: quality and dominant colours of the image, its foreground and its background."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.detectlabels.boxes import Floats, Integers
from viewfinder.detectlabels.colours import dominant_colors, named

Mask = NDArray[np.bool_]
Corners = tuple[float, float, float, float]

SIDE = 384
"""Longer side in pixels at which properties are computed, so that they do not depend on the camera's resolution."""

CENTRE = (0.25, 0.25, 0.75, 0.75)
"""What counts as foreground where no object is seen: the middle of the picture."""

EDGE = 40.0
"""Lightness step between neighbours, in percent, that counts as fully sharp."""


class ImageProperties:
    """Computes the properties of one picture, each part when it is first asked for."""

    def __init__(self, picture: Image.Image, objects: Iterable[Corners], most_colors: int) -> None:
        self._full = picture
        self._objects = tuple(objects)
        self._most = most_colors

    def document(self) -> dict[str, Any]:
        """Gives the shape DetectLabelsImageProperties; as in the service, only the whole image has a contrast."""
        everything = np.ones(self._names.shape, dtype=bool)
        return {
            "Quality": {**self._quality(everything), "Contrast": _contrast(self._lightness)},
            "DominantColors": dominant_colors(self._names, self._most),
            "Foreground": self._part(self._foreground),
            "Background": self._part(~self._foreground),
        }

    def colors_of(self, corners: Corners) -> list[dict[str, Any]]:
        """Gives the dominant colours inside a box."""
        return dominant_colors(self._names[self._slices(corners)], self._most)

    def _part(self, mask: Mask) -> dict[str, Any]:
        return {"Quality": self._quality(mask), "DominantColors": dominant_colors(self._names[mask], self._most)}

    def _quality(self, mask: Mask) -> dict[str, float]:
        return {
            "Brightness": round(float(self._lightness[mask].mean()), 4),
            "Sharpness": _sharpness(self._steps[mask]),
        }

    @cached_property
    def _picture(self) -> Image.Image:
        scale = min(1.0, SIDE / max(self._full.size))
        size = (max(1, round(self._full.width * scale)), max(1, round(self._full.height * scale)))
        return self._full.resize(size, Image.Resampling.BOX)

    @cached_property
    def _names(self) -> Integers:
        return named(np.asarray(self._picture))

    @cached_property
    def _lightness(self) -> Floats:
        """CIE lightness, 0 to 100."""
        luminance = (np.arange(256) / 255) ** 2.2
        curve = np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)
        return np.asarray(curve[np.asarray(self._picture.convert("L"))], dtype=np.float32)

    @cached_property
    def _steps(self) -> Floats:
        """The greater of the lightness steps from each pixel to the next ones across and down."""
        steps = np.zeros_like(self._lightness)
        steps[:, :-1] = np.abs(np.diff(self._lightness, axis=1))
        steps[:-1] = np.maximum(steps[:-1], np.abs(np.diff(self._lightness, axis=0)))
        return steps

    @cached_property
    def _foreground(self) -> Mask:
        mask = np.zeros(self._names.shape, dtype=bool)
        for corners in self._objects:
            mask[self._slices(corners)] = True
        if mask.all() or not mask.any():
            mask[:] = False
            mask[self._slices(CENTRE)] = True
        return mask

    def _slices(self, corners: Corners) -> tuple[slice, slice]:
        """Gives the rows and columns of a box, at least one of each."""
        width, height = self._picture.size
        left, top = min(int(corners[0] * width), width - 1), min(int(corners[1] * height), height - 1)
        right, bottom = max(left + 1, round(corners[2] * width)), max(top + 1, round(corners[3] * height))
        return slice(top, bottom), slice(left, right)


def _contrast(lightness: Floats) -> float:
    # Half black and half white has a deviation of 50, which is all the contrast there can be.
    return round(min(100.0, 2 * float(lightness.std())), 4)


def _sharpness(steps: Floats) -> float:
    # Its strongest edges tell: a sharp picture may be smooth nearly everywhere, a blurred one has no strong edge.
    strong = float(np.quantile(steps, 0.98))
    return round(100 * min(1.0, strong / EDGE), 4)
