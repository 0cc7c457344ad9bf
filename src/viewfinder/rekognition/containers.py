"""Reduce a JPEG or PNG to the parts for the decoder: pixels, orientation and profile.

The pipeline reads the same files by the same rule, in code of its own; tests/contract holds the two together.
JPEG: ITU-T T.81, annex B. PNG: W3C, third edition.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = b"\0\0\0\0IEND\xae\x42\x60\x82"
KEPT_CHUNKS = frozenset({b"tRNS", b"iCCP"})

LARGEST_PROFILE = 1024 * 1024
"""Bytes that a profile may unpack to: Pillow refuses the whole picture for a larger one."""

MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""A JPEG marker; zero and the restart markers occur within a scan.

Any number of further FF may stand before it (T.81, B.1.1.2), and stay in the data before. A `+` for them would take the
square of their number, and a pattern that begins with a single byte is found 20 times as fast.
"""

START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
PROGRESSIVE = frozenset({0xC2, 0xCA})
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_END = b"\xff\xd9"
BANDS = 64
"""Coefficients of a block."""

KEPT_SEGMENTS = {0xE0: (b"JFIF\0", 12), 0xE1: (b"Exif\0", 6), 0xE2: (b"ICC_PROFILE\0", 14), 0xEE: (b"Adobe", 12)}
"""Application segments that are kept: how they begin, and how long they are at least; a shorter one is damaged."""

OTHER_END = bytes(range(1, 250)) * 4
"""Data that no picture ends with: where they change a pixel, it was missing."""


@dataclass(frozen=True)
class Container:
    """A file without what is left out, and how many scans a JPEG has; `has_end` is false where its end was added."""

    content: bytes
    has_end: bool = True
    is_complete: bool = True
    """Whether the scans of a JPEG hold every bit of every coefficient."""

    @property
    def with_another_end(self) -> bytes:
        """Return the JPEG with other data instead of the end that was added."""
        return self.content.removesuffix(JPEG_END) + OTHER_END + JPEG_END


def open_container(content: bytes) -> Container:
    """Return what is to be decoded; a file that is neither JPEG nor PNG stays as it is."""
    if content.startswith(PNG_SIGNATURE):
        return Container(_clean_png(content))
    return _clean_jpeg(content) if content.startswith(b"\xff\xd8") else Container(content)


def _clean_png(content: bytes) -> bytes:
    kept = [PNG_SIGNATURE]
    for name, chunk in _chunks(content):
        is_critical = not name[0] & 0x20
        if is_critical or (name in KEPT_CHUNKS and _is_sound(name, chunk)):
            kept.append(chunk)
        if name == b"IEND":
            return b"".join(kept)
    return b"".join([*kept, PNG_END])  # the decoder finds out whether a pixel is missing


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(content):
        end = position + 12 + int.from_bytes(content[position : position + 4])
        name = content[position + 4 : position + 8]
        if end > len(content) or not name.isalpha():
            return
        yield name, content[position:end]
        position = end


def _is_sound(name: bytes, chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:]) and (name != b"iCCP" or _is_bounded(chunk[8:-4]))


def _is_bounded(profile: bytes) -> bool:
    """Return whether a profile (its name, 0, the method 0, deflated data) unpacks, to not too much."""
    _, _, packed = profile.partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed[1:], LARGEST_PROFILE)
    except zlib.error:
        return False
    return packed[:1] == b"\0" and unpacking.eof


def _clean_jpeg(content: bytes) -> Container:
    """Return the JPEG's segments up to its end; what follows it, or another picture, is left out."""
    kept, position, segments = [content[:2]], 2, _Scans()
    while marker := MARKER.search(content, position):
        kind = marker[1][0]
        if kind in (END_OF_IMAGE, START_OF_IMAGE):
            break
        if segments.count:
            kept.append(content[position : marker.start()])
        length = max(int.from_bytes(content[marker.end() : marker.end() + 2]), 2)
        position = min(marker.end() + length, len(content))
        data = content[marker.end() + 2 : position]
        segments.note(kind, data)
        if _is_kept(kind, data):
            kept.append(content[marker.end() - 2 : position])
    has_end = marker is not None and marker[1][0] == END_OF_IMAGE
    rest = content[position : marker.start() if marker else len(content)]
    return Container(b"".join([*kept, rest, JPEG_END]), has_end, segments.are_complete)


class _Scans:
    """What the scans of a JPEG have told of its coefficients."""

    def __init__(self) -> None:
        self.count = 0
        self._progressive = False
        self._components = 0
        self._seen: set[tuple[int, int]] = set()

    def note(self, kind: int, data: bytes) -> None:
        if kind in FRAMES and len(data) >= 6:
            self._progressive, self._components = kind in PROGRESSIVE, data[5]
        if kind == START_OF_SCAN and data and len(data) >= 4 + 2 * data[0]:
            self.count += 1
            names, (first, last, approximation) = data[1 : 1 + 2 * data[0] : 2], data[-3:]
            bands = range(first, last + 1) if self._progressive else range(BANDS)
            if approximation & 15 == 0 or not self._progressive:
                self._seen |= {(name, band) for name in names for band in bands}

    @property
    def are_complete(self) -> bool:
        return len(self._seen) >= self._components * BANDS


def _is_kept(kind: int, data: bytes) -> bool:
    if kind in KEPT_SEGMENTS:
        beginning, least = KEPT_SEGMENTS[kind]
        return data.startswith(beginning) and len(data) >= least
    return kind != COMMENT and not 0xE0 <= kind <= 0xEF
