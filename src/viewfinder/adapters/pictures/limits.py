"""Defects of pictures, limits on decoding, and the conversion of decoders' errors to rejections."""

from __future__ import annotations

import mmap
import re
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Literal

from PIL.Image import DecompressionBombError

from viewfinder.domain.errors import ImageRejectedError

MAX_PIXELS = 300_000_000
"""Phones make 200 megapixels. Only a JPEG in one scan gets this far: it is decoded at a reduced scale."""

MAX_MEMORY = 960 * 1024 * 1024
"""Bytes for the pictures that are decoded at one time; a WebP of 48 megapixels takes 830 MB (docs/processing.md)."""

MAX_SCANNED_PIXELS = 2_000_000_000
"""Pixels times scans of a JPEG in several; about 1.2 ns each (measured), and a thousand scans cost no more to send."""

MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I": 12, "F": 12}
OTHER_MODE_BYTES = 4  # RGB too

EXTRA_BYTES = {"WEBP": 13, "AVIF": 10, "HEIC": 8, "TIFF": 6, "GIF": 4}
"""Bytes per pixel beside the decoded picture: planes, frame buffers and copies of the decoder (measured)."""


class Defect(StrEnum):
    """Reason codes of a rejection, stored in the catalog and shown by the API."""

    EMPTY_OBJECT = "EMPTY_OBJECT"
    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    TRUNCATED_IMAGE = "TRUNCATED_IMAGE"
    CORRUPT_IMAGE = "CORRUPT_IMAGE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"


_MESSAGES = {
    Defect.TRUNCATED_IMAGE: "The file ends before the picture does.",
    Defect.CORRUPT_IMAGE: "The image data is damaged.",
    Defect.UNSUPPORTED_FORMAT: "{format} of this kind is not among the formats that are analysed.",
    Defect.TOO_MANY_PIXELS: "Decoding needs more memory than the function has.",
}
_OUT_OF_MEMORY = re.compile(r"memory|alloc|decoder error -9", re.IGNORECASE)
_CUT = re.compile(r"truncated|end of file|unexpected eof", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"^unsupported|unsupported (feature|codec|bmp|image type)|not supported", re.IGNORECASE)


def rejected(defect: Defect, message: str) -> ImageRejectedError:
    """Return the error of a defect."""
    return ImageRejectedError(str(defect), message)


class OutOfMemoryError(Exception):
    """A decoder got no memory; a second attempt without other pictures may succeed."""


@contextmanager
def rejecting_defects(format_name: str, content: bytes) -> Iterator[None]:
    """Convert any exception of a decoder to a rejection of the image, or to OutOfMemoryError.

    Decoders of hostile bytes raise anything, from SyntaxError to struct.error; their words stay in the cause.
    """
    try:
        yield
    except (ImageRejectedError, OutOfMemoryError):
        raise
    except DecompressionBombError as error:  # Pillow's own limit, which some of its decoders look at first
        raise rejected(Defect.TOO_MANY_PIXELS, "The picture has too many pixels to decode.") from error
    except Exception as error:
        if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(str(error)):
            raise OutOfMemoryError from error
        defect = _defect(content, str(error))
        raise rejected(defect, _MESSAGES[defect].format(format=format_name)) from error


def _defect(content: bytes, complaint: str) -> Defect:
    if _is_cut(content, complaint):
        return Defect.TRUNCATED_IMAGE
    return Defect.UNSUPPORTED_FORMAT if _UNSUPPORTED.search(complaint) else Defect.CORRUPT_IMAGE


def _is_cut(content: bytes, complaint: str) -> bool:
    if content[:4] == b"RIFF":
        return 8 + int.from_bytes(content[4:8], "little") > len(content)
    if content[4:8] == b"ftyp":
        return _end_of_boxes(content) > len(content)
    if content[:2] in (b"II", b"MM"):
        return _start_of_directory(content) >= len(content) or "truncated" in complaint
    return bool(_CUT.search(complaint))


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


def decoding_bytes(format_name: str, mode: str, pixels: int, coded_pixels: int) -> int:
    """Estimate the bytes that decoding takes at its peak: the picture, and what its decoder holds beside it."""
    return pixels * MODE_BYTES.get(mode, OTHER_MODE_BYTES) + coded_pixels * EXTRA_BYTES.get(format_name, 0)


class Budget:
    """Memory that pictures share while they are decoded; a thread waits until enough is free."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._used = 0
        self._change = threading.Condition()

    @contextmanager
    def taking(self, amount: int, *, is_alone: bool = False) -> Iterator[None]:
        """Reserve bytes for the block; reserving all of them excludes other pictures. Raise OutOfMemoryError."""
        held = self.total if is_alone else amount
        with self._change:
            self._change.wait_for(lambda: not self._used or self._used + held <= self.total)
            self._used += held
        try:
            _try_allocating(amount)
            yield
        finally:
            with self._change:
                self._used -= held
                self._change.notify_all()


def _try_allocating(amount: int) -> None:
    """Ask for the memory once before a decoder does: some end the process where they get none (a thread's data)."""
    try:
        mmap.mmap(-1, max(amount, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError as error:
        raise OutOfMemoryError from error


_UNCOUNTED = 96 * 1024 * 1024
"""Memory of a function that RLIMIT_DATA does not count: code and other pages of files."""


def limit_memory(megabytes: int) -> None:
    """Make allocations fail before the process has more memory than its function: then a picture fails, not a batch.

    RLIMIT_DATA counts private writable memory only (setrlimit(2)); RLIMIT_AS would count the address space that each
    thread's arena reserves as well.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = megabytes * 1024 * 1024 - _UNCOUNTED
    if soft == resource.RLIM_INFINITY or limit < soft:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
