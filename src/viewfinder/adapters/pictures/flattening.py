"""Making a picture of any mode a small one of plain colours: opaque, 8 bits a channel, red, green and blue."""

from __future__ import annotations

import math
from typing import cast

from PIL import Image

from viewfinder.adapters.pictures.colours import in_srgb

BAND_PIXELS = 1_000_000
"""Modes are converted in bands of about this size, so that there is never a second copy of a large picture."""

PLAIN_MODES = ("L", "RGB", "CMYK", "LAB")
"""Modes that can be scaled as they are."""


def shrink(source: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Gives the picture in `size`, a mean of what each pixel stands for, in RGB."""
    factor = max(1, min(source.width // size[0], source.height // size[1]))
    source = _stretched(source) if source.mode in ("I", "F") else source
    plain = source if factor == 1 and _is_plain(source) else _reduce(source, factor)
    scaled = plain if plain.size == size else plain.resize(size, Image.Resampling.BICUBIC)
    return in_srgb(scaled, source.info.get("icc_profile"))


def _stretched(source: Image.Image) -> Image.Image:
    """32-bit grey has no white of its own: its lightest pixel becomes white."""
    low, high = cast(tuple[float, float], source.getextrema())
    scale = 255 / (high - low) if high > low else 1.0
    return source.point(lambda value: value * scale - low * scale).convert("L")


def _is_plain(picture: Image.Image) -> bool:
    return picture.mode in PLAIN_MODES and not picture.has_transparency_data


def _reduce(source: Image.Image, factor: int) -> Image.Image:
    """Reduces by a whole factor, band by band; the filter of the resize smooths what remains."""
    mode = _plain(source.crop((0, 0, 1, 1))).mode
    whole = Image.new(mode, (math.ceil(source.width / factor), math.ceil(source.height / factor)))
    height = max(1, BAND_PIXELS // source.width // factor) * factor
    for top in range(0, source.height, height):
        band = source.crop((0, top, source.width, min(top + height, source.height)))
        whole.paste(_plain(band).reduce(factor), (0, top // factor))
    return whole


def _plain(band: Image.Image) -> Image.Image:
    if _is_plain(band):
        return band
    if band.has_transparency_data:
        return _on_white(band.convert("RGBA"))
    if band.mode.startswith("I;16"):
        return _high_bytes(band)
    return band.convert("L" if band.mode == "1" else "RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    """Transparent parts become white, what most viewers show behind a picture."""
    canvas = Image.new("RGB", picture.size, "white")
    canvas.paste(picture, mask=picture.getchannel("A"))
    return canvas


def _high_bytes(band: Image.Image) -> Image.Image:
    """16-bit grey by its high bytes: Pillow's own conversion clips at 255 instead of scaling."""
    first = 0 if band.mode.endswith("B") else 1
    return Image.frombytes("L", band.size, band.tobytes()[first::2])
