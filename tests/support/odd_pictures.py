"""Odd but whole files: what viewers show is read, by the pipeline and by the engine alike."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.support.photos import SIZE, chunk, encoded, marked, png_with

RAW = marked().tobytes()


def _jpeg_with(segment: bytes, **options: Any) -> bytes:
    content = encoded("JPEG", **options)
    return content[:2] + segment + content[2:]


def _short_jfif() -> bytes:
    content = encoded("JPEG")
    length = 2 + int.from_bytes(content[4:6], "big")
    return content[:2] + b"\xff\xe0\0\7JFIF\0" + content[2 + length :]


def _bad_checksum(name: bytes, data: bytes) -> bytes:
    content = png_with(encoded("PNG"), name, data)
    return content.replace(chunk(name, data), chunk(name, data)[:-4] + b"oops")


def _packed(size: int) -> bytes:
    return zlib.compress(bytes(size))


def _rgb16(order: str, *, planar: bool) -> bytes:
    """The marked picture in 16 bits a channel, by planes or by pixels."""
    values = [value * 257 for value in RAW]
    planes = [values[channel::3] for channel in range(3)] if planar else [values]
    packed = [struct.pack(f"{order}{len(plane)}H", *plane) for plane in planes]
    return strips(packed, order, {258: [16] * 3, 262: [2], 277: [3], 284: [2 if planar else 1]})


def strips(parts: list[bytes], order: str, tags: dict[int, list[int]], *, kinds: dict[int, int] | None = None) -> bytes:
    """Make a TIFF of several strips, each of the picture's whole height, with tags of any number of values."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entries = {256: [SIZE[0]], 257: [SIZE[1]], 259: [1], 278: [SIZE[1]], **tags}
    entries |= {273: [0] * len(parts), 279: [len(strip) for strip in parts]}
    directory_size = 2 + 12 * len(entries) + 4
    overflow = 8 + directory_size
    values = {
        tag: (4 if tag in (273, 279) else (kinds or {}).get(tag, 3), entry) for tag, entry in sorted(entries.items())
    }
    sizes = {tag: len(entry) * (4 if kind == 4 else 2) for tag, (kind, entry) in values.items()}
    start = overflow + sum(size for size in sizes.values() if size > 4)
    values[273] = (4, [start + sum(map(len, parts[:number])) for number in range(len(parts))])
    directory, outside = struct.pack(order + "H", len(values)), b""
    for tag, (kind, entry) in values.items():
        packed = struct.pack(f"{order}{len(entry)}{'I' if kind == 4 else 'H'}", *entry)
        place = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", overflow + len(outside))
        outside += packed if len(packed) > 4 else b""
        directory += struct.pack(order + "HHI", tag, kind, len(entry)) + place
    return head + directory + bytes(4) + outside + b"".join(parts)


def _palette_of_bytes() -> bytes:
    picture = marked().quantize(4)
    palette = (picture.getpalette() or [])[: 3 * 256]
    palette += [0] * (768 - len(palette))
    colours = [value for channel in range(3) for value in palette[channel::3]]
    return strips([picture.tobytes()], "<", {258: [8], 262: [3], 277: [1], 320: colours})


def _ycbcr() -> bytes:
    pixels = marked().convert("YCbCr").tobytes()
    return strips([pixels], "<", {258: [8] * 3, 262: [6], 277: [3], 530: [1, 1]})


def _tiff_turned_by_a_byte() -> bytes:
    stored = marked().transpose(Image.Transpose.ROTATE_180)
    content = encoded("TIFF", stored, tiffinfo={274: 3})
    return content.replace(b"\x12\x01\x03\0\1\0\0\0\3\0\0\0", b"\x12\x01\x01\0\1\0\0\0\3\0\0\0")


def bigtiff_big_endian() -> bytes:
    tags = {256: SIZE[0], 257: SIZE[1], 258: 8, 259: 1, 262: 1, 277: 1, 278: SIZE[1]}
    start = 16 + 8 + 20 * 9 + 8
    tags |= {273: start, 279: SIZE[0] * SIZE[1]}
    directory = struct.pack(">Q", len(tags))
    directory += b"".join(struct.pack(">HHQQ", tag, 16, 1, value) for tag, value in sorted(tags.items()))
    pixels = marked().convert("L").tobytes()
    return b"MM\0+\0\x08\0\0" + struct.pack(">Q", 16) + directory + bytes(8) + pixels


