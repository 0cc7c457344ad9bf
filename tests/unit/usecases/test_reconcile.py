"""Reconciling finds every way in which bucket and catalog can differ, and asks for no more than that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.catalogs import all_images
from tests.support.fakes import FakeBucket, FakeCatalog, FakeRequests, etag
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.domain.screen import screen_key
from viewfinder.domain.thumbnail import thumbnail_key
from viewfinder.ports import ObjectSummary
from viewfinder.usecases.answers import PipelineStalledError
from viewfinder.usecases.differences import Difference, Stores, UnsortedListingError, find_differences
from viewfinder.usecases.reanalyze import reanalyze_images, select_images
from viewfinder.usecases.reconcile import Repair, reconcile, repair

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
        self.answered, self.answered_at_once = 0, 10_000
        self.answers: dict[str, dict[str, Any]] = {}
        self.before_answers: Callable[[], Any] = lambda: None
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
        facts: dict[str, Any] = {
            "etag": etag(content),
            "thumbnail": name,
            "features": self.features,
            "model_version": "3.0",
        }
        if content.startswith(b"large") and name:
            facts |= {"format": "HEIC", "width": 4032, "height": 3024, "screen": screen_key(name)}
            self.derived.put(screen_key(name), b"screen", self.now)
        image = Image(key, status, "", "2026", **facts)
        return self.catalog.save(image, replacing=known)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.before_answers()
        for key, _ in self.requests.sent[self.answered :][: self.answered_at_once if self.is_answering else 0]:
            content = self.bucket.contents.get(key)
            self.index(key, content or b"", Status.REMOVED if content is None else Status.ANALYZED)
            if key in self.answers:
                self.catalog.images[key] = replace(self.catalog.images[key], **self.answers[key])
            self.answered += 1


def differences(stores: Stores) -> dict[str, Difference]:
    """Return the images about which bucket and catalog differ."""
    with find_differences(stores) as found:
        return {image.image_id: image.kind for image in found}


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

    assert differences(stores) == {"labels.jpg": Difference.INCOMPLETE}
    reconcile(stores, patience=10)
    assert differences(stores) == {}


def test_what_agrees_is_left_alone() -> None:
    place = Place()
    place.put("a.jpg", b"a")
    place.index("a.jpg", b"a")
    place.put("bad.jpg", b"bad")
    place.index("bad.jpg", b"bad", Status.REJECTED)
    place.put("folder/", b"")
    place.index("removed.jpg", b"", Status.REMOVED)

    assert differences(place.stores) == {}
    assert reconcile(place.stores, patience=10) == Repair()
    assert place.requests.sent == []


def test_every_difference_is_found_and_mended() -> None:
    place = Place()
    for key in ("missing.jpg", "outdated.jpg", "failed.jpg", "pale.jpg"):
        place.put(key, key.encode())
    place.index("outdated.jpg", b"the content before")
    place.index("failed.jpg", b"failed.jpg", Status.FAILED)
    place.derived.delete(place.index("pale.jpg", b"pale.jpg").thumbnail)
    place.index("orphaned.jpg", b"orphaned.jpg")

    found = differences(place.stores)
    done = reconcile(place.stores, patience=10)

    assert found == {
        "missing.jpg": Difference.MISSING,
        "outdated.jpg": Difference.OUTDATED,
        "failed.jpg": Difference.FAILED,
        "pale.jpg": Difference.OUTDATED,
        "orphaned.jpg": Difference.ORPHANED,
    }
    assert (done.total, done.sent, done.answered, done.left, done.remaining.total()) == (5, 5, 5, 0, 0)
    assert sorted(place.requests.sent) == sorted((key, "") for key in found)
    assert differences(place.stores) == {}
    assert {image.image_id for image in all_images(place.catalog)} == set(place.bucket.contents)
    assert set(place.derived.contents) == {image.thumbnail for image in all_images(place.catalog)}


def test_thumbnails_of_no_image_go_when_nobody_can_be_at_work_on_them() -> None:
    place = Place()
    place.put("a.jpg", b"a")
    current = place.index("a.jpg", b"a")
    outdated = thumbnail_key("a.jpg", current.version - 1, "0" * 64)
    coming = thumbnail_key("a.jpg", current.version, "0" * 64)
    old, young = thumbnail_key("gone.jpg", 0, "1" * 64), thumbnail_key("gone.jpg", 0, "2" * 64)
    for key, age in ((outdated, 0), (coming, 9000), (old, 3601), (young, 3599)):
        place.derived.put(key, b"", NOW - age)

    with find_differences(place.stores) as found:
        assert sorted(found.orphaned_thumbnails) == sorted([[outdated], [old]])


def test_without_an_answer_a_pass_ends_after_a_while_and_has_asked_once() -> None:
    place = Place()
    place.is_answering = False
    place.put("a.jpg", b"a")

    with pytest.raises(PipelineStalledError, match=r"1 images are not answered yet, among them a\.jpg"):
        reconcile(place.stores, patience=10)
    assert place.requests.sent == [("a.jpg", "")]


def test_what_is_answered_and_still_differs_is_told_and_not_asked_for_again() -> None:
    place = Place()
    for key in ("fails.jpg", "secret.jpg", "fine.jpg"):
        place.put(key, key.encode())
    place.answers = {
        "fails.jpg": {"status": Status.FAILED, "reason": "DETECTOR_UNAVAILABLE"},
        "secret.jpg": {"status": Status.REJECTED, "reason": "ACCESS_DENIED"},
    }

    done = reconcile(place.stores, patience=10)

    assert dict(done.remaining) == {"DETECTOR_UNAVAILABLE": 1, "ACCESS_DENIED": 1}
    assert sorted(done.named) == [("fails.jpg", "DETECTOR_UNAVAILABLE"), ("secret.jpg", "ACCESS_DENIED")]
    assert len(place.requests.sent) == done.answered == 3


def test_what_could_not_be_read_is_looked_at_in_each_pass() -> None:
    place = Place()
    place.put("secret.jpg", b"x")
    place.index("secret.jpg", b"x", Status.REJECTED)
    place.catalog.images["secret.jpg"] = replace(place.catalog.images["secret.jpg"], reason="CUSTOMER_KEY")

    assert differences(place.stores) == {"secret.jpg": Difference.UNREADABLE}
    assert reconcile(place.stores, patience=10).remaining.total() == 0
    assert place.catalog.images["secret.jpg"].status is Status.ANALYZED


def test_an_object_that_changed_after_the_listing_is_no_difference() -> None:
    place = Place()
    place.put("changes.jpg", b"before")
    place.put("goes.jpg", b"before")

    def change() -> None:
        place.put("changes.jpg", b"after")
        place.bucket.delete("goes.jpg")

    place.before_answers = change
    done = reconcile(place.stores, patience=10)

    assert (done.answered, done.remaining.total()) == (2, 0)
    assert [image.image_id for image in all_images(place.catalog)] == ["changes.jpg"]


def test_detector_calls_among_the_answers_are_counted() -> None:
    place = Place()
    for key, effort in (("new.jpg", Effort.DETECTED), ("copy.jpg", Effort.REUSED)):
        place.put(key, key.encode())
        place.answers[key] = {"effort": effort}

    assert reconcile(place.stores, patience=10).calls == 1


def test_a_pass_that_was_interrupted_sends_what_still_differs() -> None:
    place = Place()
    for number in range(5):
        place.put(f"{number}.jpg", b"x")

    def interrupt(done: Repair, _: int) -> None:
        if done.answered == 3:
            raise KeyboardInterrupt

    place.answered_at_once = 1
    with pytest.raises(KeyboardInterrupt):
        reconcile(place.stores, patience=10, on_progress=interrupt)
    place.requests.sent, place.answered = [], 0
    assert reconcile(place.stores, patience=10).total == 2
    assert len(place.requests.sent) == 2


def test_few_requests_wait_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewfinder.usecases.answers.IN_FLIGHT", 20)
    monkeypatch.setattr("viewfinder.usecases.answers._SENT_AT_ONCE", 10)
    place = Place()
    for number in range(100):
        place.put(f"{number}.jpg", b"x")
    waiting: list[int] = []

    reconcile(place.stores, patience=10, on_progress=lambda done, _: waiting.append(done.sent - done.answered))

    assert max(waiting) < 20
    assert len(place.requests.sent) == 100


def test_a_bucket_that_lists_in_another_order_is_refused() -> None:
    place = Place()

    def unsorted(prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        return (ObjectSummary(key, 1, "e", 0.0) for key in ("b.jpg", "a.jpg"))

    place.bucket.list = unsorted  # type: ignore[method-assign]
    with pytest.raises(UnsortedListingError, match=r"lists 'a\.jpg' behind 'b\.jpg'"), find_differences(place.stores):
        pass


def test_keys_are_compared_in_the_order_of_their_utf_8_bytes() -> None:
    """Not in that of UTF-16, in which U+FF5E stands behind U+1F408."""
    place = Place()
    for key in ("z.jpg", "ü.jpg", "\uff5e.jpg", "\U0001f408.jpg", "a/b.jpg", "a.jpg"):
        place.put(key, b"x")
        place.index(key, b"x")
    listed = [found.key for found in place.bucket.list()]
    assert listed == sorted(listed, key=str.encode)
    assert differences(place.stores) == {}


def test_reanalysis_is_of_older_models_and_waits_for_a_newer_record() -> None:
    place = Place()
    for key, version in (("old/a.jpg", "2.9"), ("old/b.jpg", "3.0"), ("c.jpg", "2.10")):
        image = place.index(key, key.encode())
        place.catalog.images[key] = replace(image, model_version=version)
    place.index("bad.jpg", b"bad", Status.REJECTED)

    place.put("old/a.jpg", b"old/a.jpg")
    with select_images(place.catalog, model_version_below="2.10") as older:
        assert [sent.image_id for sent in older] == ["old/a.jpg"]
    with select_images(place.catalog, prefix="old/") as in_folder:
        assert [sent.image_id for sent in in_folder] == ["old/a.jpg", "old/b.jpg"]

    answered: list[Image] = []

    def answer(image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        place.requests.sent += [(image_id, analyzed_since) for image_id in image_ids]
        for image_id in image_ids:
            place.index(image_id, image_id.encode())

    requests = FakeRequests()
    requests.send = answer  # type: ignore[method-assign]
    before = place.catalog.images["old/a.jpg"].version
    with select_images(place.catalog, model_version_below="2.10") as older:
        reanalyze_images(older, place.catalog, requests, Clock(), patience=1, on_answered=answered.append)
    assert place.requests.sent == [("old/a.jpg", "2026-05-05")]
    assert [(image.image_id, image.version > before) for image in answered] == [("old/a.jpg", True)]


def test_a_reanalysis_costs_a_call_for_each_content() -> None:
    place = Place()
    for key, content in (("a.jpg", "1"), ("b.jpg", "2"), ("c.jpg", "1")):
        image = place.index(key, content.encode())
        place.catalog.images[key] = replace(image, sha256=content)
    with select_images(place.catalog) as images:
        assert (len(images), images.calls) == (3, 2)


class Clock:
    """Stands still."""

    def now(self) -> str:
        return "2026-05-05"


def test_differences_are_counted_by_kind() -> None:
    place = Place()
    place.put("a.jpg", b"a")

    with find_differences(place.stores) as found:
        counts: dict[str, Any] = json.loads(json.dumps(found.counts()))

    assert counts == {
        **dict.fromkeys(("Outdated", "Failed", "Unreadable", "Incomplete", "Orphaned"), 0),
        **dict.fromkeys(("Old", "Chosen", "OrphanedThumbnails"), 0),
        "Missing": 1,
    }


def test_every_analysed_image_is_written_again_where_that_is_asked_for() -> None:
    place = Place()
    for key in ("a.jpg", "b.jpg", "bad.jpg"):
        place.put(key, key.encode())
    place.index("a.jpg", b"a.jpg")
    place.index("bad.jpg", b"bad.jpg", Status.REJECTED)

    with find_differences(place.stores, rewrite=True) as found:
        kinds = {image.image_id: image.kind for image in found}
        done = repair(found, place.stores, patience=10)

    assert kinds == {"a.jpg": Difference.CHOSEN, "b.jpg": Difference.MISSING}
    assert (done.answered, done.remaining, [key for key, _ in place.requests.sent]) == (2, {}, ["a.jpg", "b.jpg"])


def test_a_large_image_of_an_earlier_release_gets_its_rendition_for_screens() -> None:
    place = Place()
    place.put("old.heic", b"large one")
    image = place.index("old.heic", b"large one")
    place.catalog.save(replace(image, screen="", stored_format=0), replacing=image)
    place.derived.delete(image.screen)

    assert differences(place.stores) == {"old.heic": Difference.OLD}
    reconcile(place.stores, patience=10)
    mended = place.catalog.find("old.heic")
    assert mended is not None
    assert set(place.derived.contents) == {mended.thumbnail, mended.screen}


@pytest.mark.parametrize("which", ["thumbnail", "screen"])
def test_a_rendition_that_is_gone_is_made_again(which: str) -> None:
    place = Place()
    place.put("a.heic", b"large one")
    place.derived.delete(getattr(place.index("a.heic", b"large one"), which))

    assert differences(place.stores) == {"a.heic": Difference.OUTDATED}
    reconcile(place.stores, patience=10)
    assert differences(place.stores) == {}
