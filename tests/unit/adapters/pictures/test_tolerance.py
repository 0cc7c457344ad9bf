"""Odd but whole files: read where the pixels are there, refused with the true reason where they are not."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from tests.support import photos
from tests.support.photos import SIZE, chunk, encoded, marked, png, png_with
from viewfinder.adapters.detector import takes
from viewfinder.adapters.pictures import Pictures
from viewfinder.adapters.pictures.structure import parse_jpeg
from viewfinder.domain.errors import ImageRejectedError

RAW = marked().tobytes()


def _jpeg_with(segment: bytes, **options: object) -> bytes:
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
    strips = [struct.pack(f"{order}{len(plane)}H", *plane) for plane in planes]
    return _strips(strips, order, {258: [16] * 3, 262: [2], 277: [3], 284: [2 if planar else 1]})


def _strips(
    strips: list[bytes], order: str, tags: dict[int, list[int]], *, kinds: dict[int, int] | None = None
) -> bytes:
    """Make a TIFF of several strips, each of the picture's whole height, with tags of any number of values."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entries = {256: [SIZE[0]], 257: [SIZE[1]], 259: [1], 278: [SIZE[1]], **tags}
    entries |= {273: [0] * len(strips), 279: [len(strip) for strip in strips]}
    directory_size = 2 + 12 * len(entries) + 4
    overflow = 8 + directory_size
    values = {
        tag: (4 if tag in (273, 279) else (kinds or {}).get(tag, 3), entry) for tag, entry in sorted(entries.items())
    }
    sizes = {tag: len(entry) * (4 if kind == 4 else 2) for tag, (kind, entry) in values.items()}
    start = overflow + sum(size for size in sizes.values() if size > 4)
    values[273] = (4, [start + sum(map(len, strips[:number])) for number in range(len(strips))])
    directory, outside = struct.pack(order + "H", len(values)), b""
    for tag, (kind, entry) in values.items():
        packed = struct.pack(f"{order}{len(entry)}{'I' if kind == 4 else 'H'}", *entry)
        place = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", overflow + len(outside))
        outside += packed if len(packed) > 4 else b""
        directory += struct.pack(order + "HHI", tag, kind, len(entry)) + place
    return head + directory + bytes(4) + outside + b"".join(strips)


def _palette_of_bytes() -> bytes:
    picture = marked().quantize(4)
    palette = (picture.getpalette() or [])[: 3 * 256]
    palette += [0] * (768 - len(palette))
    colours = [value for channel in range(3) for value in palette[channel::3]]
    return _strips([picture.tobytes()], "<", {258: [8], 262: [3], 277: [1], 320: colours})


def _ycbcr() -> bytes:
    pixels = marked().convert("YCbCr").tobytes()
    return _strips([pixels], "<", {258: [8] * 3, 262: [6], 277: [3], 530: [1, 1]})


def _tiff_turned_by_a_byte() -> bytes:
    stored = marked().transpose(Image.Transpose.ROTATE_180)
    content = encoded("TIFF", stored, tiffinfo={274: 3})
    return content.replace(b"\x12\x01\x03\0\1\0\0\0\3\0\0\0", b"\x12\x01\x01\0\1\0\0\0\3\0\0\0")


def _bigtiff_big_endian() -> bytes:
    tags = {256: SIZE[0], 257: SIZE[1], 258: 8, 259: 1, 262: 1, 277: 1, 278: SIZE[1]}
    start = 16 + 8 + 20 * 9 + 8
    tags |= {273: start, 279: SIZE[0] * SIZE[1]}
    directory = struct.pack(">Q", len(tags))
    directory += b"".join(struct.pack(">HHQQ", tag, 16, 1, value) for tag, value in sorted(tags.items()))
    pixels = marked().convert("L").tobytes()
    return b"MM\0+\0\x08\0\0" + struct.pack(">Q", 16) + directory + bytes(8) + pixels


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
    "TIFF of 16 bits in planes": lambda: _rgb16("<", planar=True),
    "TIFF of 16 bits in planes, big-endian": lambda: _rgb16(">", planar=True),
    "TIFF of 16 bits": lambda: _rgb16("<", planar=False),
    "TIFF of a palette of bytes": _palette_of_bytes,
    "TIFF of YCbCr": _ycbcr,
    "TIFF turned by a byte": _tiff_turned_by_a_byte,
}


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE)
def test_a_picture_whose_pixels_are_there_is_read(make: Callable[[], bytes]) -> None:
    picture = Pictures().read(make())
    assert (picture.width, picture.height) == SIZE
    assert photos.corners(picture.thumbnail) == list(photos.CORNERS)


