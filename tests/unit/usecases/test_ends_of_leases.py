"""A lease on a content ends with its work, whatever becomes of the record: nobody waits for what is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeDetector,
    fake_indexer,
)
from viewfinder.domain.analysis import Detection
from viewfinder.domain.errors import CatalogConflictError, CatalogUnavailableError
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Effort, Image, ImageEvent, Status
from viewfinder.domain.lease import Lease


class InterruptedDetector(FakeDetector):
    """Does something else while it detects, once."""

    meanwhile: Callable[[], Any] | None = None

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return super().detect(rendition, parameters)


class World:
    """Two images of one content."""

    def __init__(self) -> None:
        self.bucket, self.catalog, self.detector = FakeBucket(), FakeCatalog(), InterruptedDetector()
        self.indexer = fake_indexer(self.catalog, images=self.bucket, detector=self.detector)
        for number, key in enumerate(("a.jpg", "b.jpg")):
            self.bucket.put(key, b"Dog")
            self.indexer.run(ImageEvent(key, f"0{number}"))

    def analyze_again(self, key: str) -> Image:
        since = self.indexer.clock.now()
        return self.indexer.run(ImageEvent(key, analyzed_since=since)).image

    def held(self) -> list[Lease]:
        return [lease for lease in self.catalog.leases.values() if not lease.done_at]


def test_an_image_that_is_deleted_while_it_is_analysed_holds_no_other_up() -> None:
    world = World()

    def delete() -> None:
        world.bucket.delete("a.jpg")
        world.indexer.run(ImageEvent("a.jpg", "03"))

    world.detector.meanwhile = delete
    assert world.analyze_again("a.jpg").status is Status.REMOVED
    assert world.held() == []
    assert world.analyze_again("b.jpg").effort is Effort.DETECTED


@pytest.mark.parametrize("error", [CatalogConflictError("busy"), CatalogUnavailableError("down")])
def test_a_record_that_can_not_be_written_holds_no_other_image_up(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()

    def fail(*_: object, **__: object) -> Image:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "save", fail)
        with pytest.raises(type(error)):
            world.analyze_again("a.jpg")
    assert world.held() == []
    assert world.analyze_again("b.jpg").effort is Effort.DETECTED


def test_a_vector_that_can_not_be_kept_holds_no_other_image_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def fail(*_: object) -> None:
        raise CatalogUnavailableError("the index of vectors does not answer")

    with monkeypatch.context() as patch:
        patch.setattr("viewfinder.usecases.analyze_content.AnalyzeContent._keep_vector", fail)
        with pytest.raises(CatalogUnavailableError):
            world.analyze_again("a.jpg")
    assert world.held() == []
    assert world.analyze_again("b.jpg").effort is Effort.DETECTED
