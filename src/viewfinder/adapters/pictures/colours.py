"""Bringing a picture's colours into sRGB, what detectors and browsers take a picture without a profile for."""

from __future__ import annotations

import io
from typing import Any, cast

from PIL import Image


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Gives the picture in RGB, by its ICC profile where it has one that says more than sRGB.

    Done on pictures that are scaled down already: a few milliseconds. A profile that doesn't fit is ignored.
    """
    if picture.mode == "LAB" or (picture.mode in ("RGB", "CMYK") and profile and b"sRGB" not in profile):
        return _converted(picture, profile)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _converted(picture: Image.Image, profile: bytes | None) -> Image.Image:
    from PIL import ImageCms

    source: Any = ImageCms.createProfile("LAB") if picture.mode == "LAB" else io.BytesIO(profile or b"")
    try:
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return picture.convert("RGB")
    converted = cast(Image.Image, converted)  # None is for a conversion in place
    converted.info.pop("icc_profile", None)  # not to be converted by it again
    return converted