def test_a_big_endian_bigtiff_is_read() -> None:
    picture = Pictures().read(_bigtiff_big_endian())
    assert (picture.width, picture.height) == SIZE
    spots = [(20, 20), (220, 20), (20, 140), (220, 140)]
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        greys = [thumbnail.convert("L").getpixel(spot) for spot in spots]
    assert greys == pytest.approx([marked().convert("L").getpixel(spot) for spot in spots], abs=6)


@pytest.mark.parametrize(
    "tail", [b"", b"\xff\xd9", bytes(1000), encoded("JPEG")], ids=["no", "an end", "zeros", "JPEG"]
)
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_jpeg_that_is_cut_is_truncated_unless_it_claims_an_end(
    part: float, tail: bytes, *, progressive: bool
) -> None:
    content = encoded("JPEG", Image.effect_noise(SIZE, 90).convert("RGB"), progressive=progressive)
    cut = content[: int(len(content) * part)].rstrip(b"\xff") + tail
    if parse_jpeg(cut).has_end:
        assert Pictures().read(cut).width == SIZE[0]  # as every viewer shows it: grey where data is missing
    else:
        with pytest.raises(ImageRejectedError) as refusal:
            Pictures().read(cut)
        assert refusal.value.reason == "TRUNCATED_IMAGE"


def test_a_progressive_jpeg_that_ends_between_two_scans_is_truncated() -> None:
    content = encoded("JPEG", progressive=True)
    with pytest.raises(ImageRejectedError) as refusal:
        Pictures().read(content[: content.rindex(b"\xff\xda")])
    assert refusal.value.reason == "TRUNCATED_IMAGE"


def _alpha(picture: Image.Image, mode: str) -> bytes:
    """A premultiplied picture, half of it transparent."""
    picture.putalpha(Image.new("L", SIZE, 255))
    channels = len(mode)
    return _strips([picture.convert(mode).tobytes()], "<",
                   {258: [8] * channels, 262: [1 if channels == 2 else 2], 277: [channels], 338: [1]})  # fmt: skip


@pytest.mark.parametrize(("start", "mode"), [("L", "LA"), ("RGB", "RGBA")])
def test_premultiplied_colours_are_read(start: str, mode: str) -> None:
    picture = Pictures().read(_alpha(marked().convert(start), mode))
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        got = thumbnail.convert("RGB").getpixel((20, 20))
    assert got == pytest.approx(marked().convert(start).convert("RGB").getpixel((20, 20)), abs=6)


@pytest.mark.parametrize("transparent", [0, 0x1234, 65535])
def test_16_bit_grey_with_a_transparent_grey_is_scaled_and_not_clipped(transparent: int) -> None:
    width, height = 256, 90
    row = b"\0" + b"".join(struct.pack(">H", x * 257) for x in range(width))
    content = png_with(png((width, height), row * height, depth=16, colour=0), b"tRNS", struct.pack(">H", transparent))
    with Image.open(io.BytesIO(Pictures().read(content).thumbnail)) as thumbnail:
        greys = [thumbnail.convert("L").getpixel((x, 45)) for x in (64, 128, 192)]
    assert greys == pytest.approx([64, 128, 192], abs=6)


def test_what_a_gif_frame_does_not_cover_is_white() -> None:
    content = bytearray(encoded("GIF", marked((120, 80))))
    struct.pack_into("<HH", content, 6, *SIZE)
    picture = Pictures().read(bytes(content))
    assert (picture.width, picture.height) == SIZE
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        assert thumbnail.convert("RGB").getpixel((200, 120)) == pytest.approx((255, 255, 255), abs=4)
        assert thumbnail.convert("RGB").getpixel((20, 20)) == pytest.approx(photos.CORNERS["red"], abs=12)


@pytest.mark.parametrize("entries", [257, 300, 2**32 - 1])
def test_a_bmp_palette_is_read_as_far_as_pixels_can_name_its_entries(entries: int) -> None:
    content = bytearray(encoded("BMP", marked().quantize(256)))
    content[46:50] = struct.pack("<I", entries)
    assert (
        Pictures().read(bytes(content)).thumbnail == Pictures().read(encoded("BMP", marked().quantize(256))).thumbnail
    )


