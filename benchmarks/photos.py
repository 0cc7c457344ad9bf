"""Photos to measure with: no two alike, made from the samples by cropping and enlarging, two megapixels by default."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.jpg"))
SIZE = (1600, 1200)
QUALITY = 88
GRAIN = 0.06
"""Share of noise: a sensor has some, and enlarging takes it away, so that the file would be too small for a photo."""


def photo(number: int, size: tuple[int, int] = SIZE) -> bytes:
    """Return the JPEG of that number, the same in every run."""
    with Image.open(SAMPLES[number % len(SAMPLES)]) as opened:
        sample = opened.convert("RGB")
    left, top = number * 7 % (sample.width // 4), number * 5 % (sample.height // 4)
    crop = sample.crop((left, top, left + sample.width * 3 // 4, top + sample.height * 3 // 4))
    enlarged = crop.resize(size, Image.Resampling.BICUBIC)
    encoded = io.BytesIO()
    Image.blend(enlarged, _noise(number, size), GRAIN).save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()


def photos(count: int) -> list[bytes]:
    """Return so many different photos."""
    return [photo(number) for number in range(count)]


def _noise(seed: int, size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("L", size, random.Random(seed).randbytes(size[0] * size[1])).convert("RGB")
