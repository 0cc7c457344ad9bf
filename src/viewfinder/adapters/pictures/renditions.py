"""What is derived from a picture: the detector's rendition and the thumbnail, and their sizes.

The detector's limits are those of Amazon Rekognition: 5 MB of JPEG or PNG, 80 to 10,000 pixels a side.
Source: https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
"""

from __future__ import annotations

import io

from PIL import Image, ImageFile, JpegImagePlugin, WebPImagePlugin

MAX_RENDITION_BYTES = 5 * 1024 * 1024
MIN_SIDE = 80
MAX_SIDE = 10_000

RENDITION_SIDE = 2048
"""More would help no detector: Rekognition finds what covers 5% of the shorter side, here some 80 pixels."""

THUMBNAIL_SIDE = 512

JPEG, WEBP = (JpegImagePlugin.JpegImageFile.format, WebPImagePlugin.WebPImageFile.format)
"""Imported above, for else the first save of a WebP would import every decoder that Pillow has (cold start)."""

WHOLE_PNG_MODES = ("1", "L", "P", "RGB")


def detector_takes(format_name: str, source: ImageFile.ImageFile, content: bytes) -> bool:
    """Tells whether the original bytes can go to the detector as they are.

    Detectors turn a JPEG by its EXIF orientation. What they make of CMYK, of transparency and of 16 bits a channel
    is nowhere written, so these are converted.
    """
    if len(content) > MAX_RENDITION_BYTES or min(source.size) < MIN_SIDE or max(source.size) > MAX_SIDE:
        return False
    if format_name == "JPEG":
        return source.mode in ("L", "RGB")
    return format_name == "PNG" and _is_simple_png(source, content)


def _is_simple_png(source: ImageFile.ImageFile, content: bytes) -> bool:
    bit_depth = content[24]  # in IHDR, always the first chunk
    return bit_depth <= 8 and source.mode in WHOLE_PNG_MODES and not source.has_transparency_data


def rendition_size(size: tuple[int, int]) -> tuple[int, int]:
    """Scales a size to what the detector takes.

    A picture too narrow for both limits is stretched rather than padded: boxes are ratios of the whole picture, and
    stay right that way.
    """
    scale = max(MIN_SIDE / min(size), min(1.0, RENDITION_SIDE / max(size)))
    width, height = (min(max(round(side * scale), MIN_SIDE), MAX_SIDE) for side in size)
    return width, height


def thumbnail_size(size: tuple[int, int]) -> tuple[int, int]:
    """Scales a size down to the thumbnail's, never up."""
    scale = min(1.0, THUMBNAIL_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def encode_rendition(picture: Image.Image) -> bytes:
    """Encodes as JPEG; pure noise alone needs a second try to fit."""
    for quality in (90, 70, 40):
        encoded = _encoded(picture, JPEG, quality=quality)
        if len(encoded) <= MAX_RENDITION_BYTES:
            break
    return encoded


def encode_thumbnail(picture: Image.Image) -> bytes:
    """Encodes as WebP; method 0 takes a quarter of the default's time, for a few percent more bytes."""
    return _encoded(picture, WEBP, quality=75, method=0)


def _encoded(picture: Image.Image, format_name: str, **options: int) -> bytes:
    target = io.BytesIO()
    picture.save(target, format_name, **options)
    return target.getvalue()
