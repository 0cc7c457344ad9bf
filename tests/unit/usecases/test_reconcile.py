"""Reconciling finds every way in which bucket and catalog can differ, and asks for no more than that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import FakeBucket, FakeCatalog, FakeRequests, etag
from viewfinder.domain.image import Image, Status
from viewfinder.domain.screen import screen_key
from viewfinder.domain.thumbnail import thumbnail_key
from viewfinder.usecases.reanalyze import find_images, reanalyze_images
from viewfinder.usecases.reconcile import Difference, ReconciliationStalledError, Stores, find_differences, reconcile

NOW = 10_000.0


class Place:
    """Bucket, catalog and derived bucket, with a queue that is answered when time passes."""

    def __init__(self) -> None:
        self.bucket, self.derived, self.catalog, self.requests = (
            FakeBucket(),
            FakeBucket(),
            FakeCatalog(),
            FakeRequests(),
        )
        self.now = NOW
        self.is_answering = True
        self._answered = 0
        self.stores = Stores(
            self.bucket, self.derived, self.catalog, self.requests, now=lambda: self.now, sleep=self._sleep
        )
        self.features: tuple[str, ...] = ()

    def put(self, key: str, content: bytes) -> None:
        self.bucket.put(key, content)

    def index(self, key: str, content: bytes, status: Status = Status.ANALYZED) -> Image:
        known = self.catalog.find(key)
        if known:
            self.derived.delete(known.thumbnail)
            self.derived.delete(known.screen)
        name = thumbnail_key(key, known.version if known else 0, etag(content)) if status is Status.ANALYZED else ""
        if name:
            self.derived.put(name, b"thumbnail", self.now)
        facts = {"etag": etag(content), "thumbnail": name, "features": self.features, "model_version": "3.0"}
        if content.startswith(b"large") and name:
            facts |= {"format": "HEIC", "width": 4032, "height": 3024, "screen": screen_key(name)}
            self.derived.put(screen_key(name), b"screen", self.now)
        image = Image(key, status, "", "2026", **facts)  # type: ignore[arg-type]
        return self.catalog.save(image, replacing=known)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.is_answering and self._answered < len(self.requests.sent):
            key = self.requests.sent[self._answered][0]
            content = self.bucket.contents.get(key)
            self.index(key, content or b"", Status.REMOVED if content is None else Status.ANALYZED)
            self._answered += 1


def test_an_image_that_lacks_a_feature_is_looked_at_again() -> None:
    place = Place()
    for key in ("labels.jpg", "both.jpg", "bad.jpg"):
        place.put(key, key.encode())
    place.features = ("LABELS",)
    place.index("labels.jpg", b"labels.jpg")
    place.index("bad.jpg", b"bad.jpg", Status.REJECTED)
    place.features = ("LABELS", "TEXT")
    place.index("both.jpg", b"both.jpg")
    stores = replace(place.stores, features=("LABELS", "TEXT"))

    assert find_differences(stores).images == {"labels.jpg": Difference.INCOMPLETE}
    reconcile(stores, patience=10)
    assert find_differences(stores).images == {}


def test_a_large_image_of_an_earlier_release_gets_its_rendition_for_screens() -> None:
    place = Place()
    place.put("old.heic", b"large one")
    image = place.index("old.heic", b"large one")
    place.catalog.save(replace(image, screen="", stored_format=0), replacing=image)
    place.derived.delete(image.screen)

    assert find_differences(place.stores).images == {"old.heic": Difference.OLD}
    reconcile(place.stores, patience=10)
    mended = place.catalog.find("old.heic")
    assert mended is not None
    assert set(place.derived.contents) == {mended.thumbnail, mended.screen}


@pytest.mark.parametrize("which", ["thumbnail", "screen"])
def test_a_rendition_that_is_gone_is_made_again(which: str) -> None:
    place = Place()
    place.put("a.heic", b"large one")
    place.derived.delete(getattr(place.index("a.heic", b"large one"), which))

    assert reconcile(place.stores, patience=10).images == {"a.heic": Difference.OUTDATED}
    assert not find_differences(place.stores)


def test_what_agrees_is_left_alone() -> None:
    place = Place()
    place.put("a.jpg", b"a")
    place.index("a.jpg", b"a")
    place.put("bad.jpg", b"bad")
    place.index("bad.jpg", b"bad", Status.REJECTED)
    place.put("folder/", b"")
    place.index("removed.jpg", b"", Status.REMOVED)

    assert not find_differences(place.stores)
    assert not reconcile(place.stores, patience=10)
    assert place.requests.sent == []


def test_every_difference_is_found_and_mended() -> None:
    place = Place()
    for key in ("missing.jpg", "outdated.jpg", "failed.jpg", "pale.jpg"):
        place.put(key, key.encode())
    place.index("outdated.jpg", b"the content before")
    place.index("failed.jpg", b"failed.jpg", Status.FAILED)
    place.derived.delete(place.index("pale.jpg", b"pale.jpg").thumbnail)
    place.index("orphaned.jpg", b"orphaned.jpg")

    found = reconcile(place.stores, patience=10)

    assert found.images == {
        "missing.jpg": Difference.MISSING,
        "outdated.jpg": Difference.OUTDATED,
        "failed.jpg": Difference.FAILED,
        "pale.jpg": Difference.OUTDATED,
        "orphaned.jpg": Difference.ORPHANED,
    }
    assert sorted(place.requests.sent) == sorted((key, "") for key in found.images)
    assert not find_differences(place.stores)
    assert {image.image_id for image in place.catalog.list_all()} == set(place.bucket.contents)
    assert set(place.derived.contents) == {image.thumbnail for image in place.catalog.list_all()}


def test_thumbnails_of_no_image_go_when_nobody_can_be_at_work_on_them() -> None:
    place = Place()
    place.put("a.jpg", b"a")
    current = place.index("a.jpg", b"a")
    outdated = thumbnail_key("a.jpg", current.version - 1, "0" * 64)
    coming = thumbnail_key("a.jpg", current.version, "0" * 64)
    old, young = thumbnail_key("gone.jpg", 0, "1" * 64), thumbnail_key("gone.jpg", 0, "2" * 64)
    for key, age in ((outdated, 0), (coming, 9000), (old, 3601), (young, 3599)):
        place.derived.put(key, b"", NOW - age)
        place.derived.put(screen_key(key), b"", NOW - age)

    assert set(find_differences(place.stores).thumbnails) == {outdated, screen_key(outdated), old, screen_key(old)}


def test_what_stays_different_is_told_after_a_while_and_asked_for_once() -> None:
    place = Place()
    place.is_answering = False
    place.put("a.jpg", b"a")

    with pytest.raises(ReconciliationStalledError, match="differences remain: 1 missing"):
        reconcile(place.stores, patience=10)
    assert place.requests.sent == [("a.jpg", "")]


def test_reanalysis_is_of_older_models_and_waits_for_a_newer_record() -> None:
    place = Place()
    for key, version in (("old/a.jpg", "2.9"), ("old/b.jpg", "3.0"), ("c.jpg", "2.10")):
        image = place.index(key, key.encode())
        place.catalog.images[key] = replace(image, model_version=version)
    place.index("bad.jpg", b"bad", Status.REJECTED)

    older = list(find_images(place.catalog, model_version_below="2.10"))
    in_folder = list(find_images(place.catalog, prefix="old/"))
    sent = reanalyze_images(older, place.requests, Clock())

    assert [image.image_id for image in older] == ["old/a.jpg"]
    assert [image.image_id for image in in_folder] == ["old/a.jpg", "old/b.jpg"]
    assert place.requests.sent == [("old/a.jpg", "2026-05-05")]
    assert not sent[0].is_answered_by(older[0])
    assert sent[0].is_answered_by(replace(older[0], version=older[0].version + 1))


class Clock:
    """Stands still."""

    def now(self) -> str:
        return "2026-05-05"


def test_differences_are_counted_by_kind() -> None:
    place = Place()
    place.put("a.jpg", b"a")

    counts: dict[str, Any] = json.loads(json.dumps(find_differences(place.stores).counts()))

    assert counts == {
        **dict.fromkeys(("Outdated", "Failed", "Incomplete", "Orphaned", "Old", "OrphanedThumbnails"), 0),
        "Missing": 1,
    }