@pytest.mark.parametrize(
    ("gamma", "srgb", "expected"),
    [
        (100_000, False, 188),  # linear light: half of it is 188 on a screen
        (55_556, False, 147),  # an old Mac's screen, 1.8
        (45_455, False, 128),
        (45_000, False, 128),
        (100_000, True, 128),  # sRGB says more than gAMA
        (0, False, 128),  # no gamma at all
    ],
)
def test_a_png_is_shown_by_its_gamma(gamma: int, srgb: bool, expected: int) -> None:
    content = png_with(encoded("PNG", Image.new("RGB", SIZE, (128, 128, 128))), b"gAMA", struct.pack(">I", gamma))
    content = png_with(content, b"sRGB", b"\0") if srgb else content
    picture = Pictures().read(content)
    for rendition in (picture.thumbnail, picture.rendition):
        with Image.open(io.BytesIO(rendition)) as shown:
            assert shown.convert("L").getpixel((40, 40)) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("tail", [b"\0\0vNIDAT", b"\0\0vNIDAT\x12\x34", b"\0\0\0", b"\0\0\0\0IEND"])
def test_a_png_cut_behind_its_last_pixel_is_read(tail: bytes) -> None:
    whole = encoded("PNG")
    cut = whole[: whole.rindex(b"\0\0\0\0IEND")] + tail
    assert Pictures().read(cut).thumbnail == Pictures().read(whole).thumbnail


def _with_precision(bits: int) -> bytes:
    content = bytearray(encoded("JPEG"))
    content[content.index(b"\xff\xc0") + 4] = bits
    return bytes(content)


def _with_frame(marker: int) -> bytes:
    return encoded("JPEG").replace(b"\xff\xc0", bytes([0xFF, marker]))


def _bmp_of_odd_fields() -> bytes:
    content = bytearray(encoded("BMP"))
    content[28:30], content[30] = b"\x10\0", 3
    return bytes(content[:54]) + struct.pack("<III", 0x7000, 0x380, 0x1F) + bytes(content[54:])


class Unread(NamedTuple):
    """A file that is whole, but not read, and what its refusal names."""

    make: Callable[[], bytes]
    name: str


UNREAD = {
    "12-bit JPEG": Unread(lambda: _with_precision(12), "JPEG of 12 bits"),
    "lossless JPEG": Unread(lambda: _with_frame(0xC3), "Lossless JPEG"),
    "JPEG-LS": Unread(lambda: _with_frame(0xF7), "Lossless JPEG"),
    "BMP of odd bit fields": Unread(_bmp_of_odd_fields, "BMP"),
    "TIFF of half floats": Unread(
        lambda: _strips([bytes(2 * SIZE[0] * SIZE[1])], "<", {258: [16], 262: [1], 277: [1], 339: [3]}), "TIFF"
    ),
    "TIFF of an unknown compression": Unread(lambda: photos.tiff_grey(extra={259: (3, 60_000)}), "compression 60000"),
    "TIFF of WebP": Unread(lambda: photos.tiff_grey(extra={259: (3, 50_001)}), "compression 50001"),
    "Pentax raw": Unread(lambda: photos.tiff_grey(extra={259: (3, 65_535)}), "Camera raw"),
    "a sensor's mosaic": Unread(lambda: photos.tiff_grey(extra={262: (3, 32_803)}), "Camera raw"),
    "TGA": Unread(lambda: encoded("TGA"), "TGA"),
    "TGA of a palette": Unread(lambda: encoded("TGA", marked().quantize(16)), "TGA"),
    "PCX": Unread(lambda: encoded("PCX"), "PCX"),
    "PPM": Unread(lambda: encoded("PPM"), "Portable pixmap"),
    "PGM": Unread(lambda: encoded("PPM", marked().convert("L")), "Portable pixmap"),
    "ICNS": Unread(lambda: encoded("ICNS", marked((64, 64))), "Apple icon"),
    "CUR": Unread(lambda: b"\0\0\2\0" + encoded("ICO", marked((64, 64)))[4:], "Windows cursor"),
    "SGI": Unread(lambda: encoded("SGI"), "SGI"),
    "DICOM": Unread(lambda: bytes(128) + b"DICM" + bytes(64), "DICOM"),
    "JPEG 2000": Unread(lambda: encoded("JPEG2000"), "JPEG 2000"),
}


@pytest.mark.parametrize("case", UNREAD.values(), ids=UNREAD)
def test_a_whole_file_that_is_not_read_is_unsupported_by_name(case: Unread) -> None:
    with pytest.raises(ImageRejectedError, match=case.name) as refusal:
        Pictures().read(case.make())
    assert refusal.value.reason == "UNSUPPORTED_FORMAT"


def test_a_whole_tiff_of_unknown_pixels_that_is_cut_is_truncated() -> None:
    content = _strips([bytes(2 * SIZE[0] * SIZE[1])], "<", {258: [16], 262: [1], 277: [1], 339: [3]})
    with pytest.raises(ImageRejectedError) as refusal:
        Pictures().read(content[:-1000])
    assert refusal.value.reason == "TRUNCATED_IMAGE"


