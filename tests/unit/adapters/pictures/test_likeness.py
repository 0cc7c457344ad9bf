"""The hash finds a picture that was edited or sent, and no other; what is without detail has none."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from viewfinder.adapters.pictures import rendering
from viewfinder.adapters.pictures.likeness import likeness_of
from viewfinder.domain.likeness import NEAR, Likeness

SAMPLES = sorted((Path(__file__).parents[4] / "samples").glob("*.jpg"))


def look(picture: Image.Image) -> Likeness:
    return likeness_of(rendering.shrink(picture, rendering.thumbnail_size(picture.size)))


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=quality)
    return Image.open(encoded).convert("RGB")


def _with_caption(picture: Image.Image) -> Image.Image:
    captioned = picture.copy()
    top = round(0.92 * picture.height)
    ImageDraw.Draw(captioned).rectangle((0, top, picture.width, picture.height), fill="black")
    return captioned


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half size, JPEG 30": lambda picture: _jpeg(picture.reduce(2), 30),
    "quarter size": lambda picture: picture.reduce(4),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "more colourful": lambda picture: ImageEnhance.Color(picture).enhance(1.5),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "caption": _with_caption,
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned": lambda picture: _jpeg(picture.transpose(Image.Transpose.ROTATE_90), 60),
    "transverse": lambda picture: picture.transpose(Image.Transpose.TRANSVERSE),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_an_edited_picture_is_near_its_original(sample: Path, edit: str) -> None:
    with Image.open(sample) as opened:
        original = opened.convert("RGB")
    own, edited = look(original).hash, look(EDITS[edit](original)).hash
    assert own is not None
    assert edited is not None
    assert own.distance(edited) <= NEAR


def _panorama(seed: int) -> Image.Image:
    """Hills below a sky: the more alike because of the wide shape."""
    chance, size = random.Random(seed), (1600, 320)
    picture = Image.linear_gradient("L").resize(size).point(lambda grey: 250 - grey // 3).convert("RGB")
    heights = [chance.uniform(0.35, 0.7) for _ in range(9)]
    hills = [(x * 200, round(height * size[1])) for x, height in enumerate(heights)]
    ImageDraw.Draw(picture).polygon([(0, size[1]), *hills, size], fill=(60, chance.randrange(70, 110), 50))
    return picture.filter(ImageFilter.GaussianBlur(2))


def _screenshot(seed: int) -> Image.Image:
    """A window with a title bar, a side bar, and panels."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (1280, 800), (245, 245, 245))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 1280, 40), fill=(50, 60, 70))
    draw.rectangle((0, 40, 200, 800), fill=(225, 228, 232))
    for _ in range(12):
        left, top = chance.randrange(220, 1000), chance.randrange(60, 650)
        shade = chance.randrange(60, 230)
        draw.rectangle(
            (left, top, left + chance.randrange(80, 260), top + chance.randrange(30, 140)), fill=(shade,) * 3
        )
    return picture


def _document(seed: int) -> Image.Image:
    """A page of lines of words, with the margins and the line spacing of every other."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (827, 1169), "white")
    draw = ImageDraw.Draw(picture)
    for top in range(100, 1060, 24):
        left = 90
        while chance.random() > 0.08 and left < 700:
            width = chance.randrange(15, 90)
            draw.rectangle((left, top, min(left + width, 737), top + 10), fill=(30, 30, 30))
            left += width + 12
    return picture


def _noisy(level: int, seed: int) -> Image.Image:
    """A wall, or the cap on the lens: one shade, a little vignetting, and the sensor's noise."""
    noise = Image.frombytes("L", (640, 480), random.Random(seed).randbytes(640 * 480)).point(lambda grey: grey // 16)
    edge = Image.radial_gradient("L").resize((640, 480)).point(lambda grey: level - grey // 64 if level > 8 else level)
    return Image.merge("RGB", [Image.blend(edge, noise, 0.3)] * 3)


HELD_OUT = {
    "panoramas": [_panorama(seed) for seed in range(12)],
    "screenshots": [_screenshot(seed) for seed in range(12)],
    "documents": [_document(seed) for seed in range(12)],
    "walls": [_noisy(level, level) for level in (120, 160, 200, 230)],
    "black frames": [_noisy(level, level) for level in (0, 2, 5)],
    "one colour": [Image.new("RGB", (640, 480), colour) for colour in ("black", "white", "navy", "wheat")],
}


@pytest.mark.parametrize("kind", HELD_OUT)
def test_different_pictures_of_a_kind_are_not_near_one_another(kind: str) -> None:
    hashes = [found.hash for found in map(look, HELD_OUT[kind]) if found.hash]
    assert [one.distance(other) for one, other in combinations(hashes, 2) if one.distance(other) <= NEAR] == []


@pytest.mark.parametrize("kind", ["walls", "black frames", "one colour"])
def test_a_picture_without_detail_has_no_hash(kind: str) -> None:
    assert [look(picture).hash for picture in HELD_OUT[kind]] == [None] * len(HELD_OUT[kind])


def test_a_blurred_picture_is_less_sharp() -> None:
    with Image.open(SAMPLES[0]) as opened:
        original = opened.convert("RGB")
    blurred = original.filter(ImageFilter.GaussianBlur(2))
    assert 0 < look(blurred).sharpness < look(original).sharpness / 4


@pytest.mark.parametrize(("size", "has_hash"), [((15, 300), False), ((300, 15), False), ((16, 16), True)])
def test_a_picture_of_a_few_pixels_has_no_hash(size: tuple[int, int], has_hash: bool) -> None:
    with Image.open(SAMPLES[0]) as opened:
        assert (look(opened.convert("RGB").resize(size)).hash is not None) is has_hash


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (3, 3)])
def test_a_tiny_picture_has_a_likeness(size: tuple[int, int]) -> None:
    assert look(Image.new("RGB", size, "red")) == Likeness(None, 0.0)
