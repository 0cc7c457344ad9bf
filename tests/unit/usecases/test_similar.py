"""Similar images: the order of the vectors, the say of the records, and how a vector comes to be kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeClock,
    FakeCopies,
    FakeDerivedStore,
    FakeDetector,
    FakePictures,
)
from viewfinder.domain.analysis import Detection
from viewfinder.domain.errors import (
    DetectorUnavailableError,
    ImageNotFoundError,
    ImageRejectedError,
    InvalidRequestError,
    VectorNotFoundError,
)
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import ImageEvent, Status
from viewfinder.domain.query import Order, Query
from viewfinder.domain.statistics import KnownName
from viewfinder.domain.vector import MODEL, SIZE, Vector
from viewfinder.ports import Neighbour, VectorKeeping
from viewfinder.usecases.index_image import IndexImage
from viewfinder.usecases.search_images import Search
from viewfinder.usecases.similar import Similar, images_like, images_like_vector, images_like_words

PARAMETERS = Parameters(40, 55.0)


def vector_of(content: bytes) -> Vector:
    return Vector(MODEL, (content * SIZE)[:SIZE])


class FakeVectors:
    """Implements `ports.Vectors`: neighbours are in the order in which they were put, the first ones nearest."""

    def __init__(self) -> None:
        self.kept: dict[str, Vector] = {}

    def put(self, content: str, vector: Vector) -> None:
        self.kept[content] = vector

    def find(self, content: str) -> Vector | None:
        return self.kept.get(content)

    def nearest(self, vector: Vector, most: int) -> Sequence[Neighbour]:
        return [Neighbour(content, 1 - place / 10) for place, content in enumerate(self.kept)][:most]

    def delete(self, contents: Collection[str]) -> None:
        for content in contents:
            self.kept.pop(content, None)


class VectorDetector(FakeDetector):
    """Answers with a vector, and makes those of older analyses; `made` counts these."""

    made = 0

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        detection = super().detect(rendition, parameters)
        return replace(detection, vector=vector_of(rendition)) if parameters.feature is Feature.LABELS else detection

    def vector(self, rendition: bytes) -> Vector:
        self.made += 1
        return vector_of(rendition)


class FakeEmbedder:
    """Implements `ports.Embedder`; `failures` are raised first, one a picture."""

    def __init__(self, model: str = "clip-0") -> None:
        self.model = model
        self.made, self.asked = 0, list[str]()
        self.failures: list[Exception] = []

    def vector(self, rendition: bytes) -> Vector:
        if self.failures:
            raise self.failures.pop(0)
        self.made += 1
        return Vector(self.model, (rendition * 8)[:8])

    def words(self, text: str) -> Vector:
        self.asked.append(text)
        return Vector(self.model, bytes(range(8)))


class Pipeline:
    """The pipeline over fakes, with vectors of the detector, or of a model of its own."""

    def __init__(self, embedder: FakeEmbedder | None = None) -> None:
        self.bucket, self.derived = FakeBucket(), FakeDerivedStore()
        self.catalog, self.detector, self.vectors = FakeCatalog(), VectorDetector(), FakeVectors()
        parts = (self.bucket, self.derived, FakePictures(), self.detector, self.catalog, self.catalog, FakeClock())
        keeping = VectorKeeping(self.vectors, self.detector)
        if embedder:
            keeping = VectorKeeping(self.vectors, embedder, embedder.model)
        self.index = IndexImage(*parts, PARAMETERS, 10_000, (Feature.LABELS, Feature.TEXT), vectors=keeping)
        self.similar = Similar(self.vectors, self.catalog, FakeCopies(self.catalog), self.catalog, embedder)

    def put(self, **images: bytes) -> None:
        for name, content in images.items():
            self.bucket.put(name, content)
            self.index.run(ImageEvent(name))


@pytest.fixture
def pipeline() -> Pipeline:
    found = Pipeline()
    found.put(a=b"Dog", b=b"Cat", c=b"Boat", twin=b"Dog")
    return found


def test_an_image_has_the_vector_of_its_labels_answer_kept_with_its_analysis(pipeline: Pipeline) -> None:
    content = pipeline.catalog.images["a"].sha256
    kept = pipeline.derived.find_analysis(PARAMETERS, content)
    assert kept is not None
    assert (kept.vector, pipeline.vectors.kept[content]) == (vector_of(b"Dog"), vector_of(b"Dog"))
    assert pipeline.detector.made == 0


def test_similar_images_come_in_order_without_the_image_itself_and_with_its_copies(pipeline: Pipeline) -> None:
    found = images_like("a", pipeline.similar)
    assert [(each.image.image_id, each.similarity) for each in found] == [("twin", 100.0), ("b", 90.0), ("c", 80.0)]
    assert [each.image.image_id for each in images_like("a", pipeline.similar, limit=1)] == ["twin"]


def test_a_picture_that_is_not_among_the_images_is_looked_for_by_its_vector(pipeline: Pipeline) -> None:
    found = images_like_vector(vector_of(b"Dog"), pipeline.similar, limit=2)
    assert [each.image.image_id for each in found] == ["a", "twin"]


def test_a_removed_image_is_no_neighbour_from_then_on(pipeline: Pipeline) -> None:
    pipeline.bucket.delete("b")
    pipeline.index.run(ImageEvent("b", sequencer="F"))
    assert [each.image.image_id for each in images_like("a", pipeline.similar)] == ["twin", "c"]


def test_no_more_contents_are_looked_up_than_an_answer_needs(pipeline: Pipeline) -> None:
    """Each is a query of the catalog, one after the other."""
    pipeline.put(**{f"image{number}": f"content {number}".encode() for number in range(9)})
    looked_up: list[str] = []
    images = pipeline.similar.copies.images

    class Counting(FakeCopies):
        def images(self, content: str, most: int) -> list[str]:
            looked_up.append(content)
            return list(images(content, most))

    counting = replace(pipeline.similar, copies=Counting(pipeline.catalog))
    assert len(images_like("image0", counting, limit=2)) == 2
    assert len(looked_up) == 3, "two, and one that may be the image itself"


def test_a_mass_deletion_of_look_alikes_leaves_the_others(pipeline: Pipeline) -> None:
    others = dict(pipeline.vectors.kept)
    pipeline.vectors.kept.clear()
    pipeline.vectors.kept |= {f"{number:064x}": vector_of(b"Gone") for number in range(1500)} | others
    assert [each.image.image_id for each in images_like("a", pipeline.similar)] == ["twin", "b", "c"]


def test_an_overwritten_image_is_no_neighbour_by_its_old_content(pipeline: Pipeline) -> None:
    pipeline.put(b=b"Lamp")
    found = images_like("a", pipeline.similar)
    assert [(each.image.image_id, each.similarity) for each in found] == [("twin", 100.0), ("c", 80.0), ("b", 70.0)]


def test_an_analysis_without_a_vector_gets_one_without_the_detector(pipeline: Pipeline) -> None:
    image = pipeline.catalog.images["a"]
    kept = pipeline.derived.find_analysis(PARAMETERS, image.sha256)
    assert kept is not None
    pipeline.derived.save_analysis(PARAMETERS, replace(kept, vector=None, stored_format=2))
    pipeline.vectors.kept.clear()
    pipeline.catalog.images["a"] = replace(image, stored_format=1)
    calls = dict(pipeline.detector.calls)

    pipeline.index.run(ImageEvent("a"))

    assert (pipeline.detector.calls, pipeline.detector.made) == (calls, 1)
    assert pipeline.vectors.kept == {image.sha256: vector_of(b"Dog")}
    kept = pipeline.derived.find_analysis(PARAMETERS, image.sha256)
    assert kept is not None
    assert kept.vector == vector_of(b"Dog")


@pytest.mark.parametrize(
    "event", [ImageEvent("copy"), ImageEvent("copy", analyzed_since="2000-01-01T00:00:00.000000Z")]
)
def test_a_detector_that_gave_no_vector_is_not_asked_again_for_a_copy(pipeline: Pipeline, event: ImageEvent) -> None:
    image = pipeline.catalog.images["a"]
    kept = pipeline.derived.find_analysis(PARAMETERS, image.sha256)
    assert kept is not None
    pipeline.derived.save_analysis(PARAMETERS, replace(kept, vector=None))
    pipeline.bucket.put("copy", b"Dog")
    calls = dict(pipeline.detector.calls)

    pipeline.index.run(event)

    assert (pipeline.detector.calls, pipeline.detector.made) == (calls, 0)


def test_an_image_without_a_vector_has_no_answer_and_says_why(pipeline: Pipeline) -> None:
    pipeline.vectors.kept.clear()
    with pytest.raises(VectorNotFoundError, match="no vector of this image"):
        images_like("a", pipeline.similar)
    pipeline.catalog.images["a"] = replace(pipeline.catalog.images["a"], status=Status.REMOVED)
    with pytest.raises(ImageNotFoundError):
        images_like("a", pipeline.similar)


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def embedded(embedder: FakeEmbedder) -> Pipeline:
    """Return a pipeline with a model of its own, and three images."""
    found = Pipeline(embedder)
    found.put(a=b"Dog", b=b"Cat", c=b"Boat")
    return found


class NoAliases:
    """What a ranking reads of the statistics: no label is another one's alias."""

    def find(self, names: Collection[str]) -> dict[str, KnownName]:
        return {}


