"""Forget a person: the faces of its images first, then those of every other content, then what was said of it.

The work is done in parts, so that an API can do it, which has seconds for an answer. A part can be repeated, and what
was interrupted is finished by another call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from viewfinder.domain.content_corrections import ContentCorrections, corrections_key
from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.errors import InvalidRequestError, PersonNotFoundError
from viewfinder.domain.face_words import FaceWord
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import NO_CORRECTIONS
from viewfinder.domain.person import person_key
from viewfinder.domain.query import Query
from viewfinder.usecases.correct_faces import CorrectingFaces
from viewfinder.usecases.forget_people import (
    MOST_COPIES,
    Forgetting,
    Forgotten,
    IsMeant,
    forget_in_records,
    forget_likes,
    forget_where,
)
from viewfinder.usecases.group_people import PeopleStores, contents_of
from viewfinder.usecases.kept_corrections import change_corrections
from viewfinder.usecases.people import Album
from viewfinder.usecases.search_images import search_images
from viewfinder.usecases.write_again import write_again

_IMAGES = 20
"""Images of a portion: each takes some ten requests."""
_CONTENTS = 10
"""Contents that are read at the same time."""
_SECONDS = 8.0
"""After which a part begins no other portion: the API's function has 28."""
_ON_IMAGES = "images"
_SAID = "said"
_CONTENT = "content:"


def forget_person(
    person_id: str, correcting: CorrectingFaces, on_progress: Callable[[Forgotten], None] = lambda _: None
) -> Forgotten:
    """Forget the faces, names and groups of a person (by id or name), and of those merged into it.

    Its faces in the pictures that are there now are never kept again. Those of new pictures are: nothing of the person
    is left that they could be compared with. Raise PersonNotFoundError, or InvalidRequestError where no faces are kept.
    """
    all_done, token = Forgotten(), ""
    while True:
        done, token = forget_part(person_id, correcting, token)
        all_done.faces += done.faces
        all_done.images += done.images
        on_progress(all_done)
        if not token:
            break
    if all_done.faces and correcting.forgetting:
        forget_likes(correcting.forgetting)
    return all_done


def forget_part(
    person_id: str, correcting: CorrectingFaces, token: str = "", *, seconds: float = _SECONDS
) -> tuple[Forgotten, str]:
    """Do a part of it; return what it has forgotten, and the token of the next part: "" when all is done.

    The matches of other pictures may still name the ids of the faces (`forget_likes`). Raise as `forget_person` does.
    """
    album, done = correcting.album, Forgotten()
    fingerprint = f"forget {person_id.casefold()}"
    position = cursor_from_token(token, fingerprint).position if token else ""
    ids = set(album.people.ids_of(person_id.casefold()))
    if not token and not any(album.people.find(each) for each in ids):
        raise PersonNotFoundError("there is no such person")
    if (forgetting := correcting.forgetting) is None:
        raise InvalidRequestError("the stack keeps no faces: its Features lack PEOPLE")
    if position == _SAID:
        _forget_said(ids, forgetting)
        return done, ""
    work = _Work(ids, album, forgetting, done, until=time.monotonic() + seconds)
    if position in {"", _ON_IMAGES}:
        position = _forget_images(person_id, work)
    if position.startswith(_CONTENT):
        position = _forget_contents(position.removeprefix(_CONTENT), work)
    return done, Cursor(position, "", fingerprint).to_token()


@dataclass(frozen=True, slots=True)
class _Work:
    """A part: the ids that are meant, what they are forgotten in, what was done, and when no other portion begins."""

    ids: Collection[str]
    album: Album
    forgetting: Forgetting
    done: Forgotten
    until: float

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() >= self.until

    def forget(self, sha256: str, face_ids: Collection[str] = ()) -> None:
        """Forget the people's faces of a content, and these."""
        forget_where(sha256, self.forgetting, _is_one_of(self.ids, face_ids), self.done, for_ever=True)


def _is_one_of(ids: Collection[str], face_ids: Collection[str] = ()) -> IsMeant:
    return lambda face, word: (word.person or face.person) in ids or face.face_id in face_ids


def _forget_images(person_id: str, work: _Work) -> str:
    """Forget the faces of the person's images; those that are done are its images no longer. Return the position."""
    while True:
        page = search_images(Query(people=(person_id,)), work.album.search, limit=_IMAGES)
        records = work.album.records.find_many([summary.image_id for summary in page.images])
        changed = sum(_forget_on(image, work) for image in records.values())
        if not changed:
            return _CONTENT
        if work.is_over:
            return _ON_IMAGES


