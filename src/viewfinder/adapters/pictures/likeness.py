"""The perceptual hash and the sharpness of a thumbnail, by Pillow alone: the image function has no NumPy."""

from __future__ import annotations

from PIL import Image, ImageFilter, ImageStat

from viewfinder.domain.likeness import SIDE, Likeness, PerceptualHash

STEP = 2
"""Levels of 255 between two neighbouring cells that are more than the noise of an encoder."""

MIN_STEPS = 24
"""Neighbours of 64 that differ by STEP in each direction; a picture with fewer is flat: its hash would be noise."""

MIN_SIDE = 16
"""Pixels of the shorter side; a smaller picture, such as an icon, has as good as no detail in its cells."""

# Halved, and around the middle grey: 8 bits hold what edges of half the full contrast give.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=2, offset=128)


def likeness_of(thumbnail: Image.Image) -> Likeness:
    """Return the likeness of a picture of the thumbnail's size, upright, in RGB."""
    grey = thumbnail.convert("L")
    upright, transposed = _half(grey), _half(grey.transpose(Image.Transpose.TRANSPOSE))
    is_plain = min(upright[1], transposed[1]) < MIN_STEPS or min(thumbnail.size) < MIN_SIDE
    return Likeness(None if is_plain else PerceptualHash(upright[0], transposed[0]), _sharpness(grey))


def _half(grey: Image.Image) -> tuple[int, int]:
    """Return the difference hash, and how many neighbours differ by more than noise."""
    cells = grey.resize((SIDE + 1, SIDE), Image.Resampling.BOX).tobytes()
    bits = steps = 0
    for row in range(SIDE):
        for column in range(SIDE):
            left, right = cells[row * (SIDE + 1) + column : row * (SIDE + 1) + column + 2]
            bits = bits << 1 | (left < right or (left == right and column < SIDE // 2))
            steps += abs(left - right) >= STEP
    return bits, steps


def _sharpness(grey: Image.Image) -> float:
    if min(grey.size) < 3:
        return 0.0
    inside = grey.filter(_LAPLACIAN).crop((1, 1, grey.width - 1, grey.height - 1))
    return round(4 * ImageStat.Stat(inside).var[0], 1)
