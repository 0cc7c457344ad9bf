"""Which images have a rendition for screens."""

from __future__ import annotations

import pytest

from viewfinder.domain.image import Image, Status
from viewfinder.domain.screen import needs_screen, screen_key
from viewfinder.domain.thumbnail import outdated_thumbnails, thumbnail_key

NEEDS = {
    "a phone's photo": ("JPEG", 4032, 3024, 2_400_000),
    "a bitmap no larger than a screen": ("BMP", 800, 600, 1_440_054),
    "a heavy PNG": ("PNG", 1920, 1080, 500_001),
    "a photo that browsers don't show": ("HEIC", 4032, 3024, 300_000),
    "a small scan that browsers don't show": ("TIFF", 513, 300, 20_000),
}

NEEDS_NONE = {
    "a light photo": ("JPEG", 1600, 1200, 420_000),
    "just light enough": ("JPEG", 4032, 3024, 500_000),
    "one that may move": ("GIF", 1920, 1080, 9_000_000),
    "another that may move": ("WEBP", 4032, 3024, 9_000_000),
    "as large as its thumbnail": ("TIFF", 512, 512, 786_432),
}


@pytest.mark.parametrize("picture", NEEDS.values(), ids=NEEDS)
def test_what_is_heavy_or_not_shown_by_browsers_has_one(picture: tuple[str, int, int, int]) -> None:
    assert needs_screen(*picture)


@pytest.mark.parametrize("picture", NEEDS_NONE.values(), ids=NEEDS_NONE)
def test_what_the_original_or_the_thumbnail_serves_for_has_none(picture: tuple[str, int, int, int]) -> None:
    assert not needs_screen(*picture)


def test_it_lies_beside_its_thumbnail_and_goes_with_it() -> None:
    older, current = (thumbnail_key("a.heic", version, "ab" * 32) for version in (1, 2))
    image = Image("a.heic", Status.ANALYZED, "", "2026", thumbnail=current, screen=screen_key(current), version=3)
    keys = [older, screen_key(older), current, screen_key(current)]

    assert screen_key(current) == f"{current[:-5]}-screen.webp"
    assert outdated_thumbnails(image, keys) == (older, screen_key(older))
    assert outdated_thumbnails(Image("a.heic", Status.REMOVED, "", "2026", version=4), keys) == tuple(keys)
