"""The thumbnail and the rendition for screens of an image: when they are made, copied, given instead and deleted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeClock,
    FakeDerivedStore,
    FakeDetector,
    FakePictures,
    screen,
    thumbnail,
)
from viewfinder.domain.errors import ThumbnailNotFoundError
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Image, ImageEvent, Status
from viewfinder.domain.screen import screen_key
from viewfinder.usecases.images import screen_url
from viewfinder.usecases.index_image import IndexImage

LARGE = b"large Dog"


@dataclass
class Pipeline:
    """The pipeline over fakes."""

    bucket: FakeBucket = field(default_factory=FakeBucket)
    derived: FakeDerivedStore = field(default_factory=FakeDerivedStore)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    detector: FakeDetector = field(default_factory=FakeDetector)

    def put(self, key: str, content: bytes) -> Image:
        self.bucket.put(key, content)
        return self.look(key)

    def look(self, key: str) -> Image:
        """Have an image looked at, as reconcile does."""
        clock = FakeClock()
        clock.seconds = 100 * len(self.catalog.images)
        pictures = FakePictures()
        parts = (self.bucket, self.derived, pictures, self.detector, self.catalog, self.catalog, clock)
        return IndexImage(*parts, Parameters(40, 55.0), 10_000).run(ImageEvent(key)).image


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_a_large_image_has_both_renditions(pipeline: Pipeline) -> None:
    image = pipeline.put("a.heic", LARGE)

    assert image.screen == screen_key(image.thumbnail)
    assert pipeline.derived.thumbnails == {image.thumbnail: thumbnail(LARGE), image.screen: screen(LARGE)}


def test_a_small_image_has_a_thumbnail_only(pipeline: Pipeline) -> None:
    image = pipeline.put("a.jpg", b"Dog")

    assert (image.screen, pipeline.derived.thumbnails) == ("", {image.thumbnail: thumbnail(b"Dog")})


def test_a_copy_has_renditions_of_its_own(pipeline: Pipeline) -> None:
    first, copy = pipeline.put("a.heic", LARGE), pipeline.put("b.heic", LARGE)

    pipeline.bucket.delete("a.heic")
    pipeline.look("a.heic")

    assert first.screen not in pipeline.derived.thumbnails
    assert pipeline.derived.thumbnails == {copy.thumbnail: thumbnail(LARGE), copy.screen: screen(LARGE)}
    assert pipeline.detector.calls == {LARGE: 1}


def test_one_of_an_earlier_release_gets_it_without_the_detector_and_keeps_its_place(pipeline: Pipeline) -> None:
    old = pipeline.put("a.heic", LARGE)
    pipeline.derived.delete_thumbnails([old.screen])
    pipeline.catalog.images["a.heic"] = replace(old, screen="")

    image = pipeline.look("a.heic")

    assert pipeline.derived.thumbnails == {image.thumbnail: thumbnail(LARGE), image.screen: screen(LARGE)}
    assert pipeline.detector.calls == {LARGE: 1}
    assert image.analyzed_at == old.analyzed_at


def test_other_content_takes_the_place_of_both(pipeline: Pipeline) -> None:
    pipeline.put("a.heic", LARGE)

    image = pipeline.put("a.heic", b"Cat")

    assert pipeline.derived.thumbnails == {image.thumbnail: thumbnail(b"Cat")}


class Links:
    """Names what would be signed."""

    def original(self, image_id: str, content_type: str, disposition: str) -> str:
        return f"{disposition} original {image_id} as {content_type}"

    def thumbnail(self, key: str) -> str:
        return key


LINKS: Any = Links()
"""Of the port only what a picture needs."""

GIVEN: dict[str, tuple[dict[str, Any], str]] = {
    "its own": ({"format": "JPEG", "thumbnail": "t.webp", "screen": "t-screen.webp"}, "t-screen.webp"),
    "a light original": ({"format": "JPEG", "thumbnail": "t.webp"}, "inline original a as image/jpeg"),
    "of an earlier release": ({"format": "HEIC", "width": 4032, "thumbnail": "t.webp"}, "t.webp"),
}


@pytest.mark.parametrize(("members", "url"), GIVEN.values(), ids=GIVEN)
def test_a_screen_is_given_the_best_that_it_can_show(members: dict[str, Any], url: str) -> None:
    catalog = FakeCatalog()
    catalog.images["a"] = Image("a", Status.ANALYZED, "", "2026", **members)

    assert screen_url("a", catalog, LINKS) == url


def test_a_rejected_image_has_nothing_for_a_screen() -> None:
    catalog = FakeCatalog()
    catalog.images["a"] = Image("a", Status.REJECTED, "", "2026")

    with pytest.raises(ThumbnailNotFoundError):
        screen_url("a", catalog, LINKS)
