"""How a picture looks is kept by content, and read from a picture of an earlier release without a detector call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.fakes import FakeBucket, FakeCatalog, FakeClock, FakeDerivedStore, FakeDetector, FakePictures
from viewfinder.domain import formats
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import Effort, ImageEvent
from viewfinder.domain.likeness import NO_LIKENESS
from viewfinder.usecases.index_image import IndexImage

PARAMETERS = Parameters(40, 55.0)
FEATURES = (Feature.LABELS, Feature.TEXT)


class Pipeline:
    """The pipeline over fakes, which have analysed `a.jpg`."""

    def __init__(self) -> None:
        self.bucket, self.derived = FakeBucket(), FakeDerivedStore()
        self.catalog, self.detector = FakeCatalog(), FakeDetector()
        parts = (self.bucket, self.derived, FakePictures(), self.detector, self.catalog, self.catalog, FakeClock())
        self.index = IndexImage(*parts, PARAMETERS, 10_000, FEATURES)
        self.bucket.put("a.jpg", b"Dog")
        self.first = self.index.run(ImageEvent("a.jpg")).image


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_an_image_has_the_likeness_of_its_picture(pipeline: Pipeline) -> None:
    assert pipeline.first.likeness == FakePictures.likeness
    kept = pipeline.derived.find_analysis(PARAMETERS, pipeline.first.sha256)
    assert kept is not None
    assert (kept.likeness, kept.stored_format) == (FakePictures.likeness, formats.ANALYSIS)


def test_a_copy_has_the_likeness_of_the_analysis(pipeline: Pipeline) -> None:
    pipeline.bucket.put("b.jpg", b"Dog")
    copy = pipeline.index.run(ImageEvent("b.jpg")).image
    assert (copy.likeness, copy.effort) == (FakePictures.likeness, Effort.REUSED)


def test_an_image_of_an_earlier_release_gets_it_without_the_detector_and_keeps_its_place(pipeline: Pipeline) -> None:
    calls = dict(pipeline.detector.calls)
    for feature in FEATURES:
        asked = replace(PARAMETERS, feature=feature)
        kept = pipeline.derived.find_analysis(asked, pipeline.first.sha256)
        assert kept is not None
        pipeline.derived.save_analysis(asked, replace(kept, likeness=None, stored_format=1))
    old = replace(pipeline.first, likeness=NO_LIKENESS, stored_format=1)
    pipeline.catalog.images["a.jpg"] = old

    image = pipeline.index.run(ImageEvent("a.jpg")).image

    assert (image.likeness, image.analyzed_at) == (FakePictures.likeness, old.analyzed_at)
    assert pipeline.detector.calls == calls
    kept = pipeline.derived.find_analysis(PARAMETERS, image.sha256)
    assert kept is not None
    assert (kept.likeness, kept.stored_format) == (FakePictures.likeness, formats.ANALYSIS)
