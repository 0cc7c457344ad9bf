"""List the faces of a person, and those that wait for an answer whether they are somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.person import name_key
from viewfinder.domain.posting import SUGGESTIONS
from viewfinder.domain.query import Query
from viewfinder.domain.summary import Summary
from viewfinder.usecases.people import Album
from viewfinder.usecases.search_images import read_source, search_images

_FINGERPRINT = "suggested faces"


@dataclass(frozen=True, slots=True)
class FaceOnImage:
    """A face, and the image that it is on."""

    image: Image
    face: IndexedFace


def list_faces(album: Album, *, person: str = "", limit: int = 50, token: str = "") -> tuple[list[FaceOnImage], str]:
    """Return the faces of a page of images, the newest first, and the next token; raise InvalidRequestError.

    Those of a `person` by name or id; without one those that wait for an answer.
    """
    if person:
        page = search_images(Query(people=(person,)), album.search, limit=limit, token=token)
        key = name_key(person)
        ids = {key, *album.people.ids_of(key)}
        return list(_faces(page.images, lambda face: face.person.casefold() in ids, album)), page.next_token
    after = cursor_from_token(token, _FINGERPRINT).position if token else ""
    images, position = read_source(SUGGESTIONS, album.search.index, limit=limit, after=after)
    faces = list(_faces(images, lambda face: bool(face.suggested), album))
    return faces, Cursor(position, "", _FINGERPRINT).to_token() if position else ""


def _faces(images: Sequence[Summary], is_meant: Callable[[IndexedFace], bool], album: Album) -> Iterator[FaceOnImage]:
    records = album.records.find_many([image.image_id for image in images])
    for image_id in (image.image_id for image in images):
        if record := records.get(image_id):
            faces: tuple[IndexedFace, ...] = record.findings.get(Feature.PEOPLE, ())
            yield from (FaceOnImage(record, face) for face in faces if is_meant(face))
