"""A person's word on labels: it counts, survives whatever the detector says later, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeClock,
    FakeCopies,
    FakeDerivedStore,
    FakeDetector,
    FakeRequests,
    fake_indexer,
)
from viewfinder.domain.content_corrections import ContentCorrections
from viewfinder.domain.errors import CatalogConflictError, ImageNotFoundError, InvalidRequestError
from viewfinder.domain.image import Image, ImageEvent, Status
from viewfinder.domain.label import MAX_CORRECTIONS, PERSON, Corrections, Label
from viewfinder.domain.lease import Lease
from viewfinder.ports import StoredDocument
from viewfinder.usecases.corrections import Correcting, correct_labels
from viewfinder.usecases.kept_corrections import change_corrections

KEY = "a.jpg"
WORDS = ("Dog", "Cat", "Cup", "Tree")
NAMES = st.lists(st.sampled_from([*WORDS, "dog", "CAT", "Straße", "STRASSE"]), max_size=4, unique_by=str.casefold)


class Pipeline:
    """A bucket, a detector and a catalog, in which an image is corrected and analysed again."""

    def __init__(self) -> None:
        self.bucket, self.catalog, self.detector = FakeBucket(), FakeCatalog(), FakeDetector()
        self.clock, self.derived, self.requests = FakeClock(), FakeDerivedStore(), FakeRequests()
        self.correcting = Correcting(self.catalog, self.derived, FakeCopies(self.catalog), self.requests)
        self.index = fake_indexer(
            self.catalog, images=self.bucket, derived=self.derived, detector=self.detector, clock=self.clock
        )
        self.events = 0

    def put(self, content: bytes, key: str = KEY) -> Image:
        self.bucket.put(key, content)
        return self.follow(key)

    def remove(self, key: str = KEY) -> Image:
        self.bucket.delete(key)
        return self.follow(key)

    def follow(self, key: str = KEY) -> Image:
        self.events += 1
        return self.index.run(ImageEvent(key, f"{self.events:016x}")).image

    def answer_requests(self) -> None:
        """Process what was asked for."""
        while self.requests.sent:
            self.index.run(ImageEvent(self.requests.sent.pop()[0]))

    def analyze_again(self) -> Image:
        return self.index.run(ImageEvent(KEY, analyzed_since=self.clock.now())).image

    def names(self, key: str = KEY) -> list[str]:
        return [label.name for label in self.catalog.images[key].corrected_labels]


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_an_added_label_is_certain_and_a_persons_and_a_removed_one_is_gone(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    image = correct_labels(KEY, pipeline.correcting, add=["Tree"], remove=["cat"])
    assert image.corrected_labels == (Label("Tree", 100.0, source=PERSON), image.labels[0])
    assert [label.name for label in image.labels] == ["Dog", "Cat"]


def test_an_added_label_that_the_detector_found_too_keeps_what_it_says_of_it(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    image = correct_labels(KEY, pipeline.correcting, add=["DOG"])
    assert image.corrected_labels[0] == Label("Dog", 100.0, (), ("Animals and Pets",), source=PERSON)


def test_corrections_survive_another_analysis_and_another_detector(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    correct_labels(KEY, pipeline.correcting, add=["Tree"], remove=["Cat"])
    pipeline.detector.model_version = "4.0"
    assert pipeline.analyze_again().model_version == "4.0"
    assert pipeline.names() == ["Tree", "Dog"]


def test_corrections_survive_a_failure_and_a_removal_but_no_other_content(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    correct_labels(KEY, pipeline.correcting, add=["Tree"], remove=["Cat"])
    pipeline.events += 1
    pipeline.index.record_failure(ImageEvent(KEY, f"{pipeline.events:016x}"), RuntimeError())
    assert pipeline.put(b"Dog Cat").status is Status.ANALYZED
    pipeline.remove()
    pipeline.put(b"Dog Cat")
    assert pipeline.names() == ["Tree", "Dog"]
    pipeline.put(b"Cup Cat")
    assert pipeline.names() == ["Cup", "Cat"]


def test_what_is_said_of_an_image_that_was_never_read_is_about_whatever_is_read_then(pipeline: Pipeline) -> None:
    pipeline.index.record_failure(ImageEvent(KEY), RuntimeError())
    correct_labels(KEY, pipeline.correcting, add=["Tree"])
    pipeline.put(b"Dog Cat")
    assert pipeline.names() == ["Tree", "Dog", "Cat"]


def test_undo_gives_the_word_back_to_the_detector(pipeline: Pipeline) -> None:
    before = pipeline.put(b"Dog Cat")
    correct_labels(KEY, pipeline.correcting, add=["Tree"], remove=["Cat"])
    image = correct_labels(KEY, pipeline.correcting, undo=["tree", "CAT"])
    assert (image.corrected_labels, image.corrections) == (before.labels, Corrections())


def test_a_correction_is_no_analysis(pipeline: Pipeline) -> None:
    before = pipeline.put(b"Dog")
    assert correct_labels(KEY, pipeline.correcting, add=["Tree"]).analyzed_at == before.analyzed_at


def test_what_changes_nothing_is_not_written(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    first = correct_labels(KEY, pipeline.correcting, add=["Tree"])
    assert correct_labels(KEY, pipeline.correcting, add=["Tree"]).version == first.version


@pytest.mark.parametrize(
    ("add", "remove", "message"),
    [
        ([], [], "needs 1 to 20 names"),
        ([str(number) for number in range(21)], [], "needs 1 to 20 names"),
        (["Dog"], ["dog"], "has a name twice"),
    ],
)
def test_a_body_that_has_no_meaning_is_refused(
    pipeline: Pipeline, add: list[str], remove: list[str], message: str
) -> None:
    pipeline.put(b"Dog")
    with pytest.raises(InvalidRequestError, match=message):
        correct_labels(KEY, pipeline.correcting, add=add, remove=remove)


def test_an_image_has_room_for_so_many_corrections(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    for start in range(0, MAX_CORRECTIONS, 20):
        correct_labels(KEY, pipeline.correcting, add=[str(number) for number in range(start, start + 20)])
    with pytest.raises(InvalidRequestError, match="has room for 40"):
        correct_labels(KEY, pipeline.correcting, add=["one more"])


def test_an_image_that_is_not_there_or_removed_is_not_found(pipeline: Pipeline) -> None:
    with pytest.raises(ImageNotFoundError):
        correct_labels(KEY, pipeline.correcting, add=["Dog"])
    pipeline.put(b"Dog")
    pipeline.remove()
    with pytest.raises(ImageNotFoundError):
        correct_labels(KEY, pipeline.correcting, add=["Dog"])


class ContestedCatalog(FakeCatalog):
    """A catalog that others write between a reading and a writing, so many times."""

    def __init__(self, catalog: FakeCatalog, others: list[Callable[[Image], Image]]) -> None:
        super().__init__()
        self.images, self._version, self._others = catalog.images, 10**6, others

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        if self._others:
            known = self.images[image.image_id]
            super().save(self._others.pop()(known), replacing=known)
        return super().save(image, replacing=replacing, lease=lease)


def test_a_lost_race_is_run_again_and_loses_nothing(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")

    def other(image: Image) -> Image:
        words = change_corrections(image.sha256, image.corrections, pipeline.derived, with_cup, stored_format=1)
        return replace(image, corrections=words.labels)

    def with_cup(kept: ContentCorrections) -> ContentCorrections:
        return replace(kept, labels=kept.labels.changed(["Cup"], content=kept.sha256))

    image = correct_labels(
        KEY, replace(pipeline.correcting, catalog=ContestedCatalog(pipeline.catalog, [other])), add=["Tree"]
    )
    assert set(image.corrections.added) == {"Cup", "Tree"}


def test_whoever_loses_every_race_is_told(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    others: list[Callable[[Image], Image]] = [lambda image: replace(image, size=image.size + 1)] * 5
    with pytest.raises(CatalogConflictError):
        correct_labels(
            KEY, replace(pipeline.correcting, catalog=ContestedCatalog(pipeline.catalog, others)), add=["Tree"]
        )


class ContestedDocuments(FakeDerivedStore):
    """Documents that others write between a reading and a writing, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def save_document(self, key: str, content: Mapping[str, Any], *, replacing: StoredDocument | None) -> None:
        if self._times:
            self._times -= 1
            other = ContentCorrections(content["Sha256"], Corrections((f"Cup {self._times}",)))
            super().save_document(key, other.to_document(), replacing=replacing)
        super().save_document(key, content, replacing=replacing)


