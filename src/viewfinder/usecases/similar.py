"""Images that show the like: those whose vectors are nearest, most similar first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from viewfinder.domain.errors import VectorNotFoundError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.vector import MAX_SIMILAR, Vector
from viewfinder.ports import Catalog, Copies, Neighbour, Records, Vectors
from viewfinder.usecases.images import get_image

_CONTENTS = (100, 1000, 10_000)
"""How many contents are looked at, the next number where images of too many are gone; Amazon S3 Vectors returns 100."""


@dataclass(frozen=True, slots=True)
class Similar:
    """The dependencies of similar images."""

    vectors: Vectors
    catalog: Catalog
    copies: Copies
    records: Records


@dataclass(frozen=True, slots=True)
class SimilarImage:
    """An image, and its similarity in percent: 100 is the same direction, 0 a right angle or more."""

    image: Image
    similarity: float


def images_like(image_id: str, similar: Similar, *, limit: int = 20) -> list[SimilarImage]:
    """Return the images most similar to one, without it; raise ImageNotFoundError or VectorNotFoundError."""
    image = get_image(image_id, similar.catalog)
    vector = similar.vectors.find(image.sha256) if image.sha256 and image.status is Status.ANALYZED else None
    if vector is None:
        raise VectorNotFoundError("no vector of this image is known; an analysed image gets one when analysed again")
    return _found(vector, similar, limit, without=image_id)


def images_like_vector(vector: Vector, similar: Similar, *, limit: int = 20) -> list[SimilarImage]:
    """Return the images most similar to a picture, by its vector."""
    return _found(vector, similar, limit)


def _found(vector: Vector, similar: Similar, limit: int, without: str = "") -> list[SimilarImage]:
    """Read the records of some contents at a time: they decide, so that a removed image is gone at once.

    Of many contents the images may be gone, as after a deletion of look-alikes: then more contents are looked at.
    """
    found: list[SimilarImage] = []
    looked_at = 0
    for most in _CONTENTS:
        neighbours = similar.vectors.nearest(vector, most)
        for start in range(looked_at, len(neighbours), limit + 1):
            found += _images(neighbours[start : start + limit + 1], similar, without)
            if len(found) >= limit:
                return found[:limit]
        looked_at = len(neighbours)
        if looked_at < most:
            break
    return found


def _images(neighbours: Sequence[Neighbour], similar: Similar, without: str) -> Iterator[SimilarImage]:
    ids = {each.content: similar.copies.images(each.content, MAX_SIMILAR) for each in neighbours}
    known = similar.records.find_many([image_id for images in ids.values() for image_id in images])
    for each in neighbours:
        for image_id in ids[each.content]:
            image = known.get(image_id)
            is_there = image and image.status is Status.ANALYZED and image.sha256 == each.content
            if image and is_there and image_id != without:
                yield SimilarImage(image, round(100 * max(0.0, each.similarity), 1))
