"""Small files that would take much: decompression bombs of every format, and what has to become of each.

Drawn here, except for the frames of the two AVIFs, which take gigabytes to make: 16,000 x 12,000 flat pixels.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image

from tests.support import photos
from tests.support.photos import chunk, encoded, png_with, tiff


class Bomb(NamedTuple):
    """A file, and the reason of its refusal; "" where it is read without harm."""

    make: Callable[[], bytes]
    reason: str


_AVIF_420 = (
    "c-muNU{FXasVqn=%S>Yc0uY^>nP!-"
    "qnV9D5Xy^nKdYzkElE?r7iWw<6MNl?FL1uCZ0~+8f$SlbPvlxL`E;A=T8N_h`@fjhajKT~IT=qb=MrLMS8eFXukdw*;<t3IG7&_<Y<b&<X$}A`<0"
    "Mg!>1<Cn9S|qc$AQfug2`CmQ$gIc&2{3bTZ~!Tu#4<zYMtL5PkZ^K-PElTRP6g0pUIw-XppbZGK`zWsK!>p~GBvXRUFDvel2{_dz{M^9y{>+D?II"
    ">AUJj$RA_DBmhYziJ|NsBT^al(K0q0L?9-k7~m|PIMf8UgjjO;B7?>xV_Ld}OQp~Ys+uJ2!`wJ*84Mvdph`5Si~=4R~><-"
    "W4&<?`;rvcKnfQtJQf@hAy71{h2YSXOY%LGIE=BW{PGV4^=MCN4aZ*lJW*DzSO8?eq?*17XV5vnDO?Jbi`x7~8&m%buldd294wG#E#NaWoi5gK;z"
    "%M}u)R7zcAOdQs1b8wRUcR132s05=JPaR"
)
_AVIF_444 = (
    "c-muNU{FXasVqn=%S>Yc0uY^>nP!-"
    "qnV9D5Xy^zOdYzkElE?r7iWw<6MNl?FL1uCZ0~+8f$SlbPvlxL`E;A=T8N_h`@fjhajKT~ITy{XVMrLMS8eFXukdw*;<t3IG7&_<Y<b&<X$}A`<0"
    "Mg!>1<Cn9S|qc$AQfug2`CmQ$gIc&2{3bTZ~!Tu#4<zYMtiUt;pF_BqP*ms3ZTin3~UWRA@R(DT$rDL4r5_tYGwht$}Kk~u|$Z0i`)KtUH$IbB`h"
    "XV4n}K41lSV|gUbK^|FQW414F?1Q<}%8L{7H<-kq1e?4OC&{WWhFy%fylvtDbuG*yA0RqC^fp=r_6vke{DJv-y{SGOre1bj=oE2a1B-"
    "=wV9kN7IY1fu$EPoy|blqtNt%5K7jp<tpvDJJf^-"
    "}sTaBKp$LgLTu~>Lb4tUi{6y#;AiyqxR@^x3b9>MHMv)MuTxQ7)OI~G#E#NaWoi5gK;niqZjp@Xfs&NqFR_W0RUSZ9##"
)


def _box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


class Item(NamedTuple):
    """An item of a HEIF file: its type, data, claimed size, and the items it is derived from."""

    kind: bytes
    data: bytes = b""
    size: tuple[int, int] = (64, 64)
    parts: tuple[int, ...] = ()
    configuration: bytes = b""


def heif(items: list[Item], *, brand: bytes = b"heic") -> bytes:
    """Make a HEIF file of items numbered from 1, the first of which is the picture."""
    infe = [
        _box(b"infe", struct.pack(">IHH", 2 << 24, number, 0), item.kind, b"\0") for number, item in enumerate(items, 1)
    ]
    dimg = [
        _box(b"dimg", struct.pack(f">HH{len(item.parts)}H", number, len(item.parts), *item.parts))
        for number, item in enumerate(items, 1)
        if item.parts
    ]
    properties, owned = b"", struct.pack(">II", 0, len(items))
    place = 0
    for number, item in enumerate(items, 1):
        boxes = [
            _box(b"ispe", struct.pack(">III", 0, *item.size)),
            *([item.configuration] if item.configuration else []),
        ]
        properties += b"".join(boxes)
        indices = range(place + 1, place + 1 + len(boxes))
        owned += struct.pack(">HB", number, len(boxes)) + bytes(indices)
        place += len(boxes)
    idat, places = b"", struct.pack(">IHH", 1 << 24, 0x4400, len(items))
    for number, item in enumerate(items, 1):
        places += struct.pack(">HHHHII", number, 1, 0, 1, len(idat), len(item.data))
        idat += item.data
    meta = _box(
        b"meta",
        bytes(4),
        _box(b"hdlr", bytes(8), b"pict", bytes(13)),
        _box(b"pitm", struct.pack(">IH", 0, 1)),
        _box(b"iinf", struct.pack(">IH", 0, len(items)), *infe),
        _box(b"iref", bytes(4), *dimg),
        _box(b"iprp", _box(b"ipco", properties), _box(b"ipma", owned)),
        _box(b"idat", idat),
        _box(b"iloc", places),
    )
    return _box(b"ftyp", brand, bytes(4), brand, b"mif1") + meta


def _exponential(number: int) -> str:
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _hevc_parameters(width: int, height: int) -> bytes:
    """Make a sequence parameter set of frames of this size, as far as a size is read."""
    bits = (
        "0000" + "000" + "1" + "0" * 96 + _exponential(0) + _exponential(1) + _exponential(width) + _exponential(height)
    )
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return b"\x42\x01" + packed.replace(b"\0\0", b"\0\0\3")


def _hvcc(width: int, height: int) -> bytes:
    unit = _hevc_parameters(width, height)
    return _box(b"hvcC", bytes(22), b"\1\x21", struct.pack(">HH", 1, len(unit)), unit)


def _av1_frame(width: int, height: int) -> bytes:
    """Make a sequence header (reduced, for a still picture) of frames of this size, and no frame."""
    bits = (
        "000" + "1" + "1" + "00000" + f"{15:04b}" + f"{15:04b}" + f"{width - 1:016b}" + f"{height - 1:016b}" + "0" * 16
    )
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return b"\x12\0" + bytes([0x0A, len(packed)]) + packed


def _av1_file(width: int, height: int) -> bytes:
    configuration = _box(b"av1C", b"\x81\0\0\0")
    return heif([Item(b"av01", _av1_frame(width, height), (200, 200), (), configuration)], brand=b"avif")


def _grid(rows: int, columns: int, width: int, height: int) -> bytes:
    return bytes([0, 1, rows - 1, columns - 1]) + struct.pack(">II", width, height)


def _overlay(width: int, height: int, count: int) -> bytes:
    return bytes([0, 1]) + bytes(8) + struct.pack(">II", width, height) + bytes(8 * count)


def _packed(size: int, value: bytes = b"\0") -> bytes:
    packer, piece = zlib.compressobj(9), value * 1_000_000
    return b"".join(packer.compress(piece) for _ in range(size // 1_000_000)) + packer.flush()


def _tiff_tile() -> bytes:
    """A picture of 200 x 200 in one tile of 26,720 x 26,720, packed by deflate."""
    side = 26_720
    tags = {
        256: (4, 200),
        257: (4, 200),
        258: (3, 8),
        259: (3, 8),
        262: (3, 1),
        277: (3, 1),
        322: (4, side),
        323: (4, side),
    }
    pixels = _packed(side * side)
    content = tiff(tags, pixels)
    return content.replace(struct.pack(">HHI", 273, 4, 1), struct.pack(">HHI", 324, 4, 1)).replace(
        struct.pack(">HHI", 279, 4, 1), struct.pack(">HHI", 325, 4, 1)
    )


def _tiff_of_pieces() -> bytes:
    """A picture in four million strips, each of which would become an object."""
    count = 4_000_000
    content = photos.tiff_grey((16, 16))
    entry = struct.pack(">HHI", 273, 4, 1)
    start = content.index(entry)
    return content[: start + 4] + struct.pack(">II", count, len(content)) + content[start + 12 :] + bytes(4 * count)


def _tiff_of_scans() -> bytes:
    """A TIFF whose only strip is a JPEG of a thousand scans."""
    jpeg = photos.jpeg_of_many_scans((3000, 3000), 1000)
    size = {256: (4, 3000), 257: (4, 3000), 258: (3, 8), 259: (3, 7), 262: (3, 1), 277: (3, 1), 278: (4, 3000)}
    return tiff(size, jpeg)


def _gif(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    content = bytearray(encoded("GIF"))
    struct.pack_into("<HH", content, 6, *screen)
    struct.pack_into("<HH", content, content.index(b",\0\0\0\0") + 5, *frame)
    return bytes(content)


def _webp(name: bytes, data: bytes) -> bytes:
    body = b"WEBP" + name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_canvas() -> bytes:
    side = (16_382).to_bytes(3, "little")
    return _webp(b"VP8X", b"\2\0\0\0" + side * 2) + chunk(b"ANIM", bytes(6))


def _bmp(width: int, height: int, compression: int = 0, bits: int = 24) -> bytes:
    content = bytearray(encoded("BMP"))
    struct.pack_into("<iiHHI", content, 18, width, height, 1, bits, compression)
    return bytes(content)


def _animated_png() -> bytes:
    """A PNG whose second frame claims to be huge."""
    content = png_with(encoded("PNG"), b"acTL", struct.pack(">II", 2, 0))
    frame = struct.pack(">IIIIIHHBB", 1, 60_000, 60_000, 0, 0, 1, 1, 0, 0)
    content = png_with(content, b"fcTL", frame, before=b"IEND")
    return png_with(content, b"fdAT", struct.pack(">I", 2) + _packed(60_000_000), before=b"IEND")


def _with_profile(count: int) -> bytes:
    """A PNG with a profile whose curves claim to have so many points."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for place in range(len(profile) - 12):
        if bytes(profile[place : place + 4]) in (b"curv", b"para"):
            struct.pack_into(">4sII", profile, place, b"curv", 0, count)
    return png_with(encoded("PNG"), b"iCCP", b"a\0\0" + zlib.compress(bytes(profile)))


