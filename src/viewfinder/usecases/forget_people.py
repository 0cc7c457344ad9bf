"""Forget faces: in the collection, the derived bucket and the catalog; done when it returns.

Each step can be repeated: what was interrupted is finished by the same call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viewfinder.domain.analysis import analysis_key
from viewfinder.domain.content_corrections import ContentCorrections, corrections_key
from viewfinder.domain.face_words import FaceWord, changed_words, word_on
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.indexed_face import IndexedFace, is_same_place
from viewfinder.domain.label import NO_CORRECTIONS
from viewfinder.domain.person import FacePlace, Person, person_key
from viewfinder.ports import Catalog, FaceCollection
from viewfinder.usecases.group_people import PeopleStores, contents_of
from viewfinder.usecases.index_people import matches_key
from viewfinder.usecases.kept_corrections import change_corrections
from viewfinder.usecases.write_again import write_again

MOST_COPIES = 10_000
"""Images of one content that are changed."""

IsMeant = Callable[[IndexedFace, FaceWord], bool]
"""Whether a face is meant, by what was found and what has been said of it."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What faces are forgotten in."""

    stores: PeopleStores
    collection: FaceCollection
    catalog: Catalog


@dataclass(slots=True)
class Forgotten:
    """The numbers of what was forgotten."""

    faces: int = 0
    images: int = 0


def forget_all_people(forgetting: Forgetting, on_progress: Callable[[Forgotten], None] = lambda _: None) -> Forgotten:
    """Forget every face, person and group, also of contents that no image has any more."""
    stores, done = forgetting.stores, Forgotten()
    for sha256 in contents_of(stores):
        forget_content(sha256, forgetting, done)
        on_progress(done)
    for key in list(stores.derived.list_documents("people/")):
        stores.derived.delete_document(key)
    left = list(forgetting.collection.face_ids())
    forgetting.collection.delete(left)
    done.faces += len(left)
    for person_id in list(stores.people.said()):
        stores.people.delete(person_id)
    stores.people.purge()
    return done


def forget_likes(forgetting: Forgetting) -> None:
    """Take faces that are gone out of the matches of all others."""
    derived, there = forgetting.stores.derived, set(forgetting.collection.face_ids())
    missing = {}
    for key in derived.list_documents(matches_key("").removesuffix(".json")):
        if (stored := derived.find_document(key)) and (ids := _matched(stored.content) - there):
            missing[key] = ids
    there = set(forgetting.collection.face_ids()) if missing else there  # those that came while this was reading
    for key, ids in missing.items():
        if (gone := ids - there) and (stored := derived.find_document(key)):
            kept = {
                face_id: [match for match in found if match[0] not in gone]
                for face_id, found in stored.content["Matches"].items()
            }
            derived.save_document(key, {**stored.content, "Matches": kept}, replacing=stored)


def _matched(document: Mapping[str, Any]) -> set[str]:
    return {face_id for found in document["Matches"].values() for face_id, _ in found}


def forget_content(sha256: str, forgetting: Forgetting, done: Forgotten) -> None:
    """Forget all faces of a content, and what persons have said of them."""
    derived = forgetting.stores.derived
    forget_where(sha256, forgetting, lambda _face, _word: True, done, for_ever=False)
    for parameters in forgetting.stores.asked.with_versions():
        derived.delete_document(analysis_key(parameters, sha256))
    derived.delete_document(matches_key(sha256))
    if derived.find_document(corrections_key(sha256)):
        change_corrections(sha256, NO_CORRECTIONS, derived, lambda kept: replace(kept, faces=()), stored_format=1)


def forget_faces(sha256: str, face_ids: set[str], forgetting: Forgetting, done: Forgotten) -> None:
    """Forget some faces of a content for ever: another analysis keeps none at their places."""
    forget_where(sha256, forgetting, lambda face, _word: face.face_id in face_ids, done, for_ever=True)


