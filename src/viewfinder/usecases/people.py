"""People as persons see them: list, name, hide, merge, and choose covers.

What is said lies in the derived bucket; the catalog's rows repeat it. Images follow when they are processed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.errors import (
    CatalogConflictError,
    DocumentConflictError,
    FaceNotFoundError,
    InvalidRequestError,
    PersonNotFoundError,
)
from viewfinder.domain.face_words import FaceKey
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.person import MAX_ANCHORS, MAX_NAME, FacePlace, Person, PersonCount, person_key
from viewfinder.domain.query import Query
from viewfinder.domain.spelling import is_name
from viewfinder.ports import Copies, Documents, People, Records
from viewfinder.usecases.search_images import Search, search_images
from viewfinder.usecases.side_by_side import Caller, one_by_one

_ATTEMPTS = 5
_AT_ONCE = 10
"""Covers that are looked up at the same time."""
_FINGERPRINT = "people"


@dataclass(frozen=True, slots=True)
class Album:
    """What the use cases of people need."""

    people: People
    documents: Documents
    records: Records
    search: Search
    copies: Copies
    call: Caller = one_by_one


def list_people(people: People, *, limit: int = 50, token: str = "") -> tuple[Sequence[PersonCount], str]:
    """Return a page of people, those on the most images first, and the next token; raise InvalidRequestError."""
    after = cursor_from_token(token, _FINGERPRINT).position if token else ""
    found, place = people.page(after, limit)
    return found, Cursor(place, "", _FINGERPRINT).to_token() if place else ""


def cover_images(people: Sequence[PersonCount], album: Album) -> list[str]:
    """Return an image that has the content of each person's cover; "" where none has."""

    def image_of(entry: PersonCount) -> Callable[[], str]:
        cover = entry.person.cover
        return lambda: next(iter(album.copies.images(cover.sha256, 1)), "") if cover else ""

    works = [image_of(entry) for entry in people]
    portions = [works[start : start + _AT_ONCE] for start in range(0, len(works), _AT_ONCE)]
    return [image_id for portion in portions for image_id in album.call(portion)]


def get_person(person_id: str, people: People) -> PersonCount:
    """Return a person; raise PersonNotFoundError."""
    found = people.find(person_id)
    if found is None:
        raise PersonNotFoundError("there is no such person")
    return found


def change_person(
    person_id: str,
    album: Album,
    *,
    name: str | None = None,
    hidden: bool | None = None,
    cover: FaceKey | None = None,
    merged: bool | None = None,
) -> PersonCount:
    """Name a person ("": no name any more), hide it, choose a face of it as cover, or (merged=False) undo its merge.

    Raise PersonNotFoundError, FaceNotFoundError or InvalidRequestError.
    """
    if name is None and hidden is None and cover is None and merged is None:
        raise InvalidRequestError("the body needs Name, Hidden, Cover or Merged")
    known = get_person(person_id, album.people)
    if name is not None:
        check_name(name)
    if merged:
        raise InvalidRequestError("must be false, which undoes a merge", parameter="Merged")
    chosen = _place_of(cover, known.person, album) if cover else None

    def change(person: Person) -> Person:
        said = replace(person, name=person.name if name is None else name, cover=chosen or person.cover)
        said = replace(said, merged_into=said.merged_into if merged is None else "")
        return replace(said, hidden=said.hidden if hidden is None else hidden)

    return PersonCount(say(known.person, album, change), known.count)


def check_name(name: str) -> None:
    """Raise InvalidRequestError for what is no name; "" is none."""
    if len(name) > MAX_NAME or (name and not is_name(name)):
        message = f"must have at most {MAX_NAME} characters, none of control, and no spaces around it"
        raise InvalidRequestError(message, parameter="Name")


def _place_of(key: FaceKey, person: Person, album: Album) -> FacePlace:
    image = album.records.find_many([key.image_id]).get(key.image_id)
    ids = set(album.people.ids_of(person.person_id.casefold()))
    faces = image.findings.get(Feature.PEOPLE, ()) if image and image.is_visible else ()
    found = next((face for face in faces if face.face_id == key.face_id and face.person in ids), None)
    if image is None or found is None:
        raise FaceNotFoundError("the image has no such face of this person")
    return FacePlace(image.sha256, found.box)


def merge_people(person_id: str, album: Album, *, others: Sequence[str]) -> PersonCount:
    """Merge people into one, which keeps its name, else takes theirs; raise PersonNotFoundError, InvalidRequestError.

    Searches find the images of all at once; the next pass gives them the one PersonId.
    """
    if person_id in others or not others:
        raise InvalidRequestError("must be other people", parameter="PersonIds")
    target, merged = get_person(person_id, album.people), [get_person(each, album.people) for each in others]
    if target.person.merged_into:
        raise InvalidRequestError("is merged into another person itself", parameter="PersonId")
    for entry in merged:
        say(entry.person, album, lambda person: replace(person, merged_into=person_id))
    name = next((entry.person.name for entry in merged if entry.person.name), "")
    said = say(target.person, album, lambda person: replace(person, name=person.name or name))
    return PersonCount(said, target.count)


def say(known: Person, album: Album, change: Callable[[Person], Person]) -> Person:
    """Write what is said of a person, and its row; at the first time with faces that it is known by ever after."""
    key = person_key(known.person_id)
    for _ in range(_ATTEMPTS):
        stored = album.documents.find_document(key)
        before = Person.from_document(stored.content) if stored else replace(known, cover=None)
        said = change(before if before.anchors else replace(before, anchors=anchors_of(known.person_id, album)))
        try:
            album.documents.save_document(key, said.to_document(), replacing=stored)
        except DocumentConflictError:
            continue
        album.people.save(said if said.cover else replace(said, cover=known.cover))
        return said
    raise CatalogConflictError(f"the person was written {_ATTEMPTS} times by others while it was read")


def anchors_of(person_id: str, album: Album) -> tuple[FacePlace, ...]:
    """Return the places of some of a person's faces: the largest of its newest images."""
    page = search_images(Query(people=(person_id,)), album.search, limit=2 * MAX_ANCHORS)
    images = album.records.find_many([summary.image_id for summary in page.images])
    faces = _faces(images.values(), person_id)
    largest = sorted(faces, key=lambda each: (-each[1].box.width * each[1].box.height, each[0].sha256))
    return tuple(FacePlace(image.sha256, face.box) for image, face in largest[:MAX_ANCHORS])


def _faces(images: Iterable[Image], person_id: str) -> list[tuple[Image, IndexedFace]]:
    return [
        (image, face)
        for image in images
        for face in image.findings.get(Feature.PEOPLE, ())
        if face.person.casefold() == person_id
    ]
