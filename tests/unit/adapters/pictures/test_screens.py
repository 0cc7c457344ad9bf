"""The rendition for screens: its size, its colours, and what it does not carry."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from tests.support import photos
from tests.support.photos import encoded, marked
from viewfinder.adapters.pictures import Pictures

READER = Pictures(has_screens=True)


def grainy(size: tuple[int, int]) -> Image.Image:
    """Make a picture whose file is heavy, with the marked corners."""
    return Image.blend(marked(size), Image.effect_noise(size, 100).convert("RGB"), 0.25)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ((2400, 1800), (1600, 1200)),
        ((1200, 3600), (533, 1600)),
        ((1601, 900), (1600, 899)),
        ((1500, 1000), (1500, 1000)),
    ],
)
def test_it_is_as_large_as_a_screen_and_never_enlarged(stored: tuple[int, int], shown: tuple[int, int]) -> None:
    content = encoded("JPEG", grainy(stored), quality=95)
    assert len(content) > 500_000

    with opened(READER.read(content).screen) as screen:
        assert (screen.format, screen.mode, screen.size) == ("WEBP", "RGB", shown)


def test_it_is_upright() -> None:
    turned = grainy((2400, 1600)).transpose(photos.UNDO[6])

    picture = READER.read(encoded("JPEG", turned, quality=95, exif=photos.exif(6)))

    with opened(picture.screen) as screen:
        assert screen.size == (1600, 1067)
    assert photos.corners(picture.screen) == list(photos.CORNERS)
    assert photos.corners(picture.thumbnail) == list(photos.CORNERS)


@pytest.mark.parametrize("format_name", ["HEIF", "TIFF"])
def test_formats_that_browsers_dont_show_have_one_however_light(format_name: str) -> None:
    with opened(READER.read(encoded(format_name, marked((900, 600)))).screen) as screen:
        assert screen.size == (900, 600)


def test_it_carries_no_metadata() -> None:
    data = Image.Exif()
    data[0x010F] = "MAKER-OF-THE-CAMERA"
    data.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 36.0), 3: "W", 4: (13.0, 24.0, 0.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(
        "JPEG", grainy((1800, 1200)), quality=95, exif=data.tobytes(), icc_profile=profile, comment=b"HOME"
    )
    assert b"MAKER-OF-THE-CAMERA" in content

    with opened(READER.read(content).screen) as screen:
        assert not screen.getexif()
        assert set(screen.info) <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize("size", [(640, 480), (1600, 1200)])
def test_a_light_picture_has_none(size: tuple[int, int]) -> None:
    assert READER.read(encoded("JPEG", marked(size))).screen == b""


def test_it_is_made_only_where_it_is_asked_for() -> None:
    assert Pictures().read(encoded("TIFF", marked((900, 600)))).screen == b""


def test_the_thumbnail_beside_it_is_the_usual_one() -> None:
    content = encoded("JPEG", grainy((2400, 1800)), quality=95)

    with opened(READER.read(content).thumbnail) as beside, opened(Pictures().read(content).thumbnail) as alone:
        assert beside.size == alone.size == (512, 384)
        means = [picture.convert("RGB").resize((4, 4), Image.Resampling.BOX).tobytes() for picture in (beside, alone)]
    assert max(abs(one - other) for one, other in zip(*means, strict=True)) <= 2
