"""What decoding a picture costs, estimated from its header before any pixel is decoded."""

from __future__ import annotations

from PIL import ImageFile, JpegImagePlugin

from viewfinder.adapters.pictures.defects import Defect, rejected

MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I": 12, "F": 12}
OTHER_MODE_BYTES = 4  # RGB too

EXTRA_BYTES = {"WEBP": 13, "AVIF": 10, "HEIC": 8, "TIFF": 6}
"""Bytes per pixel beside the decoded picture: planes, frame buffers and copies of the decoder (measured)."""

MAX_SCANNED_PIXELS = 2_000_000_000
"""Pixels times scans of a JPEG in several; about 1.2 ns each (measured), and a thousand scans cost no more to send."""


def decoding_bytes(format_name: str, source: ImageFile.ImageFile, content: bytes) -> int:
    """Estimates the memory that decoding takes at its peak, the content included: some decoders copy it."""
    pixels = source.width * source.height
    return len(content) + _pixel_bytes(format_name, source, content, pixels)


def _pixel_bytes(format_name: str, source: ImageFile.ImageFile, content: bytes, pixels: int) -> int:
    if isinstance(source, JpegImagePlugin.JpegImageFile):
        return _jpeg_bytes(source, content, pixels)
    return pixels * (MODE_BYTES.get(source.mode, OTHER_MODE_BYTES) + EXTRA_BYTES.get(format_name, 0))


def _jpeg_bytes(source: JpegImagePlugin.JpegImageFile, content: bytes, pixels: int) -> int:
    """A JPEG in one scan is decoded row by row, a large one at a quarter of its scale or less.

    One in several scans keeps all its coefficients until the last: a coefficient is two bytes, and each component
    has at most as many as the picture has pixels.
    """
    if _has_one_scan(source, content):
        return pixels * OTHER_MODE_BYTES // 16
    scans = content.count(b"\xff\xda")  # the bytes of a scan never contain a marker
    if scans * pixels > MAX_SCANNED_PIXELS:
        raise rejected(Defect.TOO_MANY_PIXELS, f"A JPEG of {pixels:,} pixels in {scans:,} scans.")
    return pixels * 2 * source.layers


def _has_one_scan(source: JpegImagePlugin.JpegImageFile, content: bytes) -> bool:
    """Tells whether the first scan has all components, at their full precision (ITU T.81, B.2.3)."""
    if source.fp is None or "progressive" in source.info:
        return False
    header = b"\xff\xda" + (6 + 2 * source.layers).to_bytes(2, "big") + bytes([source.layers])
    return content.startswith(header, source.fp.tell() - 8 - 2 * source.layers)
