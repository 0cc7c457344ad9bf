"""The structure of JPEG, PNG and WebP files: parse it, and remove parts that the decoder must not read.

JPEG: ITU-T T.81, annex B. PNG: W3C, third edition. A file that needs no change is passed on as it is.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from viewfinder.adapters.pictures.limits import Defect, rejected

END_OF_IMAGE = b"\xff\xd9"
MAX_PIECES = 300_000
"""More pieces are hostile: 50 MB of empty ones keep a decoder busy for a minute. libpng writes 30,000 in 50 MB."""

TOO_MANY_PIECES = f"The image is made of more than {MAX_PIECES:,} pieces."

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In entropy-coded data FF is followed by 00 or a restart marker; anything else ends the scan.

Any number of further FF may stand before a marker (T.81, B.1.1.2). A `+` for them would take the square of their
number, and a pattern that begins with a single byte is found 20 times as fast.
"""

START_OF_SCAN = b"\xff\xda"
LOSSLESS_FRAMES = {0xC3, 0xC7, 0xCB, 0xCF, 0xF7}  # the last is JPEG-LS
_FRAMES = (set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | LOSSLESS_FRAMES
_SEGMENTS = _FRAMES | {0xC4, 0xC8, 0xCC, 0xFE} | set(range(0xDA, 0xE0)) | set(range(0xE0, 0xF0))
_SHORTEST = {b"JFIF\0": 14, b"Adobe": 12}
"""Application segments that decoders read fields of, with their length; damaged ones are left out."""


@dataclass
class Jpeg:
    """A JPEG's frame and scans.

    `end` is behind the end-of-image marker, or behind the pixels where it is missing; `coded` is where the first table
    or frame begins, behind the segments of applications.
    """

    precision: int = 8
    frame: int = 0
    components: int = 0
    scans: list[bytes] = field(default_factory=list)
    damaged: list[slice] = field(default_factory=list)
    coded: int = 0
    end: int = 0
    has_end: bool = False

    @property
    def has_one_scan(self) -> bool:
        """Whether one scan has all components at their full precision: it is decoded row by row."""
        return self.frame in (0xC0, 0xC1, 0xC9) and len(self.scans) == 1 and self.scans[0][0] == self.components

    @property
    def is_refined(self) -> bool:
        """Whether the scans hold every bit of every coefficient, which a file cut between two scans does not."""
        if self.frame not in (0xC2, 0xCA):
            return sum(scan[0] for scan in self.scans) >= self.components
        left = {(number, band) for number in range(self.components) for band in range(64)}
        names: dict[int, int] = {}
        for scan in self.scans:
            count = scan[0]
            first, last, approximation = scan[1 + 2 * count : 4 + 2 * count]
            if approximation & 15 == 0:
                for name in scan[1 : 1 + 2 * count : 2]:
                    number = names.setdefault(name, len(names))
                    left -= {(number, band) for band in range(first, last + 1)}
        return not left


def parse_jpeg(content: bytes) -> Jpeg:
    """Walk over the segments up to the end of the image; what follows (a trailer, a video) is not looked at."""
    jpeg, position, pieces = Jpeg(end=len(content)), 2, 0
    while position + 4 <= len(content):
        if content[position] != 0xFF:
            position += 1
            continue
        marker = content[position + 1]
        if jpeg.scans and (marker == 0xD8 or marker in _FRAMES):  # another picture begins
            break
        if marker in (0xFF, 0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            position += 2 if marker != 0xFF else 1
            continue
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == 0xD9 or marker not in _SEGMENTS or length < 2:
            break
        if (pieces := pieces + 1) > MAX_PIECES:
            raise rejected(Defect.CORRUPT_IMAGE, TOO_MANY_PIECES)
        if not jpeg.coded and marker != 0xFE and not 0xE0 <= marker < 0xF0:
            jpeg.coded = position
        _note(jpeg, marker, content[position + 4 : position + 2 + length], slice(position, position + 2 + length))
        position += 2 + length
        if marker == START_OF_SCAN[1]:
            position = _end_of_scan(content, position)
            jpeg.end = position
    jpeg.has_end = content[position : position + 2] == END_OF_IMAGE
    jpeg.end = position + 2 if jpeg.has_end else jpeg.end
    return jpeg


_BEYOND_CHANCE = 8
"""So many line feeds behind a carriage return each: one in 256 to that power of all files."""


def is_converted(content: bytes, jpeg: Jpeg) -> bool:
    """Return whether a JPEG was transferred as a text, with a carriage return added before each line feed.

    A JPEG has no checksum: what a decoder makes of the added bytes looks like a picture to it.
    """
    line_feeds = content.count(b"\n", jpeg.coded, jpeg.end)
    return line_feeds >= _BEYOND_CHANCE and line_feeds == content.count(b"\r\n", jpeg.coded, jpeg.end)


def _note(jpeg: Jpeg, marker: int, segment: bytes, place: slice) -> None:
    if marker in _FRAMES and len(segment) >= 6:
        jpeg.frame, jpeg.precision, jpeg.components = marker, segment[0], segment[5]
    elif marker == START_OF_SCAN[1] and len(segment) >= 4 + 2 * segment[0]:
        jpeg.scans.append(segment)
    elif any(segment.startswith(name[:4]) and len(segment) < least for name, least in _SHORTEST.items()):
        jpeg.damaged.append(place)


def _end_of_scan(content: bytes, position: int) -> int:
    found = _MARKER_IN_SCAN.search(content, position)
    return found.end() - 2 if found else len(content)


def clean_jpeg(content: bytes, jpeg: Jpeg) -> bytes:
    """Return the JPEG without damaged segments, and with an end; the very same bytes where nothing is wrong."""
    if jpeg.has_end and not jpeg.damaged:
        return content
    kept, position = [], 0
    for place in jpeg.damaged:
        kept.append(content[position : place.start])
        position = place.stop
    return b"".join([*kept, content[position : jpeg.end], b"" if jpeg.has_end else END_OF_IMAGE])


END_OF_PNG = b"\0\0\0\0IEND\xae\x42\x60\x82"
KEPT_CHUNKS = {b"tRNS", b"iCCP", b"eXIf", b"cICP", b"gAMA", b"sRGB"}
KEPT_TEXTS = {b"iTXt": b"XML:com.adobe.xmp\0", b"zTXt": b"Raw profile type exif\0", b"tEXt": b"Raw profile type exif\0"}
MAX_UNPACKED = 4 * 1024 * 1024
"""Bytes that a profile or a text may unpack to; profiles of printers have some 3 MB."""


def clean_png(content: bytes) -> tuple[bytes, bool]:
    """Return the PNG without the ancillary chunks that are damaged or of no use here, and whether one was damaged.

    A viewer skips those too. Critical chunks stay as they are, for the decoder to judge.
    """
    kept, begin, is_damaged, name, end, has_pixels = [content[:8]], 8, False, b"", 8, False
    for name, start, end in _chunks(content):
        has_pixels |= name == b"IDAT"
        if not name[0] & 0x20:
            continue
        data = content[start + 8 : end - 4]
        is_whole = zlib.crc32(data, zlib.crc32(name)).to_bytes(4, "big") == content[end - 4 : end]
        is_whole = is_whole and _is_bounded(name, data)
        is_damaged |= not is_whole
        if not is_whole or not (name in KEPT_CHUNKS or (name in KEPT_TEXTS and data.startswith(KEPT_TEXTS[name]))):
            kept.append(content[begin:start])
            begin = end
    if has_pixels and name != b"IEND":  # the decoder finds out whether a pixel is missing
        return b"".join([*kept, content[begin:end], END_OF_PNG]), True
    return (b"".join([*kept, content[begin:]]) if begin > 8 else content), is_damaged


def png_code_points(content: bytes) -> tuple[int, int]:
    """Return primaries and transfer of the pixels (cICP); 2 is unknown."""
    start = content.find(b"\0\0\0\4cICP", 0, max(0, content.find(b"IDAT")))
    return (content[start + 8], content[start + 9]) if start > 0 else (2, 2)


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Walk over name, start and end of each whole chunk."""
    position, number = 8, 0
    while position + 12 <= len(content):
        end = position + 12 + int.from_bytes(content[position : position + 4], "big")
        name = content[position + 4 : position + 8]
        number += 1
        if number > MAX_PIECES:
            raise rejected(Defect.CORRUPT_IMAGE, TOO_MANY_PIECES)
        if end > len(content) or not name.isalpha():
            return
        yield name, position, end
        position = end
        if name == b"IEND":
            return


def _is_bounded(name: bytes, data: bytes) -> bool:
    """Return whether a chunk has its size, and a packed one unpacks by the one method there is, within the limit."""
    keyword, _, rest = data.partition(b"\0")
    match name:
        case b"iTXt":
            if rest[:1] == b"\1":
                return rest[1:2] == b"\0" and _unpacks(rest[2:].split(b"\0", 2)[-1])
        case b"gAMA" | b"sRGB":
            return len(data) == (4 if name == b"gAMA" else 1)
        case b"iCCP" | b"zTXt":
            return rest[:1] == b"\0" and 0 < len(keyword) < 80 and _unpacks(rest[1:])
    return len(data) <= MAX_UNPACKED


def _unpacks(packed: bytes) -> bool:
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(packed, MAX_UNPACKED)
    except zlib.error:
        return False
    return not unpacker.unconsumed_tail


def webp_size(content: bytes) -> tuple[int, int]:
    """Return the size of a WebP's canvas (RFC 9649, 2.5 to 2.7), which all of its frames have to fit; else (0, 0)."""
    match content[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = (int.from_bytes(content[start : start + 2], "little") & 0x3FFF for start in (26, 28))
            return width, height
    return 0, 0


_MAX_UNITS = 10_000


def largest_frame(data: bytes, kind: bytes) -> int:
    """Return the pixels of the largest frame that coded data of this kind (an item's type) announces."""
    if kind == b"av01":
        return max((_av1_frame(unit) for unit in _av1_units(data)), default=0)
    return max((hevc_frame(unit) for unit in _hevc_units(data)), default=0) if kind == b"hvc1" else 0


def _av1_units(data: bytes) -> Iterator[bytes]:
    """Walk over the open bitstream units, and yield the sequence headers."""
    position = 0
    for _ in range(_MAX_UNITS):
        if position >= len(data):
            return
        header, position = data[position], position + 1 + (data[position] >> 2 & 1)
        size = len(data) - position
        if header & 2:
            size = shift = 0
            while shift < 56:
                byte, position = data[position], position + 1
                size |= (byte & 127) << shift
                shift += 7
                if not byte & 128:
                    break
        if header >> 3 & 15 == 1:
            yield data[position : position + min(size, 256)]
        position += size


def _hevc_units(data: bytes) -> Iterator[bytes]:
    position = 0
    for _ in range(_MAX_UNITS):
        if position + 4 > len(data):
            return
        size = int.from_bytes(data[position : position + 4], "big")
        yield data[position + 4 : position + 4 + min(size, 512)]
        position += 4 + size


class _Bits:
    """Reads numbers of so many bits."""

    def __init__(self, data: bytes) -> None:
        self._bits, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("a header ends before its fields do")
        return self._bits >> self._left & ((1 << count) - 1)

    def exponential(self) -> int:
        """Read an Exp-Golomb number (H.265, 9.2), which is also AV1's uvlc."""
        zeros = 0
        while zeros < 32 and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _av1_frame(data: bytes) -> int:
    bits = _Bits(data)
    bits.take(4)
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return (bits.take(width_bits) + 1) * (bits.take(height_bits) + 1)


def _skip_operating_points(bits: _Bits) -> None:
    delay = 0
    if bits.take(1):  # timing_info_present_flag
        bits.take(64)
        if bits.take(1):
            bits.exponential()
        if bits.take(1):  # decoder_model_info_present_flag
            delay = bits.take(5) + 1
            bits.take(42)
    has_initial_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if has_initial_delay and bits.take(1):
            bits.take(4)


def hevc_frame(unit: bytes) -> int:
    """Return the pixels of a frame, if the unit is a sequence parameter set; 0 for another."""
    if len(unit) < 3 or unit[0] >> 1 & 63 != 33:  # a sequence parameter set
        return 0
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(97)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.exponential()
    if bits.exponential() == 3:
        bits.take(1)
    return bits.exponential() * bits.exponential()