SEARCH = Search(None, NoAliases(), FakeClock())  # type: ignore[arg-type]  # a ranking reads no index


def test_a_model_of_its_own_makes_the_vectors_once_a_content(embedded: Pipeline, embedder: FakeEmbedder) -> None:
    assert {vector.model for vector in embedded.vectors.kept.values()} == {"clip-0"}
    assert (embedder.made, embedded.detector.made) == (3, 0)
    embedded.put(copy=b"Dog")
    assert embedder.made == 3
    assert [each.image.image_id for each in images_like("a", embedded.similar)] == ["copy", "b", "c"]


def test_words_rank_the_images_that_meet_the_filters(embedded: Pipeline, embedder: FakeEmbedder) -> None:
    found, _ = images_like_words("a dog", Query(), embedded.similar, SEARCH, limit=2)
    assert [(each.image.image_id, each.similarity) for each in found] == [("a", 100.0), ("b", 90.0)]
    filtered, _ = images_like_words("a dog", Query(labels=("Boat",)), embedded.similar, SEARCH)
    prefixed, _ = images_like_words("a dog", Query(prefix="b"), embedded.similar, SEARCH)
    assert [[each.image.image_id for each in some] for some in (filtered, prefixed)] == [["c"], ["b"]]
    assert embedder.asked == ["a dog"] * 3