@pytest.mark.parametrize("beginning", [b"PK\3\4", b"\x7fELF", b"GIF8", b"\0" * 64, b"<html>", b"P5", b"\n\n"], ids=repr)
def test_what_only_looks_like_an_image_is_none(beginning: bytes) -> None:
    with pytest.raises(ImageRejectedError) as refusal:
        Pictures().read(beginning + b"some text" * 9)
    assert refusal.value.reason == "NOT_AN_IMAGE"


@pytest.mark.parametrize(
    ("format_name", "mode", "size", "length", "scanned", "expected"),
    [
        ("JPEG", "RGB", (9000, 9000), 1, 0, True),  # decoded at a smaller scale
        ("JPEG", "RGB", (4000, 3000), 1, 12_000_000 * 10, True),
        ("JPEG", "RGB", (4000, 3000), 1, 12_000_000 * 42, False),
        ("JPEG", "CMYK", (400, 300), 1, 0, False),
        ("JPEG", "RGB", (10_001, 300), 1, 0, False),
        ("JPEG", "RGB", (79, 300), 1, 0, False),
        ("JPEG", "RGB", (400, 300), 5 * 1024 * 1024 + 1, 0, False),
        ("PNG", "1", (4960, 7016), 1, 0, False),  # 35 megapixels
        ("PNG", "P", (4960, 6016), 1, 0, True),
        ("PNG", "", (400, 300), 1, 0, False),
        ("WEBP", "RGB", (400, 300), 1, 0, False),
    ],
)
def test_the_detector_takes_what_it_can_decode(  # noqa: PLR0917
    format_name: str,
    mode: str,
    size: tuple[int, int],
    length: int,
    scanned: int,
    expected: bool,
) -> None:
    assert takes(format_name, mode, size, length, scanned) is expected


EXAMPLES = Path(__file__).parents[5] / "shared/eval/pictures"
CUP, GREY_CUP, SKY, RAMP = (159, 86, 52), (104, 104, 104), (91, 121, 161), (127, 127, 127)
RIGHT: dict[str, tuple[tuple[int, int], tuple[int, int, int]] | str] = {
    "bigtiff-big-endian.tif": ((150, 100), GREY_CUP),
    "gif-frame-smaller-than-screen.gif": ((300, 200), (231, 212, 204)),
    "heic-sony-61mp.heic": ((9504, 6336), SKY),
    "jpeg-empty-jfif-segment.jpg": ((300, 200), CUP),
    "jpeg-progressive-motion-photo.jpg": ((4000, 3000), (253, 252, 252)),
    "jpeg-without-eoi.jpg": ((300, 200), CUP),
    "png-ancillary-crc.png": ((150, 100), CUP),
    "png-grey16-trns.png": ((150, 100), RAMP),
    "png-icc-over-1mb.png": ((150, 100), CUP),
    "png-scan-600dpi-a4-1bit.png": ((4960, 7016), (255, 255, 255)),
    "png-ztxt-unknown-method.png": ((150, 100), CUP),
    "tiff-grey-alpha-premultiplied.tif": ((150, 100), GREY_CUP),
    "tiff-grey-float16.tif": "UNSUPPORTED_FORMAT",
    "tiff-palette-of-8-bit-entries.tif": ((150, 100), CUP),
    "tiff-pef-raw-compression.tif": "UNSUPPORTED_FORMAT",
    "tiff-rgb-float32.tif": "UNSUPPORTED_FORMAT",
    "tiff-rgb16-planar-uncompressed.tif": ((150, 100), CUP),
    "tiff-ycbcr420-uncompressed.tif": ((150, 100), CUP),
    "webp-48mp.webp": ((8064, 6048), SKY),
}


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of the repository")
@pytest.mark.parametrize("name", RIGHT)
def test_examples_are_read_right(name: str) -> None:
    content, right = (EXAMPLES / name).read_bytes(), RIGHT[name]
    if isinstance(right, str):
        with pytest.raises(ImageRejectedError) as refusal:
            Pictures().read(content)
        assert refusal.value.reason == right
        return
    picture = Pictures().read(content)
    assert (picture.width, picture.height) == right[0]
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        mean = thumbnail.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert mean == pytest.approx(right[1], abs=4)


def test_a_png_that_ends_between_two_chunks_of_pixels_is_truncated() -> None:
    content = encoded("PNG", Image.effect_noise((300, 300), 90))
    start = content.index(b"IDAT") - 4
    length = int.from_bytes(content[start : start + 4], "big")
    half = chunk(b"IDAT", content[start + 8 : start + 8 + length // 2])
    with pytest.raises(ImageRejectedError) as refusal:
        Pictures().read(content[:start] + half)
    assert refusal.value.reason == "TRUNCATED_IMAGE"
