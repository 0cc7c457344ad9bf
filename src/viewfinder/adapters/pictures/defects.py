"""What can be wrong with a picture, and how a decoder's complaint becomes one of these reasons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

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
    """Makes the error that says so."""
    return ImageRejectedError(str(defect), message)


@contextmanager
def rejecting_defects(content: bytes) -> Iterator[None]:
    """Turns whatever a decoder raises into a rejection of the image.

    Decoders of hostile bytes raise anything, from SyntaxError to struct.error. A MemoryError too is the image's
    fault: its size was checked before, so a header asks for what the picture can't need.
    """
    try:
        yield
    except ImageRejectedError:
        raise
    except Exception as error:
        defect = Defect.TRUNCATED_IMAGE if _is_cut(content, str(error)) else Defect.CORRUPT_IMAGE
        raise rejected(defect, f"The image can't be decoded: {error}"[:500]) from error


def _is_cut(content: bytes, complaint: str) -> bool:
    if content[:4] == b"RIFF":
        return 8 + int.from_bytes(content[4:8], "little") > len(content)
    if content[4:8] == b"ftyp":
        return _end_of_boxes(content) > len(content)
    return any(word in complaint.lower() for word in ("truncated", "end of file", "unexpected eof"))


def _end_of_boxes(content: bytes) -> int:
    """Says where the last box of an ISO base media file ends by its own size (ISO/IEC 14496-12, section 4.2)."""
    position = 0
    while position < len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(content[position + 8 : position + 16], "big")
        if size < 8:  # 0: the box reaches to the end; others are nonsense
            break
        position += size
    return position
