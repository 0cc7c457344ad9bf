"""Wide gamuts and HDR in sRGB, by the code points of AVIF, HEIC and PNG."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from PIL import Image

from tests.support.photos import encoded, png_with
from viewfinder.adapters.pictures import Pictures

BT2020, DISPLAY_P3, BT709 = 9, 12, 1
PQ, HLG, SRGB = 16, 18, 13


def _coded(format_name: str, colour: tuple[int, int, int], primaries: int, transfer: int) -> bytes:
    """Make a flat picture of a signal with these code points."""
    picture = Image.new("RGB", (96, 96), colour)
    if format_name == "PNG":
        return png_with(encoded("PNG", picture), b"cICP", bytes([primaries, transfer, 0, 1]))
    content = encoded(format_name, picture, quality=95)
    place = content.index(b"colrnclx") + 8
    return content[:place] + struct.pack(">HH", primaries, transfer) + content[place + 4 :]


def _shown(content: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(Pictures().read(content).rendition)) as rendition:
        pixel: Any = rendition.convert("RGB").getpixel((48, 48))
        return tuple(pixel)


@pytest.mark.parametrize("format_name", ["AVIF", "HEIF"])
@pytest.mark.parametrize(
    ("signal", "transfer", "grey"),
    [
        (0, PQ, 0),
        (148, PQ, 191),  # 203 candela, white: half of the light that the screen has
        (192, PQ, 255),  # 1,000 candela: the brightest
        (255, PQ, 255),
        (0, HLG, 0),
        (191, HLG, 190),  # 75 %, which is white
        (255, HLG, 255),
        (128, SRGB, 128),
    ],
)
def test_hdr_is_tone_mapped(format_name: str, signal: int, transfer: int, grey: int) -> None:
    shown = _shown(_coded(format_name, (signal,) * 3, BT2020, transfer))
    assert shown == pytest.approx((grey,) * 3, abs=6)


def test_a_png_says_its_code_points_in_a_chunk() -> None:
    assert _shown(_coded("PNG", (148, 148, 148), BT2020, PQ)) == pytest.approx((191,) * 3, abs=4)


def test_bright_colours_keep_their_hue() -> None:
    red, green, blue = _shown(_coded("AVIF", (180, 150, 150), BT2020, PQ))
    assert green == pytest.approx(blue, abs=16)
    assert red > green + 40  # each channel by itself would come close to white


@pytest.mark.parametrize(("primaries", "expected"), [(DISPLAY_P3, (220, 95, 99)), (BT709, (204, 102, 102))])
def test_a_wide_gamut_is_converted(primaries: int, expected: tuple[int, ...]) -> None:
    assert _shown(_coded("AVIF", (204, 102, 102), primaries, SRGB)) == pytest.approx(expected, abs=6)


def test_a_profile_goes_before_code_points() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Image.new("RGB", (96, 96), (148, 148, 148))
    content = encoded("PNG", picture, icc_profile=profile)
    assert _shown(png_with(content, b"cICP", bytes([BT2020, PQ, 0, 1]))) == pytest.approx((148,) * 3, abs=4)