def _forget_on(image: Image, work: _Work) -> bool:
    shown = {face.face_id for face in image.findings.get(Feature.PEOPLE, ()) if face.person in work.ids}
    if not shown:
        return False
    faces = work.done.faces
    work.forget(image.sha256, shown)
    if work.done.faces == faces:  # its analysis does not have them any more
        work.forgetting.collection.delete(sorted(shown))
        work.done.images += forget_in_records(image.sha256, work.forgetting, shown)
    return True


def _forget_contents(after: str, work: _Work) -> str:
    """Forget the faces of contents behind one, of those too that no image has any more. Return the position."""
    stores = work.forgetting.stores
    contents = contents_of(stores, after)  # from there on: a part that listed all would have no time for its work
    folder = corrections_key("").removesuffix(".json")
    corrected = set(stores.derived.list_documents(folder, corrections_key(after) if after else ""))
    while portion := list(islice(contents, _CONTENTS)):
        are_named = work.album.call([_names(sha256, work.ids, stores, corrected) for sha256 in portion])
        for sha256 in (sha256 for sha256, is_named in zip(portion, are_named, strict=True) if is_named):
            work.forget(sha256)
            _forget_mentions(sha256, work.ids, work.forgetting)
        if work.is_over:
            return f"{_CONTENT}{portion[-1]}"
    return _SAID


def _names(sha256: str, ids: Collection[str], stores: PeopleStores, corrected: Collection[str]) -> Callable[[], bool]:
    """Return a function that tells whether what is kept of a content names one of the people."""
    key = corrections_key(sha256)

    def names() -> bool:
        analysis = stores.derived.find_analysis(stores.asked, sha256)
        stored = stores.derived.find_document(key) if key in corrected else None
        words = ContentCorrections.from_document(stored.content).faces if stored else ()
        found: tuple[IndexedFace, ...] = analysis.findings if analysis else ()
        people = {person for face in found for person in (face.person, face.suggested)}
        people |= {person for word in words for person in (word.person, *word.apart)}
        return not people.isdisjoint(ids)

    return names


def _forget_mentions(sha256: str, ids: Collection[str], forgetting: Forgetting) -> None:
    """Take people out of what is suggested for other faces of a content, and of what has been said of these."""
    stores = forgetting.stores
    if stores.derived.find_document(corrections_key(sha256)):
        change_corrections(sha256, NO_CORRECTIONS, stores.derived, _without_words(ids), stored_format=1)
    analysis = stores.derived.find_analysis(stores.asked, sha256)
    if analysis and any(face.suggested in ids for face in analysis.findings):
        _forget_suggestions(sha256, ids, forgetting)
        faces = _unsuggested(analysis.findings, ids)
        stores.derived.save_analysis(stores.asked, replace(analysis, findings=faces))
        _forget_suggestions(sha256, ids, forgetting)  # again, for those that were just being written


def _forget_suggestions(sha256: str, ids: Collection[str], forgetting: Forgetting) -> None:
    def change(image: Image) -> Image:
        faces = _unsuggested(image.findings.get(Feature.PEOPLE, ()), ids)
        return replace(image, findings={**image.findings, Feature.PEOPLE: faces}) if faces else image

    for image_id in forgetting.stores.copies.images(sha256, MOST_COPIES):
        write_again(image_id, forgetting.catalog, change)


def _unsuggested(faces: Sequence[IndexedFace], ids: Collection[str]) -> tuple[IndexedFace, ...]:
    return tuple(replace(face, suggested="") if face.suggested in ids else face for face in faces)


def _without_words(ids: Collection[str]) -> Callable[[ContentCorrections], ContentCorrections]:
    def change(kept: ContentCorrections) -> ContentCorrections:
        words = (
            replace(
                word,
                person="" if word.person in ids else word.person,
                apart=tuple(person for person in word.apart if person not in ids),
            )
            for word in kept.faces
        )
        return replace(kept, faces=tuple(word for word in words if word != FaceWord(word.box)))

    return change


def _forget_said(ids: Collection[str], forgetting: Forgetting) -> None:
    stores = forgetting.stores
    for each in ids:
        stores.derived.delete_document(person_key(each))
        stores.people.delete(each)
    stores.people.purge()
