"""Every format and every defect, each with what has to become of it."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import pytest
from PIL import Image, ImageCms

from tests.support import photos
from tests.support.photos import SIZE, animated, encoded, marked, oriented
from viewfinder.adapters.pictures import Pictures
from viewfinder.adapters.pictures.structure import clean_png
from viewfinder.domain.errors import ImageRejectedError

AS_IS = True


class Good(NamedTuple):
    """A file that is taken: its format, its upright size, and whether the detector gets the file itself."""

    make: Callable[[], bytes]
    format: str
    as_is: bool = False
    size: tuple[int, int] = SIZE
    in_colour: bool = True


def _with_alpha() -> Image.Image:
    """The marked picture, fully transparent in its middle."""
    picture = marked().convert("RGBA")
    picture.paste((0, 0, 0, 0), (100, 60, 140, 100))
    return picture


def _transparent_palette(format_name: str) -> bytes:
    picture = marked().quantize(4)
    picture.putpalette([*(picture.getpalette() or []), 0, 0, 0])
    picture.paste(4, (100, 60, 140, 100))
    return encoded(format_name, picture, transparency=4)


def _bmp_top_down() -> bytes:
    content = bytearray(encoded("BMP", marked().transpose(Image.Transpose.FLIP_TOP_BOTTOM)))
    struct.pack_into("<i", content, 22, -SIZE[1])
    return bytes(content)


def _mpo() -> bytes:
    return encoded("MPO", save_all=True, append_images=[Image.new("RGB", SIZE, "black")])


def _grey_16_bit() -> Image.Image:
    """From black on the left to white on the right, in 65,536 greys."""
    values = [x * 65535 // (SIZE[0] - 1) for x in range(SIZE[0])] * SIZE[1]
    return Image.frombytes("I;16", SIZE, struct.pack(f"<{len(values)}H", *values))


def _zip() -> bytes:
    return b"PK\3\4" + b"payload" * 20


GOOD = {
    "JPEG": Good(partial(encoded, "JPEG"), "JPEG", AS_IS),
    "JPEG progressive": Good(partial(encoded, "JPEG", progressive=True), "JPEG", AS_IS),
    "JPEG grey": Good(lambda: encoded("JPEG", marked().convert("L")), "JPEG", AS_IS, in_colour=False),
    "JPEG CMYK as Adobe writes it": Good(lambda: encoded("JPEG", marked().convert("CMYK")), "JPEG"),
    "JPEG with restart markers": Good(partial(encoded, "JPEG", restart_marker_rows=1), "JPEG", AS_IS),
    "JPEG with garbage behind": Good(lambda: encoded("JPEG") + bytes(range(256)) * 9, "JPEG", AS_IS),
    "JPEG and ZIP": Good(lambda: encoded("JPEG") + _zip(), "JPEG", AS_IS),
    "JPEG and HTML": Good(lambda: encoded("JPEG", comment=b"<html><script>"), "JPEG", AS_IS),
    "JPEG with broken EXIF": Good(lambda: encoded("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "JPEG", AS_IS),
    "JPEG of two pictures (MPO)": Good(_mpo, "JPEG", AS_IS),
    "JPEG that is small": Good(lambda: encoded("JPEG", marked((40, 30))), "JPEG", size=(40, 30)),
    "JPEG that is long": Good(lambda: encoded("JPEG", marked((12000, 90))), "JPEG", size=(12000, 90)),
    **{f"JPEG turned {turn}": Good(partial(oriented, "JPEG", turn), "JPEG", AS_IS) for turn in range(1, 9)},
    "PNG": Good(partial(encoded, "PNG"), "PNG", AS_IS),
    "PNG interlaced": Good(photos.png_interlaced, "PNG", AS_IS),
    "PNG of a palette": Good(lambda: encoded("PNG", marked().quantize(8)), "PNG", AS_IS),
    "PNG of a transparent palette": Good(partial(_transparent_palette, "PNG"), "PNG"),
    "PNG with alpha": Good(lambda: encoded("PNG", _with_alpha()), "PNG"),
    "PNG grey with alpha": Good(lambda: encoded("PNG", _with_alpha().convert("LA")), "PNG", in_colour=False),
    "PNG of one bit": Good(lambda: encoded("PNG", marked().convert("1")), "PNG", AS_IS, in_colour=False),
    "PNG of 16 bits": Good(photos.png_16_bit, "PNG"),
    "PNG grey of 16 bits": Good(lambda: encoded("PNG", _grey_16_bit()), "PNG", in_colour=False),
    "PNG turned": Good(partial(oriented, "PNG", 6), "PNG"),
    "PNG turned, said behind the pixels": Good(
        lambda: photos.png_with(oriented("PNG", 1), b"eXIf", photos.exif(3).removeprefix(b"Exif\0\0"), before=b"IEND"),
        "PNG",
        in_colour=False,
    ),
    "PNG animated": Good(partial(animated, "PNG"), "PNG", AS_IS),
    "PNG of one column": Good(lambda: encoded("PNG", marked((1, 20000))), "PNG", size=(1, 20000), in_colour=False),
    "PNG of one pixel": Good(lambda: encoded("PNG", marked((1, 1))), "PNG", size=(1, 1), in_colour=False),
    "WebP": Good(partial(encoded, "WEBP"), "WEBP"),
    "WebP lossless with alpha": Good(lambda: encoded("WEBP", _with_alpha(), lossless=True), "WEBP"),
    "WebP animated": Good(partial(animated, "WEBP"), "WEBP"),
    "WebP turned": Good(partial(oriented, "WEBP", 8), "WEBP"),
    "GIF": Good(partial(encoded, "GIF"), "GIF"),
    "GIF animated": Good(partial(animated, "GIF"), "GIF"),
    "GIF transparent": Good(partial(_transparent_palette, "GIF"), "GIF"),
    "TIFF": Good(partial(encoded, "TIFF"), "TIFF"),
    "TIFF by LZW": Good(partial(encoded, "TIFF", compression="tiff_lzw"), "TIFF"),
    "TIFF by JPEG": Good(partial(encoded, "TIFF", compression="jpeg"), "TIFF"),
    "TIFF big-endian": Good(photos.tiff_grey, "TIFF", in_colour=False),
    "BigTIFF": Good(partial(encoded, "TIFF", big_tiff=True), "TIFF"),
    "TIFF of several pages": Good(partial(animated, "TIFF"), "TIFF"),
    "TIFF CMYK": Good(lambda: encoded("TIFF", marked().convert("CMYK")), "TIFF"),
    "TIFF of a fax": Good(
        lambda: encoded("TIFF", marked().convert("1"), compression="group4"), "TIFF", in_colour=False
    ),
    "TIFF grey of 16 bits": Good(lambda: encoded("TIFF", _grey_16_bit()), "TIFF", in_colour=False),
    "TIFF of floats": Good(lambda: encoded("TIFF", marked().convert("F")), "TIFF", in_colour=False),
    **{f"TIFF turned {turn}": Good(partial(oriented, "TIFF", turn), "TIFF") for turn in (3, 6)},
    "TIFF by LZW turned": Good(partial(oriented, "TIFF", 5, compression="tiff_lzw"), "TIFF"),
    "BMP": Good(partial(encoded, "BMP"), "BMP"),
    "BMP of a palette": Good(lambda: encoded("BMP", marked().quantize(8)), "BMP"),
    "BMP from the top": Good(_bmp_top_down, "BMP"),
    "HEIC": Good(partial(encoded, "HEIF"), "HEIC"),
    "HEIC with alpha": Good(lambda: encoded("HEIF", _with_alpha()), "HEIC"),
    "HEIC whose EXIF alone says turned": Good(photos.heic_with_idle_exif, "HEIC"),
    **{f"HEIC turned {turn}": Good(partial(oriented, "HEIF", turn), "HEIC") for turn in (3, 6, 7)},
    "AVIF": Good(partial(encoded, "AVIF"), "AVIF"),
    "AVIF with alpha": Good(lambda: encoded("AVIF", _with_alpha()), "AVIF"),
    **{f"AVIF turned {turn}": Good(partial(oriented, "AVIF", turn), "AVIF") for turn in (3, 6, 7)},
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # of the file with broken EXIF, by Pillow
@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_picture_is_read_upright(case: Good) -> None:
    content = case.make()

    picture = Pictures().read(content)

    assert (picture.format, (picture.width, picture.height)) == (case.format, case.size)
    handed_on = clean_png(content)[0] if case.format == "PNG" else content  # without chunks that show nothing
    assert (picture.rendition == handed_on) is case.as_is
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", min(512, max(case.size)))
    if case.in_colour:
        assert photos.corners(picture.thumbnail) == list(photos.CORNERS)


@pytest.mark.parametrize("case", [case for case in GOOD.values() if not case.as_is], ids=lambda case: case.format)
def test_rendition_is_a_jpeg_the_detector_takes(case: Good) -> None:
    rendition = Pictures().read(case.make()).rendition

    with Image.open(io.BytesIO(rendition)) as opened:
        assert (opened.format, opened.mode) == ("JPEG", "RGB")
        assert min(opened.size) >= 80
        assert max(opened.size) <= 10_000
    if case.in_colour:
        assert photos.corners(rendition) == list(photos.CORNERS)


GREY_RAMP = [Good(lambda: encoded("PNG", _grey_16_bit()), "PNG"), Good(lambda: encoded("TIFF", _grey_16_bit()), "TIFF")]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # of the file with broken EXIF, by Pillow
@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_the_rendition_alone_is_that_of_the_whole_picture(case: Good) -> None:
    content = case.make()
    assert Pictures().rendition(content) == Pictures().read(content).rendition


@pytest.mark.parametrize("case", GREY_RAMP, ids=lambda case: case.format)
def test_16_bits_are_scaled_and_not_clipped(case: Good) -> None:
    with Image.open(io.BytesIO(Pictures().read(case.make()).thumbnail)) as thumbnail:
        greys = [thumbnail.convert("L").getpixel((x, 80)) for x in (0, 60, 120, 180, 239)]

    assert greys == pytest.approx([0, 64, 128, 191, 255], abs=6)


@pytest.mark.parametrize(
    "name", ["PNG with alpha", "PNG of a transparent palette", "GIF transparent", "HEIC with alpha"]
)
def test_transparent_parts_are_white(name: str) -> None:
    with Image.open(io.BytesIO(Pictures().read(GOOD[name].make()).thumbnail)) as thumbnail:
        assert thumbnail.convert("RGB").getpixel((120, 80)) == pytest.approx((255, 255, 255), abs=8)


def test_lab_colours_are_converted() -> None:
    red = Image.new("LAB", SIZE, (138, 209, 198))  # sRGB's red: L* 54.3, a* 80.8, b* 69.9 under D50

    with Image.open(io.BytesIO(Pictures().read(encoded("TIFF", red)).rendition)) as rendition:
        assert rendition.getpixel((9, 9)) == pytest.approx((255, 0, 0), abs=8)


def _with_red_and_blue_swapped() -> bytes:
    """A profile by which a picture's red means blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"swap").replace(b"bXYZ", b"rXYZ").replace(b"swap", b"bXYZ")


