"""Makes picture files of every format and defect; the marked corners show which way is up.

Each is made in memory, in milliseconds: nothing is fetched, and no file is kept.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import ExifTags, Image

SIZE = (240, 160)

CORNERS = {"red": (220, 30, 30), "green": (30, 180, 30), "blue": (30, 30, 220), "yellow": (230, 220, 30)}
"""Colours of the quarters: top left, top right, bottom left, bottom right."""

UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera stores what the orientation then turns back."""


def marked(size: tuple[int, int] = SIZE) -> Image.Image:
    """Make the upright picture: four quarters in four colours."""
    quarters = Image.new("RGB", (2, 2))
    quarters.putdata(list(CORNERS.values()))
    return quarters.resize(size, Image.Resampling.NEAREST)


def corners(content: bytes) -> list[str]:
    """Name the colours that a picture shows in its corners, in the order of CORNERS."""
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    right, bottom = picture.width - 1, picture.height - 1
    spots = [(x, y) for y in (bottom // 8, bottom - bottom // 8) for x in (right // 8, right - right // 8)]
    return [_nearest(picture.getpixel(spot)) for spot in spots]


def _nearest(pixel: Any) -> str:
    def distance(name: str) -> int:
        return sum(abs(a - b) for a, b in zip(pixel, CORNERS[name], strict=True))

    return min(CORNERS, key=distance)


def encoded(format_name: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    """Encode a picture, the marked one by default."""
    if format_name == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    target = io.BytesIO()
    (picture or marked()).save(target, format_name, **options)
    return target.getvalue()


def oriented(format_name: str, orientation: int, **options: Any) -> bytes:
    """Encode the marked picture as a camera held another way would."""
    stored = marked()
    if orientation in UNDO:
        stored = stored.transpose(UNDO[orientation])
    return encoded(format_name, stored, exif=exif(orientation), **options)


def heic_with_idle_exif() -> bytes:
    """Make a HEIC without a rotation of its own; its EXIF orientation has no say then (ISO/IEC 23000-22, MIAF)."""
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = 6
    return encoded("HEIF", exif=data)  # given as an object, pillow-heif writes it but doesn't turn by it


def exif(orientation: int) -> bytes:
    """Make EXIF data that holds an orientation."""
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    return data.tobytes()


def chunk(name: bytes, data: bytes) -> bytes:
    """Make a PNG chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(size: tuple[int, int], rows: bytes, *, depth: int = 8, colour: int = 2, interlaced: bool = False) -> bytes:
    """Make a PNG of raw rows (each with its filter byte); colour 0 is grey, 2 RGB, 3 palette, 6 RGBA."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def blank_png(side: int, *, colour: int = 2) -> bytes:
    """Make a large PNG without ever holding its pixels."""
    packer = zlib.compressobj(1)
    row = bytes(1 + side * {0: 1, 2: 3, 6: 4}[colour])
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    content = png((side, side), b"", colour=colour)
    return content.replace(chunk(b"IDAT", zlib.compress(b"")), chunk(b"IDAT", packed))


def png_with(content: bytes, name: bytes, data: bytes, *, before: bytes = b"IDAT") -> bytes:
    """Add a chunk to a PNG."""
    position = content.index(before) - 4
    return content[:position] + chunk(name, data) + content[position:]


def png_16_bit() -> bytes:
    """The marked picture in 16 bits a channel, which Pillow reads but can't write."""
    picture = marked()
    rows = (picture.crop((0, y, picture.width, y + 1)).tobytes() for y in range(picture.height))
    return png(
        SIZE, b"".join(b"\0" + bytes(value for sample in row for value in (sample, 0)) for row in rows), depth=16
    )


def png_interlaced() -> bytes:
    """The marked picture in the seven passes of Adam7 (PNG specification, 8.2), which Pillow can't write either."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    pixels: Any = marked().load()
    rows = b""
    for left, top, step_x, step_y in passes:
        for y in range(top, SIZE[1], step_y):
            line = (bytes(pixels[x, y]) for x in range(left, SIZE[0], step_x))
            rows += b"\0" + b"".join(line)
    return png(SIZE, rows, interlaced=True)


def tiff(entries: dict[int, tuple[int, int]], pixels: bytes = b"", *, order: str = ">") -> bytes:
    """Make an uncompressed TIFF of one strip; `entries` gives type and value of each tag beside the strip's."""
    start = 8 + 2 + 12 * (len(entries) + 2) + 4
    tags = entries | {273: (4, start), 279: (4, len(pixels))}
    directory = struct.pack(order + "H", len(tags))
    for tag, (kind, value) in sorted(tags.items()):
        packed = struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
        directory += struct.pack(order + "HHI", tag, kind, 1) + packed
    magic = b"MM\0*" if order == ">" else b"II*\0"
    return magic + struct.pack(order + "I", 8) + directory + bytes(4) + pixels


def tiff_grey(size: tuple[int, int] = SIZE, extra: dict[int, tuple[int, int]] | None = None) -> bytes:
    """Make a big-endian grey TIFF with further tags."""
    tags = {256: (4, size[0]), 257: (4, size[1]), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1), 278: (4, size[1])}
    return tiff(tags | (extra or {}), bytes(size[0] * size[1]))


def jpeg_with_size(width: int, height: int, *, progressive: bool = False) -> bytes:
    """Make a JPEG whose header claims another size."""
    content = bytearray(encoded("JPEG", progressive=progressive))
    frame = content.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    struct.pack_into(">HH", content, frame + 5, height, width)
    return bytes(content)


def jpeg_of_many_scans(size: tuple[int, int], scans: int) -> bytes:
    """Make a progressive JPEG whose last scan is repeated: little to send, long to decode."""
    content = encoded("JPEG", Image.new("L", size, 128), progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + b"\xff\xd9"


def animated(format_name: str) -> bytes:
    """Make an animation whose first frame is the marked picture."""
    others = [Image.new("RGB", SIZE, "black"), Image.new("RGB", SIZE, "white")]
    return encoded(format_name, save_all=True, append_images=others)
