"""Images that show the like: those whose vectors are nearest, most similar first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from viewfinder.domain.errors import InvalidRequestError, VectorNotFoundError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.interpretation import Interpretation
from viewfinder.domain.query import Order, Query
from viewfinder.domain.summary import Summary
from viewfinder.domain.vector import MAX_SIMILAR, MODEL, Vector
from viewfinder.ports import Catalog, Copies, Embedder, Neighbour, Records, Vectors
from viewfinder.usecases.images import get_image
from viewfinder.usecases.search_images import Search, criteria_of

_CONTENTS = (100, 1000, 10_000)
"""How many contents are looked at, the next number where images of too many are gone; Amazon S3 Vectors returns 100."""


@dataclass(frozen=True, slots=True)
class Similar:
    """The dependencies of similar images; `embedder` is None where no model knows words."""

    vectors: Vectors
    catalog: Catalog
    copies: Copies
    records: Records
    embedder: Embedder | None = None

    @property
    def model(self) -> str:
        """The model of the vectors."""
        return self.embedder.model if self.embedder else MODEL


@dataclass(frozen=True, slots=True)
class SimilarImage:
    """An image, and its similarity in percent: 100 is the same direction, 0 a right angle or more."""

    image: Image
    similarity: float


def images_like(image_id: str, similar: Similar, *, limit: int = 20) -> list[SimilarImage]:
    """Return the images most similar to one, without it; raise ImageNotFoundError or VectorNotFoundError."""
    image = get_image(image_id, similar.catalog)
    vector = similar.vectors.find(image.sha256) if image.sha256 and image.status is Status.ANALYZED else None
    if vector is None or vector.model != similar.model:
        raise VectorNotFoundError("no vector of this image is known; an analysed image gets one when analysed again")
    return _found(vector, similar, limit, lambda other: other.image_id != image_id)


def images_like_vector(vector: Vector, similar: Similar, *, limit: int = 20) -> list[SimilarImage]:
    """Return the images most similar to a picture, by its vector; raise InvalidRequestError for another model's."""
    if vector.model != similar.model:
        message = f"is of the model {vector.model}; vectors here are of {similar.model}"
        raise InvalidRequestError(message, parameter="Vector")
    return _found(vector, similar, limit, lambda _: True)


def images_like_words(
    words: str, query: Query, similar: Similar, search: Search, *, limit: int = 50
) -> tuple[list[SimilarImage], tuple[Interpretation, ...]]:
    """Return the images that meet a query, those first that a text describes best; and how the query was read.

    The filters are applied to the nearest 10,000 contents, of Amazon S3 Vectors 100. Raise InvalidRequestError.
    """
    if similar.embedder is None:
        raise InvalidRequestError("this stack has no model that knows words", parameter="like")
    if query.order is not Order.NEWEST:
        raise InvalidRequestError("can't be combined with like, which orders the images itself", parameter="order")
    interpretation, criteria = criteria_of(query, search)
    if criteria is None:
        return [], interpretation
    vector = similar.embedder.words(words)
    return _found(vector, similar, limit, lambda image: criteria.admit(Summary.of(image))), interpretation


def _found(vector: Vector, similar: Similar, limit: int, is_wanted: Callable[[Image], bool]) -> list[SimilarImage]:
    """Read the records of some contents at a time: they decide, so that a removed image is gone at once.

    Where the images of many contents are gone, as after a deletion of look-alikes, or are not wanted, more contents
    are looked at.
    """
    found: list[SimilarImage] = []
    looked_at = 0
    for most in _CONTENTS:
        neighbours = similar.vectors.nearest(vector, most)
        for start in range(looked_at, len(neighbours), limit + 1):
            found += _images(neighbours[start : start + limit + 1], similar, is_wanted)
            if len(found) >= limit:
                return found[:limit]
        looked_at = len(neighbours)
        if looked_at < most:
            break
    return found


def _images(
    neighbours: Sequence[Neighbour], similar: Similar, is_wanted: Callable[[Image], bool]
) -> Iterator[SimilarImage]:
    ids = {each.content: similar.copies.images(each.content, MAX_SIMILAR) for each in neighbours}
    known = similar.records.find_many([image_id for images in ids.values() for image_id in images])
    for each in neighbours:
        for image_id in ids[each.content]:
            image = known.get(image_id)
            is_there = image and image.status is Status.ANALYZED and image.sha256 == each.content
            if image and is_there and is_wanted(image):
                yield SimilarImage(image, round(100 * max(0.0, each.similarity), 1))