@pytest.mark.parametrize("format_name", ["JPEG", "WEBP", "TIFF"])
def test_colours_are_those_of_the_profile(format_name: str) -> None:
    content = encoded(format_name, icc_profile=_with_red_and_blue_swapped())

    assert photos.corners(Pictures().read(content).thumbnail)[::2] == ["blue", "red"]


def test_broken_profile_is_ignored() -> None:
    assert photos.corners(Pictures().read(encoded("WEBP", icc_profile=b"no profile")).rendition) == list(photos.CORNERS)


def test_rendition_of_noise_fits_the_detector() -> None:
    noise = Image.frombytes("RGB", (2100, 2100), random.Random(7).randbytes(2100 * 2100 * 3))

    assert len(Pictures().read(encoded("BMP", noise)).rendition) <= 5 * 1024 * 1024


def test_pictures_are_read_from_several_threads_at_once() -> None:
    contents = [case.make() for name, case in GOOD.items() if "broken" not in name] * 2
    pictures = Pictures()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(pictures.read, contents)) == [pictures.read(content) for content in contents]


class Bad(NamedTuple):
    """A file that is refused, and why."""

    make: Callable[[], bytes]
    reason: str


def _cut(format_name: str, **options: object) -> Callable[[], bytes]:
    """A file of noise (so that it has some length), of which the last third is missing."""

    def make() -> bytes:
        content = encoded(format_name, Image.effect_noise(SIZE, 90).convert("RGB"), **options)
        return content[: len(content) * 2 // 3]

    return make


def _damaged_png() -> bytes:
    content = bytearray(encoded("PNG"))
    content[content.index(b"IDAT") + 20] ^= 0xFF
    return bytes(content)


def _bmp_with_size(width: int, height: int) -> bytes:
    content = bytearray(encoded("BMP"))
    struct.pack_into("<ii", content, 18, width, height)
    return bytes(content)


def _gif_with_canvas(width: int, height: int) -> bytes:
    content = bytearray(encoded("GIF"))
    struct.pack_into("<HH", content, 6, width, height)
    struct.pack_into("<HH", content, content.index(b"\x2c") + 5, width, height)
    return bytes(content)


def _webp_with_canvas(side: int) -> bytes:
    content = bytearray(animated("WEBP"))
    content[24:30] = (side - 1).to_bytes(3, "little") * 2
    return bytes(content)


def _compressed_bomb(name: bytes, start: bytes) -> bytes:
    return photos.png_with(encoded("PNG"), name, start + zlib.compress(bytes(50_000_000)))


BAD = {
    "nothing": Bad(bytes, "EMPTY_OBJECT"),
    "text": Bad(lambda: b"BMW sells cars, and this is no bitmap.", "NOT_AN_IMAGE"),
    "HTML": Bad(lambda: b"<!doctype html><html><body><svg></svg></body></html>", "NOT_AN_IMAGE"),
    "HTML and JPEG": Bad(lambda: b"<html><!--" + encoded("JPEG"), "NOT_AN_IMAGE"),
    "ZIP": Bad(_zip, "NOT_AN_IMAGE"),
    "ZIP and PNG": Bad(lambda: _zip() + encoded("PNG"), "NOT_AN_IMAGE"),
    "video": Bad(lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(99), "NOT_AN_IMAGE"),
    "sound": Bad(lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(99), "NOT_AN_IMAGE"),
    "zeros": Bad(lambda: bytes(1000), "NOT_AN_IMAGE"),
    "SVG": Bad(lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "UNSUPPORTED_FORMAT"),
    "SVG with XML's first line": Bad(lambda: b'\xef\xbb\xbf<?xml version="1.0"?>\n<SVG/>', "UNSUPPORTED_FORMAT"),
    "PDF": Bad(lambda: b"%PDF-1.7\n", "UNSUPPORTED_FORMAT"),
    "JPEG XL": Bad(lambda: b"\xff\x0a" + bytes(99), "UNSUPPORTED_FORMAT"),
    "JPEG 2000": Bad(lambda: encoded("JPEG2000"), "UNSUPPORTED_FORMAT"),
    "icon": Bad(lambda: encoded("ICO"), "UNSUPPORTED_FORMAT"),
    "Canon CR2": Bad(lambda: b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "UNSUPPORTED_FORMAT"),
    "Canon CR3": Bad(lambda: b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(99), "UNSUPPORTED_FORMAT"),
    "DNG": Bad(lambda: photos.tiff_grey(extra={50706: (4, 0x01040000)}), "UNSUPPORTED_FORMAT"),
    "NEF": Bad(lambda: photos.tiff_grey(extra={254: (4, 1), 330: (4, 8)}), "UNSUPPORTED_FORMAT"),
    "JPEG, cut": Bad(_cut("JPEG"), "TRUNCATED_IMAGE"),
    "JPEG progressive, cut": Bad(_cut("JPEG", progressive=True), "TRUNCATED_IMAGE"),
    "JPEG, cut in its header": Bad(lambda: encoded("JPEG")[:100], "TRUNCATED_IMAGE"),
    "PNG, cut": Bad(_cut("PNG"), "TRUNCATED_IMAGE"),
    "PNG, cut in its header": Bad(lambda: encoded("PNG")[:20], "TRUNCATED_IMAGE"),
    "WebP, cut": Bad(_cut("WEBP"), "TRUNCATED_IMAGE"),
    "GIF, cut": Bad(_cut("GIF"), "TRUNCATED_IMAGE"),
    "TIFF, cut": Bad(_cut("TIFF"), "TRUNCATED_IMAGE"),
    "TIFF by LZW, cut": Bad(_cut("TIFF", compression="tiff_lzw"), "TRUNCATED_IMAGE"),
    "BMP, cut": Bad(_cut("BMP"), "TRUNCATED_IMAGE"),
    "HEIC, cut": Bad(_cut("HEIF"), "TRUNCATED_IMAGE"),
    "AVIF, cut": Bad(_cut("AVIF"), "TRUNCATED_IMAGE"),
    "PNG, damaged": Bad(_damaged_png, "CORRUPT_IMAGE"),
    "PNG without pixels": Bad(lambda: photos.png((0, 0), b""), "CORRUPT_IMAGE"),
    "JPEG that says its height later (DNL)": Bad(lambda: photos.jpeg_with_size(240, 0), "CORRUPT_IMAGE"),
    "TIFF of an absurd number of samples": Bad(lambda: photos.tiff_grey(extra={277: (3, 65535)}), "CORRUPT_IMAGE"),
    "TIFF of an absurd compression": Bad(lambda: photos.tiff_grey(extra={259: (3, 60000)}), "UNSUPPORTED_FORMAT"),
    "PNG of 60,000 x 60,000": Bad(lambda: photos.png((60_000, 60_000), b"\0"), "TOO_MANY_PIXELS"),
    "PNG of 16,384 x 16,384": Bad(lambda: photos.png((16_384, 16_384), b"\0"), "TOO_MANY_PIXELS"),
    "JPEG of 65,000 x 65,000": Bad(lambda: photos.jpeg_with_size(65_000, 65_000), "TOO_MANY_PIXELS"),
    "JPEG of 1,000 scans": Bad(lambda: photos.jpeg_of_many_scans((4000, 4000), 1000), "TOO_MANY_PIXELS"),
    "GIF of a huge canvas": Bad(lambda: _gif_with_canvas(65_535, 65_535), "TOO_MANY_PIXELS"),
    "WebP of a huge canvas": Bad(lambda: _webp_with_canvas(16_383), "TOO_MANY_PIXELS"),
    "BMP of a huge size": Bad(lambda: _bmp_with_size(100_000, 100_000), "TOO_MANY_PIXELS"),
    "TIFF of a huge size": Bad(lambda: photos.tiff_grey(extra={256: (4, 10**6), 257: (4, 10**6)}), "TOO_MANY_PIXELS"),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # of the TIFF files that are cut
@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_defect_is_refused_with_its_reason(case: Bad) -> None:
    with pytest.raises(ImageRejectedError) as refusal:
        Pictures().read(case.make())

    assert refusal.value.reason == case.reason
    assert str(refusal.value)


def test_limit_of_pixels_can_be_set() -> None:
    with pytest.raises(ImageRejectedError, match="240 x 160"):
        Pictures(max_pixels=240 * 160 - 1).read(encoded("JPEG"))

    assert Pictures(max_pixels=240 * 160).read(encoded("JPEG")).width == 240
