"""How bright and how sharp a picture is, in the same terms for whole pictures and for faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

EDGE = 40.0
"""Lightness step between neighbours, in percent, that counts as fully sharp."""


def lightness_of(picture: Image.Image) -> Floats:
    """Return the CIE lightness of each pixel, 0 to 100."""
    luminance = (np.arange(256) / 255) ** 2.2
    curve = np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)
    return np.asarray(curve[np.asarray(picture.convert("L"))], dtype=np.float32)


def steps_of(lightness: Floats) -> Floats:
    """Return for each pixel the greater of the lightness steps to the next ones across and down."""
    steps = np.zeros_like(lightness)
    steps[:, :-1] = np.abs(np.diff(lightness, axis=1))
    steps[:-1] = np.maximum(steps[:-1], np.abs(np.diff(lightness, axis=0)))
    return steps


def brightness(lightness: Floats) -> float:
    """Return the mean lightness."""
    return round(float(lightness.mean()), 4)


def sharpness(steps: Floats) -> float:
    """Return how strong the strongest 2 % of the steps are, 0 to 100.

    A sharp picture may be smooth nearly everywhere; a blurred one has no strong edge.
    """
    strong = float(np.quantile(steps, 0.98))
    return round(100 * min(1.0, strong / EDGE), 4)
