"""Making a picture of any mode a small one of plain colours: opaque, 8 bits a channel, red, green and blue."""

from __future__ import annotations

import io
import math
from typing import cast

from PIL import Image, ImageChops, JpegImagePlugin, WebPImagePlugin

from viewfinder.adapters.detector import MAX_BYTES, MAX_SIDE, MIN_SIDE
from viewfinder.adapters.pictures.colours import in_srgb

BAND_PIXELS = 1_000_000
"""Modes are converted in bands of about this size, so that there is never a second copy of a large picture."""

PLAIN_MODES = ("L", "RGB", "CMYK", "LAB")
"""Modes that can be scaled as they are."""


def shrink(source: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture in `size`, a mean of what each pixel stands for, in RGB."""
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
    """Reduce by a whole factor, band by band; the filter of the resize smooths what remains."""
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
    if band.mode.startswith("I;16"):
        return _eight_bits(band)
    if band.has_transparency_data:
        return _on_white(band.convert(_STRAIGHT.get(band.mode, band.mode)).convert("RGBA"))
    return band.convert("L" if band.mode == "1" else "RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    """Transparent parts become white, what most viewers show behind a picture."""
    canvas = Image.new("RGB", picture.size, "white")
    canvas.paste(picture, mask=picture.getchannel("A"))
    return canvas


def _eight_bits(band: Image.Image) -> Image.Image:
    """16-bit grey by its high bytes: Pillow's own conversion clips at 255 instead of scaling."""
    packed, is_big = band.tobytes(), band.mode.endswith("B")
    high, low = (Image.frombytes("L", band.size, packed[(place + is_big + 1) % 2 :: 2]) for place in (0, 1))
    transparent = band.info.get("transparency")
    if isinstance(transparent, int):
        equal = (
            half.point(lambda grey, wanted=wanted: 255 * (grey == wanted))
            for half, wanted in ((high, transparent >> 8), (low, transparent & 255))
        )
        high.paste(255, mask=ImageChops.multiply(*equal))
    return high


_STRAIGHT = {"La": "LA", "RGBa": "RGBA"}
"""Modes of colours that were multiplied by their alpha, and those without; nothing else converts them."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

TURNED_BY_DECODER = ("HEIC",)
"""Formats whose decoder returns the picture upright already; an AVIF's decoder gives its turn as EXIF."""


def turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return the size of a picture once it is upright."""
    return (size[1], size[0]) if orientation >= 5 else size


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Return the picture upright."""
    return picture.transpose(TURNS[orientation]) if orientation in TURNS else picture


RENDITION_SIDE = 2048
"""More would help no detector: Rekognition finds what covers 5% of the shorter side, here some 80 pixels."""

THUMBNAIL_SIDE = 512

JPEG, WEBP = (JpegImagePlugin.JpegImageFile.format, WebPImagePlugin.WebPImageFile.format)
"""Imported above, for else the first save of a WebP would import every decoder that Pillow has (cold start)."""


def rendition_size(size: tuple[int, int]) -> tuple[int, int]:
    """Scale a size to what the detector takes.

    A picture too narrow for both limits is stretched rather than padded: boxes are ratios of the whole picture, and
    stay right that way.
    """
    scale = max(MIN_SIDE / min(size), min(1.0, RENDITION_SIDE / max(size)))
    width, height = (min(max(round(side * scale), MIN_SIDE), MAX_SIDE) for side in size)
    return width, height


def thumbnail_size(size: tuple[int, int]) -> tuple[int, int]:
    """Scale a size down to the thumbnail's, never up."""
    scale = min(1.0, THUMBNAIL_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def encode_rendition(picture: Image.Image) -> bytes:
    """Encode as JPEG; pure noise alone needs a second try to fit."""
    for quality in (90, 70, 40):
        encoded = _encoded(picture, JPEG, quality=quality)
        if len(encoded) <= MAX_BYTES:
            break
    return encoded


def encode_thumbnail(picture: Image.Image) -> bytes:
    """Encode as WebP; method 0 takes a quarter of the default's time, for a few percent more bytes."""
    return _encoded(picture, WEBP, quality=75, method=0)


def _encoded(picture: Image.Image, format_name: str, **options: int) -> bytes:
    target = io.BytesIO()
    picture.save(target, format_name, **options)
    return target.getvalue()