def forget_where(
    sha256: str,
    forgetting: Forgetting,
    is_meant: IsMeant,
    done: Forgotten,
    *,
    for_ever: bool,
) -> None:
    """Forget some faces of a content; `for_ever`: the place is noted, so that another analysis keeps none there."""
    stores = forgetting.stores
    analysis = stores.derived.find_analysis(stores.asked, sha256)
    if analysis is None:
        return
    stored = stores.derived.find_document(corrections_key(sha256))
    words = ContentCorrections.from_document(stored.content).faces if stored else ()
    gone: list[IndexedFace] = [face for face in analysis.findings if is_meant(face, word_on(face, words))]
    if not gone:
        return
    if for_ever:
        change_corrections(sha256, NO_CORRECTIONS, stores.derived, _noting(gone), stored_format=1)
    forgetting.collection.delete([face.face_id for face in gone])
    ids = {face.face_id for face in gone}
    _forget_matches(sha256, ids, stores)
    _forget_places(sha256, gone, words, stores)
    forget_in_records(sha256, forgetting, ids)
    kept = tuple(face for face in analysis.findings if face not in gone)
    stores.derived.save_analysis(stores.asked, replace(analysis, findings=kept))
    done.images += forget_in_records(sha256, forgetting, ids)  # again, for those that were just being written
    done.faces += len(gone)


def forget_in_records(sha256: str, forgetting: Forgetting, face_ids: Collection[str]) -> int:
    """Take faces out of the records of all images with a content; return the number of images."""
    images = forgetting.stores.copies.images(sha256, MOST_COPIES)
    for image_id in images:
        write_again(image_id, forgetting.catalog, lambda image: _without(image, face_ids))
    return len(images)


def _noting(gone: Sequence[IndexedFace]) -> Callable[[ContentCorrections], ContentCorrections]:
    def change(kept: ContentCorrections) -> ContentCorrections:
        words = kept.faces
        for face in gone:
            words = changed_words(words, FaceWord(face.box, forgotten=True))
        return replace(kept, faces=words)

    return change


def _forget_matches(sha256: str, gone: set[str], stores: PeopleStores) -> None:
    key = matches_key(sha256)
    if stored := stores.derived.find_document(key):
        kept = {face: found for face, found in stored.content["Matches"].items() if face not in gone}
        stores.derived.save_document(key, {**stored.content, "Matches": kept}, replacing=stored)


def _forget_places(sha256: str, gone: Sequence[IndexedFace], words: Sequence[FaceWord], stores: PeopleStores) -> None:
    """Forget the places of faces in what is said of their people, and of those merged into them."""

    def is_gone(place: FacePlace) -> bool:
        return place.sha256 == sha256 and any(is_same_place(place.box, face.box) for face in gone)

    named = {who for face in gone for who in (face.person, word_on(face, words).person)} - {""}
    for person_id in {each for who in named for each in stores.people.ids_of(who)}:
        key = person_key(person_id)
        if stored := stores.derived.find_document(key):
            said = Person.from_document(stored.content)
            said_now = _without_places(said, is_gone)
            if said_now != said:
                stores.derived.save_document(key, said_now.to_document(), replacing=stored)
        if known := stores.people.find(person_id):
            known_now = _without_places(known.person, is_gone)
            if known_now != known.person:
                stores.people.save(known_now)


def _without_places(person: Person, is_gone: Callable[[FacePlace], bool]) -> Person:
    cover = None if person.cover and is_gone(person.cover) else person.cover
    return replace(person, cover=cover, anchors=tuple(each for each in person.anchors if not is_gone(each)))


def _without(image: Image, face_ids: Collection[str]) -> Image:
    faces = tuple(face for face in image.findings.get(Feature.PEOPLE, ()) if face.face_id not in face_ids)
    others = {feature: found for feature, found in image.findings.items() if feature is not Feature.PEOPLE}
    return replace(image, findings=others | ({Feature.PEOPLE: faces} if faces else {}))