def test_words_bring_an_order_and_need_a_model(pipeline: Pipeline, embedded: Pipeline) -> None:
    with pytest.raises(InvalidRequestError, match="can't be combined with like"):
        images_like_words("a dog", Query(order=Order.TAKEN), embedded.similar, SEARCH)
    with pytest.raises(InvalidRequestError, match="no model that knows words"):
        images_like_words("a dog", Query(), pipeline.similar, SEARCH)


def test_vectors_of_another_model_are_never_compared(embedded: Pipeline) -> None:
    with pytest.raises(InvalidRequestError, match=f"of the model {MODEL}; vectors here are of clip-0"):
        images_like_vector(vector_of(b"Dog"), embedded.similar)
    content = embedded.catalog.images["a"].sha256
    embedded.vectors.kept[content] = vector_of(b"Dog")
    with pytest.raises(VectorNotFoundError):
        images_like("a", embedded.similar)


def test_images_of_another_model_get_new_vectors_without_the_detector(embedded: Pipeline) -> None:
    calls = dict(embedded.detector.calls)
    other = FakeEmbedder("clip-1")
    embedded.index = replace(embedded.index, vectors=VectorKeeping(embedded.vectors, other, other.model))
    for name, image in list(embedded.catalog.images.items()):
        embedded.catalog.images[name] = replace(image, stored_format=1)
        embedded.index.run(ImageEvent(name))
    assert {vector.model for vector in embedded.vectors.kept.values()} == {"clip-1"}
    assert (embedded.detector.calls, other.made) == (calls, 3)


def test_a_model_that_cannot_answer_now_costs_no_second_detector_call(embedder: FakeEmbedder) -> None:
    pipeline = Pipeline(embedder)
    pipeline.bucket.put("a", b"Dog")
    embedder.failures = [DetectorUnavailableError("throttled")]
    with pytest.raises(DetectorUnavailableError):
        pipeline.index.run(ImageEvent("a"))
    labels = pipeline.detector.calls[b"Dog"]
    outcome = pipeline.index.run(ImageEvent("a"))
    assert (outcome.image.status, labels, pipeline.detector.calls[b"Dog"]) == (Status.ANALYZED, 1, 2)  # and the text
    assert [vector.model for vector in pipeline.vectors.kept.values()] == ["clip-0"]


@pytest.mark.parametrize(
    "failure", [DetectorUnavailableError("throttled"), ImageRejectedError("IMAGE_TOO_LARGE", "too large")]
)
def test_an_image_without_a_vector_is_better_than_none(embedder: FakeEmbedder, failure: Exception) -> None:
    pipeline = Pipeline(embedder)
    pipeline.bucket.put("a", b"Dog")
    embedder.failures = [failure]
    outcome = pipeline.index.run(ImageEvent("a", last_delivery=True))
    assert (outcome.image.status, pipeline.vectors.kept) == (Status.ANALYZED, {})