def _comments() -> bytes:
    content, comment = encoded("PNG"), b"a\0\0" + _packed(1_000_000)
    for _ in range(80):
        content = png_with(content, b"zTXt", comment)
    return content


def _reduced_page_first() -> bytes:
    """Make a TIFF of two pages, of which the first is a thumbnail of another colour."""
    thumbnail = Image.new("RGB", (60, 40), "white")
    content = encoded("TIFF", thumbnail, tiffinfo={254: 1}, save_all=True, append_images=[marked()])
    reduced, full = (struct.pack("<HHII", 254, 4, 1, value) for value in (1, 0))
    first, second = content.index(reduced), content.rindex(reduced)
    assert first < second
    return content[:second] + full + content[second + len(full) :]


WHOLE: dict[str, Callable[[], bytes]] = {
    "JPEG without its end": lambda: encoded("JPEG")[:-2],
    "JPEG without its end, with a trailer": lambda: encoded("JPEG")[:-2] + bytes(500),
    "JPEG without its end, with a picture behind": lambda: encoded("JPEG")[:-2] + encoded("JPEG"),
    "JPEG progressive without its end": lambda: encoded("JPEG", progressive=True)[:-2],
    "JPEG of a short JFIF segment": _short_jfif,
    "JPEG of an empty JFIF segment": lambda: _jpeg_with(b"\xff\xe0\0\2"),
    "JPEG of a short Adobe segment": lambda: _jpeg_with(b"\xff\xee\0\7Adobe"),
    "JPEG with fill bytes": lambda: _jpeg_with(b"\xff\xff\xff\xfe\0\4hi"),
    "JPEG with scans behind its end": lambda: encoded("JPEG", progressive=True) + b"\xff\xda" * 9000,
    "PNG of a bad time": lambda: _bad_checksum(b"tIME", bytes(7)),
    "PNG of a bad comment": lambda: _bad_checksum(b"tEXt", b"a\0b"),
    "PNG of a bad profile": lambda: _bad_checksum(b"iCCP", b"a\0\0" + _packed(10)),
    "PNG of an unknown zTXt method": lambda: png_with(encoded("PNG"), b"zTXt", b"a\0\7" + _packed(9)),
    "PNG of an unknown iTXt method": lambda: png_with(encoded("PNG"), b"iTXt", b"a\0\1\7\0\0" + _packed(9)),
    "PNG of a large profile": lambda: png_with(encoded("PNG"), b"iCCP", b"a\0\0" + _packed(3_000_000)),
    "PNG of a bomb for a profile": lambda: png_with(encoded("PNG"), b"iCCP", b"a\0\0" + _packed(90_000_000)),
    "PNG of a bomb for a comment": lambda: png_with(encoded("PNG"), b"zTXt", b"a\0\0" + _packed(90_000_000)),
    "PNG of bombs for comments": lambda: png_with(encoded("PNG"), b"iTXt", b"a\0\1\0\0\0" + _packed(90_000_000)),
    "PNG without its end": lambda: encoded("PNG")[:-12],
    "PNG that ends within its end": lambda: encoded("PNG")[:-4],
    "PNG of a short pHYs": lambda: png_with(encoded("PNG"), b"pHYs", b"\0"),
    "PNG of a short gAMA": lambda: png_with(encoded("PNG"), b"gAMA", b"\0"),
    "PNG of a short cHRM": lambda: png_with(encoded("PNG"), b"cHRM", b"\0"),
    "PNG of a short sRGB": lambda: png_with(encoded("PNG"), b"sRGB", b""),
    "PNG of a short acTL": lambda: png_with(encoded("PNG"), b"acTL", b"\0"),
    "PNG of a short fcTL": lambda: png_with(encoded("PNG"), b"fcTL", b"\0"),
    "PNG of 80 MB of packed comments": _comments,
    "PNG with a trailer": lambda: encoded("PNG") + bytes(100),
    "TIFF whose first page is a thumbnail": _reduced_page_first,
    "TIFF of 16 bits in planes": lambda: _rgb16("<", planar=True),
    "TIFF of 16 bits in planes, big-endian": lambda: _rgb16(">", planar=True),
    "TIFF of 16 bits": lambda: _rgb16("<", planar=False),
    "TIFF of a palette of bytes": _palette_of_bytes,
    "TIFF of YCbCr": _ycbcr,
    "TIFF turned by a byte": _tiff_turned_by_a_byte,
}
"""Each shows the marked picture."""
