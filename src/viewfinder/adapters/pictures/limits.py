"""What can be wrong with a picture, and how a decoder's complaint becomes one of these reasons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Literal

from PIL import ImageFile, JpegImagePlugin
from PIL.Image import DecompressionBombError

from viewfinder.domain.errors import ImageRejectedError


class Defect(StrEnum):
    """Reason codes of a rejection; the catalog keeps them and the API shows them."""

    EMPTY_OBJECT = "EMPTY_OBJECT"
    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    TRUNCATED_IMAGE = "TRUNCATED_IMAGE"
    CORRUPT_IMAGE = "CORRUPT_IMAGE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"


def rejected(defect: Defect, message: str) -> ImageRejectedError:
    """Make the error that says so."""
    return ImageRejectedError(str(defect), message)


@contextmanager
def rejecting_defects(content: bytes) -> Iterator[None]:
    """Turn whatever a decoder raises into a rejection of the image.

    Decoders of hostile bytes raise anything, from SyntaxError to struct.error. A MemoryError too is the image's
    fault: its size was checked before, so a header asks for what the picture can't need.
    """
    try:
        yield
    except ImageRejectedError:
        raise
    except DecompressionBombError as error:  # Pillow's own limit, which some of its decoders look at first
        raise rejected(Defect.TOO_MANY_PIXELS, str(error)) from error
    except Exception as error:
        defect = Defect.TRUNCATED_IMAGE if _is_cut(content, str(error)) else Defect.CORRUPT_IMAGE
        raise rejected(defect, f"The image can't be decoded: {error}"[:500]) from error


def _is_cut(content: bytes, complaint: str) -> bool:
    if content[:4] == b"RIFF":
        return 8 + int.from_bytes(content[4:8], "little") > len(content)
    if content[4:8] == b"ftyp":
        return _end_of_boxes(content) > len(content)
    if content[:2] in (b"II", b"MM"):
        return _start_of_directory(content) >= len(content) or "truncated" in complaint
    return any(word in complaint.lower() for word in ("truncated", "end of file", "unexpected eof"))


def _start_of_directory(content: bytes) -> int:
    """Return where a TIFF's first directory is: often at the file's end (TIFF 6.0, section 2; BigTIFF has it at 8)."""
    order: Literal["little", "big"] = "little" if content[:2] == b"II" else "big"
    is_big = b"+" in content[2:4]
    return int.from_bytes(content[8:16] if is_big else content[4:8], order)


def _end_of_boxes(content: bytes) -> int:
    """Return where the last box of an ISO base media file ends by its own size (ISO/IEC 14496-12, section 4.2)."""
    position = 0
    while position < len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(content[position + 8 : position + 16], "big")
        if size < 8:  # 0: the box reaches to the end; others are nonsense
            break
        position += size
    return position


MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I": 12, "F": 12}
OTHER_MODE_BYTES = 4  # RGB too

EXTRA_BYTES = {"WEBP": 13, "AVIF": 10, "HEIC": 8, "TIFF": 6}
"""Bytes per pixel beside the decoded picture: planes, frame buffers and copies of the decoder (measured)."""

MAX_SCANNED_PIXELS = 2_000_000_000
"""Pixels times scans of a JPEG in several; about 1.2 ns each (measured), and a thousand scans cost no more to send."""


def decoding_bytes(format_name: str, source: ImageFile.ImageFile, content: bytes) -> int:
    """Estimate the memory that decoding takes at its peak, the content included: some decoders copy it."""
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
    """Return whether the first scan has all components, at their full precision (ITU T.81, B.2.3)."""
    if source.fp is None or "progressive" in source.info:
        return False
    header = b"\xff\xda" + (6 + 2 * source.layers).to_bytes(2, "big") + bytes([source.layers])
    return content.startswith(header, source.fp.tell() - 8 - 2 * source.layers)