def _with_thumbnail() -> bytes:
    """A JPEG whose EXIF holds a thumbnail that is a bomb."""
    data = Image.Exif()
    data[0x0110] = "bomb"
    packed = data.tobytes() + photos.jpeg_with_size(65_000, 65_000, progressive=True)
    return encoded("JPEG", exif=packed)


def _avif_of_many(times: int) -> bytes:
    frame = Item(b"av01", _av1_frame(8000, 8000), (8000, 8000), (), _box(b"av1C", b"\x81\0\0\0"))
    return heif([Item(b"grid", _grid(256, 256, 512, 512), (512, 512), (2,) * times), frame], brand=b"avif")


def _nested_overlays(levels: int, times: int) -> bytes:
    overlays = [
        Item(b"iovl", _overlay(2000, 2000, times), (2000, 2000), (number + 2,) * times) for number in range(levels)
    ]
    return heif([*overlays, Item(b"hvc1", b"", (2000, 2000), (), _hvcc(2000, 2000))])


BOMBS = {
    "TIFF of one huge tile": Bomb(_tiff_tile, "TOO_MANY_PIXELS"),
    "TIFF of four million strips": Bomb(_tiff_of_pieces, "CORRUPT_IMAGE"),
    "TIFF of a thousand scans": Bomb(_tiff_of_scans, "TOO_MANY_PIXELS"),
    "TIFF of a huge size": Bomb(
        lambda: photos.tiff_grey(extra={256: (4, 60_000), 257: (4, 60_000)}), "TOO_MANY_PIXELS"
    ),
    "AVIF that claims to be small": Bomb(lambda: zlib.decompress(base64.b85decode(_AVIF_420)), "TOO_MANY_PIXELS"),
    "AVIF in full colour that claims to be small": Bomb(
        lambda: zlib.decompress(base64.b85decode(_AVIF_444)), "TOO_MANY_PIXELS"
    ),
    "AVIF whose sequence header is huge": Bomb(lambda: _av1_file(65_536, 65_536), "TOO_MANY_PIXELS"),
    "AVIF of one large frame, 65,535 times": Bomb(lambda: _avif_of_many(65_535), "TOO_MANY_PIXELS"),
    "HEIC whose parameter set is huge": Bomb(
        lambda: heif([Item(b"hvc1", b"", (200, 200), (), _hvcc(30_000, 30_000))]), "TOO_MANY_PIXELS"
    ),
    "HEIC whose data has a huge parameter set": Bomb(
        lambda: heif(
            [
                Item(
                    b"hvc1",
                    struct.pack(">I", len(_hevc_parameters(30_000, 30_000))) + _hevc_parameters(30_000, 30_000),
                    (200, 200),
                    (),
                    _hvcc(200, 200),
                )
            ]
        ),
        "TOO_MANY_PIXELS",
    ),
    "HEIC of a huge canvas": Bomb(
        lambda: heif(
            [
                Item(b"grid", _grid(1, 1, 60_000, 60_000), (64, 64), (2,)),
                Item(b"hvc1", b"", (64, 64), (), _hvcc(64, 64)),
            ]
        ),
        "TOO_MANY_PIXELS",
    ),
    "HEIC of one tile, 65,535 times": Bomb(
        lambda: heif(
            [
                Item(b"grid", _grid(256, 256, 512, 512), (512, 512), (2,) * 65_535),
                Item(b"hvc1", b"", (512, 512), (), _hvcc(512, 512)),
            ]
        ),
        "TOO_MANY_PIXELS",
    ),
    "HEIC of overlays of overlays": Bomb(lambda: _nested_overlays(4, 200), "TOO_MANY_PIXELS"),
    "HEIC derived from itself": Bomb(
        lambda: heif([Item(b"iovl", _overlay(64, 64, 1), (64, 64), (1,))]), "CORRUPT_IMAGE"
    ),
    "WebP of a huge canvas": Bomb(_webp_canvas, "TOO_MANY_PIXELS"),
    "WebP lossless of a huge size": Bomb(
        lambda: _webp(b"VP8L", b"\x2f" + (16_382 | 16_382 << 14).to_bytes(4, "little") + bytes(20)), "TOO_MANY_PIXELS"
    ),
    "GIF of a huge screen": Bomb(lambda: _gif((65_535, 65_535), (240, 160)), "TOO_MANY_PIXELS"),
    "GIF of a huge frame": Bomb(lambda: _gif((240, 160), (65_535, 65_535)), "TOO_MANY_PIXELS"),
    "PNG of a huge size": Bomb(lambda: photos.png((60_000, 60_000), b"\0"), "TOO_MANY_PIXELS"),
    "PNG of a huge second frame": Bomb(_animated_png, ""),
    "PNG of a bomb for a comment": Bomb(lambda: png_with(encoded("PNG"), b"zTXt", b"a\0\0" + _packed(900_000_000)), ""),
    "PNG of a bomb for a profile": Bomb(lambda: png_with(encoded("PNG"), b"iCCP", b"a\0\0" + _packed(900_000_000)), ""),
    "PNG of a profile with four billion points": Bomb(lambda: _with_profile(2**32 - 1), ""),
    "JPEG of a thousand scans": Bomb(lambda: photos.jpeg_of_many_scans((4000, 4000), 1000), "TOO_MANY_PIXELS"),
    "JPEG of a huge size": Bomb(lambda: photos.jpeg_with_size(65_000, 65_000, progressive=True), "TOO_MANY_PIXELS"),
    "JPEG that says its height later": Bomb(lambda: photos.jpeg_with_size(65_000, 0), "CORRUPT_IMAGE"),
    "JPEG with a huge thumbnail": Bomb(_with_thumbnail, ""),
    "BMP of a huge size": Bomb(lambda: _bmp(60_000, 60_000), "TOO_MANY_PIXELS"),
    "BMP of huge runs": Bomb(lambda: _bmp(60_000, 60_000, 1, 8), "TOO_MANY_PIXELS"),
}
"""Name -> bomb."""