def test_two_persons_at_once_are_both_heard(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    correcting = replace(pipeline.correcting, documents=ContestedDocuments(1))
    assert correct_labels(KEY, correcting, add=["Tree"]).corrections.added == ("Cup 0", "Tree")
    with pytest.raises(CatalogConflictError, match="5 times by others"):
        correct_labels(KEY, replace(correcting, documents=ContestedDocuments(5)), add=["Tree"])


def test_corrections_survive_a_new_name_and_a_lost_catalog(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    correct_labels(KEY, pipeline.correcting, add=["Tree"], remove=["Cat"])
    pipeline.remove()
    pipeline.put(b"Dog Cat", "renamed.jpg")
    assert pipeline.names("renamed.jpg") == ["Tree", "Dog"]
    pipeline.catalog.images.clear()
    pipeline.follow("renamed.jpg")
    assert pipeline.names("renamed.jpg") == ["Tree", "Dog"]


def test_every_image_of_the_content_follows_and_keeps_its_time(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog Cat")
    before = pipeline.put(b"Dog Cat", "copy.jpg")
    correct_labels(KEY, pipeline.correcting, add=["Tree"])
    assert pipeline.requests.sent == [("copy.jpg", "")]
    pipeline.answer_requests()
    assert pipeline.names("copy.jpg") == ["Tree", "Dog", "Cat"]
    assert pipeline.catalog.images["copy.jpg"].analyzed_at == before.analyzed_at
    correct_labels("copy.jpg", pipeline.correcting, undo=["Tree"])
    pipeline.answer_requests()
    assert pipeline.names() == ["Dog", "Cat"]


def as_0_2_0_left_it(pipeline: Pipeline, key: str, corrections: Corrections) -> None:
    image = pipeline.put(b"Dog Cat", key)
    pipeline.catalog.images[key] = replace(image, stored_format=0, corrections=corrections.about(image.sha256))


def test_what_0_2_0_kept_in_the_catalog_alone_is_brought_over_from_each_image(pipeline: Pipeline) -> None:
    as_0_2_0_left_it(pipeline, KEY, Corrections(("Tree",), ("Cat",)))
    as_0_2_0_left_it(pipeline, "copy.jpg", Corrections(("Cup", "cat"), ("Dog",)))
    pipeline.follow()
    pipeline.follow("copy.jpg")
    (document,) = pipeline.derived.documents.values()
    assert document.content["Labels"] == {"Added": ["Tree", "Cup"], "Removed": ["Cat", "Dog"]}
    assert pipeline.names("copy.jpg") == ["Tree", "Cup"]


def test_a_correction_of_what_0_2_0_left_keeps_its_words(pipeline: Pipeline) -> None:
    as_0_2_0_left_it(pipeline, KEY, Corrections(("Tree",), ("Cat",)))
    correct_labels(KEY, pipeline.correcting, undo=["Cat"])
    assert pipeline.names() == ["Tree", "Dog", "Cat"]
    pipeline.follow()
    assert pipeline.names() == ["Tree", "Dog", "Cat"]


Step = tuple[str, list[str]]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "undo"]), NAMES.filter(bool))
    | st.tuples(st.sampled_from(["analyze", "deliver", "replace and restore"]), st.just([])),
    max_size=8,
)


@given(STEPS)
def test_the_last_word_on_each_name_counts_however_often_the_image_is_analysed_between(steps: list[Step]) -> None:
    pipeline = Pipeline()
    words: dict[str, str] = {}
    pipeline.put(b"Dog Cat Cup")
    for step, names in steps:
        if step in {"add", "remove", "undo"}:
            correct_labels(KEY, pipeline.correcting, **{step: names})
            words |= dict.fromkeys((name.casefold() for name in names), step)
        elif step == "analyze":
            pipeline.analyze_again()
        elif step == "deliver":
            pipeline.follow()
        else:
            pipeline.remove()
            pipeline.put(b"Dog Cat Cup")
    said = {name: word for name, word in words.items() if word != "undo"}
    expected = {"dog", "cat", "cup"} - set(said) | {name for name, word in said.items() if word == "add"}
    image = pipeline.catalog.images[KEY]
    assert sorted(label.name.casefold() for label in image.corrected_labels) == sorted(expected)
    theirs = {label.name.casefold() for label in image.corrected_labels if label.source == PERSON}
    assert theirs == {name for name, word in said.items() if word == "add"}
    assert Image.from_document(image.to_document()) == image
