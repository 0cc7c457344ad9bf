"""Pictures: the formats and limits of the service, orientation, and what damaged data does."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.unit.rekognition.images import encode, halves, noise, plain, png_header
from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.pictures import count_scans, read_picture

ORIENTATION = 0x0112


def read(content: bytes, max_pixels: int = 32_000_000, detail: int = 640) -> Image.Image:
    return read_picture(content, max_pixels=max_pixels, detail=detail)


def refusal(content: bytes, max_pixels: int = 32_000_000) -> tuple[str, str]:
    with pytest.raises(EngineError) as raised:
        read(content, max_pixels)
    return raised.value.code, raised.value.message


@pytest.mark.parametrize(
    ("orientation", "red_side"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")],
)
def test_a_jpeg_is_turned_upright(orientation: int, red_side: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = read(encode(halves("red", "blue"), "JPEG", exif=exif.tobytes(), quality=95))
    width, height = picture.size
    middle = {"left": (5, height // 2), "right": (width - 5, height // 2)}
    middle |= {"top": (width // 2, 5), "bottom": (width // 2, height - 5)}
    pixel: Any = picture.getpixel(middle[red_side])
    red, _, blue = pixel
    assert red > 200
    assert blue < 60


def test_a_png_is_left_as_it_is_whatever_its_exif_says() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    assert read(encode(halves("red", "blue"), "PNG", exif=exif.tobytes())).size == (200, 100)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_does_not_make_a_picture_unreadable() -> None:
    assert read(encode(noise(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).size == (160, 120)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    if mode == "I;16":
        content = encode(Image.fromarray(np.full((100, 100), 0x8000, dtype=np.uint16)), "PNG")
    else:
        content = encode(noise().convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    assert read(content).mode == "RGB"


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    content = encode(Image.fromarray(np.full((100, 100), 0x4000, dtype=np.uint16)), "PNG")
    assert read(content).getpixel((50, 50)) == (0x40, 0x40, 0x40)


def test_transparency_is_white() -> None:
    assert read(encode(Image.new("RGBA", (90, 90), (255, 0, 0, 0)), "PNG")).getpixel((1, 1)) == (255, 255, 255)


def test_a_large_jpeg_is_scaled_while_decoding_but_keeps_its_detail() -> None:
    assert read(encode(noise((3000, 2000)), "JPEG"), detail=640).size == (1500, 1000)


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_formats_are_refused(image_format: str) -> None:
    assert refusal(encode(noise(), image_format)) == ("InvalidImageFormatException", "Request has invalid image format")


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_truncated_image_is_refused(image_format: str) -> None:
    content = encode(noise(), image_format)
    assert refusal(content[: len(content) // 2])[0] == "InvalidImageFormatException"


def test_the_smallest_side_is_80_pixels() -> None:
    assert read(plain("red", (80, 80))).size == (80, 80)
    assert refusal(plain("red", (79, 200)))[0] == "InvalidParameterException"


def test_the_largest_side_is_10_000_pixels() -> None:
    assert read(plain("red", (10_000, 80))).size == (10_000, 80)
    code, message = refusal(plain("red", (10_001, 80)))
    assert code == "ImageTooLargeException"
    assert message == "Input image dimensions 10001 x 80 exceed maximum dimension size of 10000 pixels"


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    assert refusal(png_header(9_999, 9_999))[0] == "ImageTooLargeException"
    assert refusal(png_header(60_000, 60_000))[0] == "ImageTooLargeException"


def test_the_pixel_limit_counts_decoded_pixels() -> None:
    content = encode(noise((2400, 2400)), "JPEG", quality=30)
    assert read(content, max_pixels=1_500_000).size == (1200, 1200)
    progressive = encode(noise((2400, 2400)), "JPEG", quality=30, progressive=True)
    assert refusal(progressive, max_pixels=1_500_000)[0] == "ImageTooLargeException"


def test_a_jpeg_that_is_small_to_send_and_long_to_decode_is_refused() -> None:
    content = encode(Image.new("L", (2000, 2000), 128), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    assert read(content).size == (2000, 2000)
    assert refusal(content[:last] + content[last:-2] * 200 + content[-2:])[0] == "ImageTooLargeException"


def progressive(size: tuple[int, int] = (160, 120)) -> bytes:
    return encode(noise(size), "JPEG", progressive=True)


def test_scans_are_counted_up_to_the_end_of_the_image() -> None:
    assert count_scans(encode(noise(), "JPEG")) == 1
    assert count_scans(progressive()) == 10
    assert count_scans(progressive() + 5 * progressive()) == 10  # as in a motion photo, whose trailer holds anything


def test_the_scans_of_a_thumbnail_do_not_count() -> None:
    segment = b"Exif\0\0" + progressive((16, 16))
    jpeg = progressive()
    with_thumbnail = jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + jpeg[2:]
    assert count_scans(with_thumbnail) == 10


def test_a_jpeg_with_a_trailer_full_of_markers_is_read() -> None:
    assert read(encode(noise((800, 600)), "JPEG") + b"\xff\xda" * 2000).size == (800, 600)


def test_a_png_in_which_a_markers_bytes_occur_is_read() -> None:
    chunk = b"\xff\xda" * 2000
    content = plain("red", (800, 600))
    text = len(chunk).to_bytes(4) + b"teXt" + chunk + zlib.crc32(b"teXt" + chunk).to_bytes(4)
    assert read(content[:33] + text + content[33:]).size == (800, 600)


def test_a_jpeg_of_too_many_scans_is_refused() -> None:
    jpeg = encode(noise((1000, 1000)), "JPEG", progressive=True)
    scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    code, message = refusal(jpeg[:-2] + scan * 500 + jpeg[-2:])
    assert code == "ImageTooLargeException"
    assert message == "Image takes too long to decode: it has too many scans for its size"


def red_and_blue_swapped() -> bytes:
    """An ICC profile by which a picture's red means blue."""
    profile: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"swap").replace(b"bXYZ", b"rXYZ").replace(b"swap", b"bXYZ")


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_colours_are_those_of_the_icc_profile(image_format: str) -> None:
    content = encode(Image.new("RGB", (100, 100), (200, 30, 30)), image_format, icc_profile=red_and_blue_swapped())
    pixel: Any = read(content).getpixel((50, 50))
    assert np.allclose(pixel, (30, 30, 200), atol=4)


@pytest.mark.parametrize(
    "profile",
    [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()],
    ids=["no profile", "of a printer"],  # a profile has the time of its making: workers would collect different tests
)
def test_a_profile_that_does_not_fit_is_ignored(profile: bytes) -> None:
    content = encode(Image.new("RGB", (100, 100), (200, 30, 30)), "PNG", icc_profile=profile)
    assert read(content).getpixel((50, 50)) == (200, 30, 30)


def test_a_row_of_fill_bytes_takes_no_longer_than_its_length() -> None:
    """Half a megabyte of them would take a quarter of an hour, if each was the beginning of another attempt."""
    content = encode(noise(), "JPEG")
    start = content.index(b"\xff\xda") + 20

    assert count_scans(content[:start] + b"\xff" * 500_000 + b"\0") == 1


def test_fill_bytes_before_a_marker_change_nothing() -> None:
    content = encode(noise(), "JPEG")
    filled = content[:-2] + b"\xff" * 7 + content[-2:]

    assert count_scans(filled) == 1
    assert read(filled).tobytes() == read(content).tobytes()
