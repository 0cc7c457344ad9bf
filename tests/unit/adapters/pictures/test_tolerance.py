"""Odd but whole files: read where the pixels are there, refused with the true reason where they are not."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from tests.support import photos
from tests.support.odd_pictures import WHOLE, bigtiff_big_endian, strips
from tests.support.photos import SIZE, chunk, encoded, marked, png, png_with
from viewfinder.adapters.detector import takes
from viewfinder.adapters.pictures import Pictures
from viewfinder.adapters.pictures.structure import parse_jpeg
from viewfinder.domain.errors import ImageRejectedError


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE)
def test_a_picture_whose_pixels_are_there_is_read(make: Callable[[], bytes]) -> None:
    picture = Pictures().read(make())
    assert (picture.width, picture.height) == SIZE
    assert photos.corners(picture.thumbnail) == list(photos.CORNERS)


def test_a_big_endian_bigtiff_is_read() -> None:
    picture = Pictures().read(bigtiff_big_endian())
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
def test_a_jpeg_that_is_cut_is_truncated_unless_all_of_it_is_there_at_a_lower_quality(
    part: float, tail: bytes, *, progressive: bool
) -> None:
    content = encoded("JPEG", Image.effect_noise(SIZE, 90).convert("RGB"), progressive=progressive)
    cut = content[: int(len(content) * part)].rstrip(b"\xff") + tail
    if parse_jpeg(cut).has_end and progressive:
        assert Pictures().read(cut).width == SIZE[0]
    else:
        with pytest.raises(ImageRejectedError) as refusal:
            Pictures().read(cut)
        assert refusal.value.reason == "TRUNCATED_IMAGE"


@pytest.mark.parametrize("name", ["astronaut", "cat", "coffee", "rocket", "sign"])
def test_a_jpeg_that_was_transferred_as_a_text_is_corrupt(name: str) -> None:
    content = (SAMPLES / f"{name}.jpg").read_bytes()
    for converted in (content.replace(b"\n", b"\r\n"), content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
        with pytest.raises(ImageRejectedError, match="transferred in text mode") as refusal:
            Pictures().read(converted)
        assert refusal.value.reason == "CORRUPT_IMAGE"
    assert Pictures().read(content).format == "JPEG"


@pytest.mark.parametrize("colour", ["white", "black", (10, 13, 10)])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}, {"subsampling": 0}, {"quality": 5}])
def test_a_jpeg_of_one_colour_is_whole(colour: str | tuple[int, int, int], options: dict[str, Any]) -> None:
    """It ends as flat as what a decoder fills in, and its bytes repeat."""
    content = encoded("JPEG", Image.new("RGB", (1001, 777), colour), comment=b"\r\n" * 20, **options)
    assert Pictures().read(content).width == 1001


def test_a_tiff_of_nothing_but_a_reduced_page_is_read() -> None:
    picture = Pictures().read(encoded("TIFF", tiffinfo={254: 1}))
    assert (picture.width, picture.height) == SIZE


def test_a_progressive_jpeg_that_ends_between_two_scans_is_truncated() -> None:
    content = encoded("JPEG", progressive=True)
    with pytest.raises(ImageRejectedError) as refusal:
        Pictures().read(content[: content.rindex(b"\xff\xda")])
    assert refusal.value.reason == "TRUNCATED_IMAGE"


def _alpha(picture: Image.Image, mode: str) -> bytes:
    """A premultiplied picture, half of it transparent."""
    picture.putalpha(Image.new("L", SIZE, 255))
    channels = len(mode)
    return strips([picture.convert(mode).tobytes()], "<",
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
        lambda: strips([bytes(2 * SIZE[0] * SIZE[1])], "<", {258: [16], 262: [1], 277: [1], 339: [3]}), "TIFF"
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
    content = strips([bytes(2 * SIZE[0] * SIZE[1])], "<", {258: [16], 262: [1], 277: [1], 339: [3]})
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


SAMPLES = Path(__file__).parents[4] / "samples"
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


def test_a_row_of_fill_bytes_takes_no_longer_than_its_length() -> None:
    """Half a megabyte of them would take a quarter of an hour, if each was the beginning of another attempt."""
    content = encoded("JPEG")
    start = content.index(b"\xff\xda") + 20

    assert parse_jpeg(content[:start] + b"\xff" * 500_000 + b"\0").has_end is False


def test_fill_bytes_before_a_marker_change_nothing() -> None:
    content = encoded("JPEG")
    filled = content[:-2] + b"\xff" * 7 + content[-2:]

    assert parse_jpeg(filled).has_end
    assert Pictures().read(filled).thumbnail == Pictures().read(content).thumbnail
