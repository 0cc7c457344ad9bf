"""Draw samples/sign.jpg: a street sign on a wall, as no photo with text was at hand whose licence is free.

Usage: python tools/draw_sign.py [FILE]   (needs the Debian package fonts-dejavu; the same picture each time)
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SAMPLE = Path(__file__).parents[1] / "samples" / "sign.jpg"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf"
SIZE = (960, 720)
BRICK = (96, 32)
JOINT = 4
PLATES = (
    ("HARBOUR STREET", (690, 150), (24, 60, 128), (120, 210), 64),
    ("Old Lighthouse 300 m", (470, 96), (120, 72, 30), (340, 420), 38),
)
"""What is written, the plate's size and colour, its top left corner, the letters' height."""
WHITE = (245, 245, 240)
TILT = -3.5
"""Degrees by which the camera was held askew."""


def wall(source: random.Random) -> Image.Image:
    """Return bricks, each of a shade of its own."""
    picture = Image.new("RGB", SIZE, (168, 160, 150))
    draw = ImageDraw.Draw(picture)
    for row, top in enumerate(range(0, SIZE[1], BRICK[1])):
        for left in range(-BRICK[0] // 2 * (row % 2), SIZE[0], BRICK[0]):
            shade = source.uniform(0.8, 1.1)
            colour = tuple(round(part * shade) for part in (150, 82, 62))
            draw.rectangle((left, top, left + BRICK[0] - JOINT, top + BRICK[1] - JOINT), fill=colour)
    return picture


def plate(text: str, size: tuple[int, int], colour: tuple[int, int, int], height: int) -> Image.Image:
    """Return a plate with a white edge."""
    sign = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(sign)
    draw.rectangle((6, 6, size[0] - 7, size[1] - 7), fill=colour)
    draw.text((size[0] / 2, size[1] / 2), text, font=ImageFont.truetype(FONT, height), fill=WHITE, anchor="mm")
    return sign


def shadow(picture: Image.Image, corner: tuple[int, int], size: tuple[int, int]) -> None:
    """Darken the wall below and beside a plate."""
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).rectangle(
        (corner[0] + 6, corner[1] + 10, corner[0] + size[0] + 8, corner[1] + size[1] + 12), 150
    )
    picture.paste((30, 22, 20), mask=mask.filter(ImageFilter.GaussianBlur(7)))


def photographed(picture: Image.Image) -> Image.Image:
    """Return the picture as a camera has it: askew, lit from one side, not quite sharp, with noise."""
    turned = picture.rotate(TILT, Image.Resampling.BICUBIC)
    inner = turned.crop((60, 45, SIZE[0] - 60, SIZE[1] - 45)).resize(SIZE, Image.Resampling.BICUBIC)
    pixels = np.asarray(inner.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    light = np.linspace(1.12, 0.82, SIZE[0], dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(7).normal(0, 5, pixels.shape).astype(np.float32)
    return Image.fromarray(np.clip(pixels * light + noise, 0, 255).astype(np.uint8))


def main(file: Path = SAMPLE) -> None:
    """Draw and save."""
    picture = wall(random.Random(7))
    for text, size, colour, corner, height in PLATES:
        shadow(picture, corner, size)
        picture.paste(plate(text, size, colour, height), corner)
    photographed(picture).save(file, "JPEG", quality=88)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
