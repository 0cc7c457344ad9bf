"""Labels first: an image can be searched for by them at once, and its other features follow."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeDerivedStore,
    FakeDetector,
    FakePictures,
    FakeRequests,
    fake_indexer,
)
from tests.support.histories import PARAMETERS
from viewfinder.domain.errors import AnalysisInProgressError, DetectorUnavailableError
from viewfinder.domain.feature import Feature, Stage
from viewfinder.domain.image import Effort, Image, ImageEvent, Status
from viewfinder.usecases.differences import Difference, Stores, find_differences
from viewfinder.usecases.index_image import Outcome
from viewfinder.usecases.reconcile import reconcile
from viewfinder.usecases.side_by_side import side_by_side

ALL = (Feature.LABELS, Feature.TEXT, Feature.FACES)


class Pipeline:
    """The use case among fakes; `second` holds what was sent to the second stage."""

    def __init__(self, *features: Feature) -> None:
        self.bucket, self.derived, self.catalog = FakeBucket(), FakeDerivedStore(), FakeCatalog()
        self.detector, self.second = FakeDetector(), FakeRequests()
        self.pictures = FakePictures()
        self.index = fake_indexer(
            self.catalog,
            images=self.bucket,
            derived=self.derived,
            pictures=self.pictures,
            detector=self.detector,
            parameters=PARAMETERS,
            features=features or ALL,
            second_stage=self.second,
        )
        self._sequence = 0

    def put(self, key: str, content: bytes) -> Image:
        """Put an object, and let the first stage look at it."""
        self.bucket.put(key, content)
        self._sequence += 1
        return self.index.run(ImageEvent(key, f"{self._sequence:04}")).image

    def complete(self, key: str, **event: Any) -> Outcome:
        """Let the second stage look at it."""
        return self.index.run(ImageEvent(key, stage=Stage.SECOND, **event))

    def asked(self, feature: Feature) -> int:
        """Return how many times the detector was asked for a feature."""
        return sum(number for (name, _), number in self.detector.asked.items() if name is feature)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_labels_are_there_before_the_text_is_asked_for(pipeline: Pipeline) -> None:
    image = pipeline.put("a.jpg", b"Dog")

    assert [label.name for label in image.labels] == ["Dog"]
    assert (image.status, image.features, image.pending) == (Status.ANALYZED, ("LABELS",), ("TEXT", "FACES"))
    assert pipeline.second.sent == [("a.jpg", "")]
    assert pipeline.asked(Feature.TEXT) == 0


def test_the_second_stage_adds_what_is_lacking_and_asks_for_no_labels(pipeline: Pipeline) -> None:
    first = pipeline.put("a.jpg", b"Dog")
    outcome = pipeline.complete("a.jpg")

    image = outcome.image
    assert (image.features, image.pending) == (("LABELS", "TEXT", "FACES"), ())
    assert ([text.text for text in image.texts], [label.name for label in image.labels]) == (["STOP"], ["Dog"])
    assert set(pipeline.detector.asked.values()) == {1}
    assert (image.analyzed_at, image.thumbnail, image.facts) == (first.analyzed_at, first.thumbnail, first.facts)
    assert (outcome.stage, image.effort) == (Stage.SECOND, Effort.DETECTED)
    assert list(pipeline.derived.thumbnails) == [first.thumbnail]


def test_a_message_of_the_second_stage_that_comes_twice_does_nothing(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.complete("a.jpg")
    before = pipeline.catalog.images["a.jpg"]

    assert pipeline.complete("a.jpg").effort is Effort.NONE
    assert pipeline.catalog.images["a.jpg"] == before


@pytest.mark.parametrize("features", [(Feature.LABELS,), (Feature.LABELS, Feature.MODERATION)])
def test_where_all_features_are_of_the_first_stage_there_is_no_second_message(features: tuple[Feature, ...]) -> None:
    pipeline = Pipeline(*features)
    image = pipeline.put("a.jpg", b"Dog")

    assert (image.features, image.pending) == (tuple(map(str, features)), ())
    assert pipeline.second.sent == []


def test_a_known_content_is_whole_at_once(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.complete("a.jpg")

    copy = pipeline.put("b.jpg", b"Dog")

    assert (copy.features, copy.pending, copy.effort) == (("LABELS", "TEXT", "FACES"), (), Effort.REUSED)
    assert pipeline.second.sent == [("a.jpg", "")]


def test_copies_in_both_stages_cost_one_call_of_each_feature(pipeline: Pipeline) -> None:
    for key in ("a.jpg", "b.jpg"):
        pipeline.put(key, b"Dog")
    outcomes = [pipeline.complete(key) for key in ("b.jpg", "a.jpg")]

    assert [outcome.image.features for outcome in outcomes] == [("LABELS", "TEXT", "FACES")] * 2
    assert set(pipeline.detector.asked.values()) == {1}


def test_an_image_that_was_overwritten_between_the_stages_gets_its_own_labels_first(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.bucket.put("a.jpg", b"Cat")  # its event is still on its way

    image = pipeline.complete("a.jpg").image

    assert ([label.name for label in image.labels], image.pending) == (["Cat"], ("TEXT", "FACES"))
    assert pipeline.second.sent == [("a.jpg", ""), ("a.jpg", "")]
    assert pipeline.complete("a.jpg").image.pending == ()
    assert pipeline.index.run(ImageEvent("a.jpg", "0009")).image.pending == ()  # the event comes at last
    assert pipeline.asked(Feature.LABELS) == 2


def test_an_image_that_was_deleted_between_the_stages_stays_deleted(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.bucket.delete("a.jpg")

    assert pipeline.complete("a.jpg").image.status is Status.REMOVED  # before its event
    tombstone = pipeline.index.run(ImageEvent("a.jpg", "0009")).image
    assert pipeline.complete("a.jpg").effort is Effort.NONE
    assert pipeline.catalog.images["a.jpg"] == tombstone
    assert pipeline.asked(Feature.TEXT) == 0


def test_an_interruption_before_the_second_message_is_made_good_by_the_next_delivery(pipeline: Pipeline) -> None:
    class Down(FakeRequests):
        def send(self, image_ids: Any, *, analyzed_since: str = "") -> None:
            raise ConnectionError("the queue does not answer")

    object.__setattr__(pipeline.index, "second_stage", Down())
    with pytest.raises(ConnectionError):
        pipeline.put("a.jpg", b"Dog")
    assert pipeline.catalog.images["a.jpg"].pending == ("TEXT", "FACES")  # the labels are safe

    object.__setattr__(pipeline.index, "second_stage", pipeline.second)
    pipeline.index.run(ImageEvent("a.jpg", "0001"))

    assert pipeline.second.sent == [("a.jpg", "")]
    assert pipeline.asked(Feature.LABELS) == 1


def test_a_failure_of_the_second_stage_keeps_the_first_and_is_named(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.detector.failing = {Feature.TEXT}
    with pytest.raises(DetectorUnavailableError):
        pipeline.complete("a.jpg")
    assert pipeline.catalog.images["a.jpg"].pending == ("TEXT", "FACES")

    outcome = pipeline.complete("a.jpg", last_delivery=True)

    image = outcome.image
    assert isinstance(outcome.failure, DetectorUnavailableError)  # so that the message becomes a dead letter
    assert (image.status, image.features, image.pending) == (Status.ANALYZED, ("LABELS", "FACES"), ())
    assert (image.reason, image.message) == ("DETECTOR_UNAVAILABLE", "TEXT: ThrottlingException: slow down")
    assert [label.name for label in image.labels] == ["Dog"]


def test_its_dead_letter_comes_back_and_all_is_well(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.detector.failing = {Feature.TEXT}
    pipeline.complete("a.jpg", last_delivery=True)
    pipeline.detector.failing = set()

    image = pipeline.complete("a.jpg").image

    assert (image.features, image.reason, image.message) == (("LABELS", "TEXT", "FACES"), "", "")
    assert set(pipeline.detector.asked.values()) == {1}


def test_any_other_failure_of_the_second_stage_is_named_too(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")

    error = AnalysisInProgressError("held by another function")
    image = pipeline.index.record_failure(ImageEvent("a.jpg", stage=Stage.SECOND, last_delivery=True), error)

    assert image == pipeline.catalog.images["a.jpg"]
    assert (image.status, image.reason, image.pending) == (Status.ANALYZED, "ANALYSIS_IN_PROGRESS", ())
    assert image.message == "TEXT, FACES: held by another function"


def test_a_picture_that_the_detector_refuses_for_text_keeps_its_labels(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.detector.refusing = {Feature.TEXT}

    outcome = pipeline.complete("a.jpg")

    assert outcome.failure is None  # no delivery would help
    assert (outcome.image.status, outcome.image.reason) == (Status.ANALYZED, "UNSUPPORTED_FORMAT")
    assert outcome.image.features == ("LABELS", "FACES")


def test_an_analysis_anew_keeps_the_old_text_until_the_new_one_is_there(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    pipeline.complete("a.jpg")
    since = pipeline.index.clock.now()

    image = pipeline.index.run(ImageEvent("a.jpg", analyzed_since=since)).image

    assert ([text.text for text in image.texts], image.pending) == (["STOP"], ("TEXT", "FACES"))
    assert pipeline.second.sent[-1] == ("a.jpg", since)
    assert pipeline.complete("a.jpg", analyzed_since=since).image.pending == ()
    assert set(pipeline.detector.asked.values()) == {2}


def test_a_feature_that_is_turned_on_leaves_images_in_their_places() -> None:
    pipeline = Pipeline(Feature.LABELS)
    first = pipeline.put("a.jpg", b"Dog")
    object.__setattr__(pipeline.index, "features", (Feature.LABELS, Feature.TEXT))

    image = pipeline.complete("a.jpg").image

    assert (image.features, image.analyzed_at) == (("LABELS", "TEXT"), first.analyzed_at)


def test_in_one_stage_what_still_waits_for_a_second_one_is_completed(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")
    object.__setattr__(pipeline.index, "second_stage", None)

    assert pipeline.complete("a.jpg").image.pending == ()
    assert set(pipeline.detector.asked.values()) == {1}


class Answering(FakeRequests):
    """A queue that has its stage work at once."""

    def __init__(self, pipeline: Pipeline, stage: Stage) -> None:
        super().__init__()
        self._pipeline, self._stage = pipeline, stage

    def send(self, image_ids: Any, *, analyzed_since: str = "") -> None:
        super().send(image_ids, analyzed_since=analyzed_since)
        for image_id in image_ids:
            self._pipeline.index.run(ImageEvent(image_id, stage=self._stage))


def test_reconcile_brings_along_what_waits_without_a_message(pipeline: Pipeline) -> None:
    pipeline.put("a.jpg", b"Dog")  # its second message is lost
    pipeline.bucket.put("b.jpg", b"Cat")  # and all of this one's
    second = Answering(pipeline, Stage.SECOND)
    object.__setattr__(pipeline.index, "second_stage", second)
    derived = FakeBucket()
    for key, content in pipeline.derived.thumbnails.items():
        derived.put(key, content)
    first = Answering(pipeline, Stage.FIRST)
    names = tuple(map(str, ALL))
    stores = Stores(pipeline.bucket, derived, pipeline.catalog, first, names, second, sleep=lambda _: None)

    with find_differences(stores) as found:
        assert found.kinds == {Difference.INCOMPLETE: 1, Difference.MISSING: 1}
    done = reconcile(stores, patience=5)

    assert (done.answered, done.remaining.total()) == (2, 0)
    assert [image_id for image_id, _ in first.sent] == ["b.jpg"]
    assert {image.pending for image in pipeline.catalog.images.values()} == {()}
    assert set(pipeline.detector.asked.values()) == {1}


def test_a_record_without_the_member_waits_for_nothing() -> None:
    pipeline = Pipeline(Feature.LABELS)
    document = pipeline.put("a.jpg", b"Dog").to_document()

    assert "PendingFeatures" not in document
    assert Image.from_document(document).pending == ()
    waiting = replace(Image.from_document(document), pending=("TEXT",))
    assert Image.from_document(waiting.to_document()) == waiting


def test_calls_side_by_side_return_in_order_and_the_first_error_comes_when_all_have_ended() -> None:
    context: ContextVar[str] = ContextVar("context")
    context.set("of the caller")
    done: list[str] = []

    def fail() -> str:
        raise ConnectionError("the network is down")

    assert side_by_side([lambda: "a", context.get, lambda: "c"]) == ["a", "of the caller", "c"]
    with pytest.raises(ConnectionError):
        side_by_side([fail, lambda: done.append("put")])
    with pytest.raises(ConnectionError):
        side_by_side([lambda: done.append("asked"), fail])
    assert done == ["put", "asked"]
    assert (side_by_side([]), side_by_side([lambda: 1])) == ([], [1])
