"""Correct single faces: say who they are, who they are not, that they are somebody new, or no faces at all.

What is said is kept by content and place; the images' records follow before this returns, copies of them soon after.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from viewfinder.domain.content_corrections import ContentCorrections
from viewfinder.domain.errors import FaceNotFoundError, InvalidRequestError, PersonNotFoundError
from viewfinder.domain.face_words import (
    MOST_FACES,
    FaceAction,
    FaceKey,
    FaceWord,
    apply_words,
    changed_words,
    word_on,
)
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.indexed_face import IndexedFace, is_same_place
from viewfinder.domain.person import FacePlace, Person, name_key
from viewfinder.usecases.forget_people import Forgetting, Forgotten, forget_faces
from viewfinder.usecases.kept_corrections import change_corrections, read_corrections, root_in
from viewfinder.usecases.list_faces import FaceOnImage
from viewfinder.usecases.people import Album, check_name, say
from viewfinder.usecases.write_again import write_again

MOST_APART = 50
"""People that somebody may say of a face that it is not."""

_MOST_COPIES = 1000


@dataclass(frozen=True, slots=True)
class CorrectingFaces:
    """What a correction of faces needs; `forgetting` is None where the stack keeps no faces."""

    album: Album
    forgetting: Forgetting | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of each face: an action, and the person of ASSIGN, EXCLUDE or RESET ("": each face's own)."""

    action: FaceAction
    person: str

    def of(self, face: IndexedFace, word: FaceWord) -> FaceWord:
        """Return the new word on a face; raise InvalidRequestError where none names a person."""
        if self.action is FaceAction.RESET:
            return self._reset(face, word)
        person = self.person or face.suggested or ("" if self.action is FaceAction.ASSIGN else face.person)
        if not person:
            raise InvalidRequestError("is missing, for a face is suggested for nobody", parameter="PersonId")
        if self.action is FaceAction.EXCLUDE:
            apart = tuple(dict.fromkeys((*word.apart, person)))
            if len(apart) > MOST_APART:
                raise InvalidRequestError(f"a face has room for {MOST_APART} people that it is not")
            return FaceWord(word.box, "" if word.person == person else word.person, apart)
        return FaceWord(word.box, person, tuple(each for each in word.apart if each != person))

    def _reset(self, face: IndexedFace, word: FaceWord) -> FaceWord:
        if not self.person:
            return FaceWord(face.box)
        apart = tuple(each for each in word.apart if each != self.person)
        return FaceWord(word.box, "" if word.person == self.person else word.person, apart)


def correct_faces(
    keys: Sequence[FaceKey],
    action: FaceAction,
    correcting: CorrectingFaces,
    *,
    person_id: str = "",
    name: str = "",
) -> tuple[str, list[FaceOnImage]]:
    """Say something of faces; return the PersonId that they were given ("": none), and the faces as they are now.

    `name` is for ASSIGN and SPLIT: of the person that has it, or of a new one. Raise FaceNotFoundError,
    PersonNotFoundError or InvalidRequestError. Each step can be repeated: what was interrupted is finished by the same
    call.
    """
    forgetting, album = correcting.forgetting, correcting.album
    faces = _find(keys, album)
    if forgetting is None:
        raise InvalidRequestError("the stack keeps no faces: its Features lack PEOPLE")
    check_name(name)
    if name and action not in (FaceAction.ASSIGN, FaceAction.SPLIT):
        raise InvalidRequestError("is for ASSIGN and SPLIT", parameter="Name")
    if action is FaceAction.FORGET:
        _forget(faces, forgetting)
        return "", []
    person, is_new = _person(action, person_id, name, album)
    before = {sha256: read_corrections(sha256, album.documents).faces for sha256 in {f.image.sha256 for f in faces}}
    said = _Said(FaceAction.ASSIGN if action is FaceAction.SPLIT else action, person)
    for sha256, those in _by_content(faces).items():
        _say_of_content(sha256, those, said, correcting)
    if is_new:
        largest = max(faces, key=lambda each: each.face.box.width * each.face.box.height)
        cover = FacePlace(largest.image.sha256, largest.face.box)
        say(Person(person, cover=cover), album, lambda known: replace(known, name=name))
    for other in sorted(_touched(faces, person, before)):
        if known := album.people.find(other):
            say(known.person, album, _without_anchors(faces) if action is FaceAction.RESET else lambda same: same)
    return (person if action in (FaceAction.ASSIGN, FaceAction.SPLIT) else ""), _find(keys, album)


def _find(keys: Sequence[FaceKey], album: Album) -> list[FaceOnImage]:
    if not 1 <= len(keys) <= MOST_FACES or len(set(keys)) < len(keys):
        raise InvalidRequestError(f"must be 1 to {MOST_FACES} different faces", parameter="Faces")
    records = album.records.find_many(list(dict.fromkeys(key.image_id for key in keys)))
    return [_face(key, records) for key in keys]


def _face(key: FaceKey, records: Mapping[str, Image]) -> FaceOnImage:
    image = records.get(key.image_id)
    faces: tuple[IndexedFace, ...] = image.findings.get(Feature.PEOPLE, ()) if image and image.is_visible else ()
    found = next((face for face in faces if face.face_id == key.face_id), None)
    if image is None or found is None:
        raise FaceNotFoundError(f"there is no face {key.face_id} on {key.image_id}")
    return FaceOnImage(image, found)


def _person(action: FaceAction, person_id: str, name: str, album: Album) -> tuple[str, bool]:
    """Return the person that is meant ("": each face's own), and whether it is a new one."""
    if action is FaceAction.SPLIT:
        if person_id:
            raise InvalidRequestError("is not for SPLIT, which makes a new person", parameter="PersonId")
        return secrets.token_hex(8), True
    if person_id and name:
        raise InvalidRequestError("the body has PersonId and Name")
    if name:
        people = [album.people.find(each) for each in album.people.ids_of(name_key(name))]
        known = [each for each in people if each and name_key(each.person.name) == name_key(name)]
        if not known:
            return secrets.token_hex(8), True
        most = max(known, key=lambda each: (each.count, each.person.person_id))
        return root_in(album.documents)(most.person.person_id), False
    if person_id and action is FaceAction.ASSIGN:
        if album.people.find(person_id) is None:
            raise PersonNotFoundError("there is no such person")
        return root_in(album.documents)(person_id), False
    return person_id, False


def _by_content(faces: Iterable[FaceOnImage]) -> dict[str, list[FaceOnImage]]:
    found: dict[str, list[FaceOnImage]] = {}
    for each in faces:
        found.setdefault(each.image.sha256, []).append(each)
    return found


def _say_of_content(sha256: str, faces: Sequence[FaceOnImage], said: _Said, correcting: CorrectingFaces) -> None:
    """Change the document of a content, then the record of the images that were named; others are processed again."""
    forgetting, documents = correcting.forgetting, correcting.album.documents
    assert forgetting  # noqa: S101 - checked above
    image = faces[0].image

    def change(kept: ContentCorrections) -> ContentCorrections:
        words = kept.faces
        for each in faces:
            words = changed_words(words, said.of(each.face, word_on(each.face, words)))
        return replace(kept, faces=tuple(word for word in words if word != FaceWord(word.box)))

    change_corrections(sha256, image.corrections, documents, change, stored_format=image.stored_format)
    named = {each.image.image_id for each in faces}
    for image_id in named:
        write_again(image_id, forgetting.catalog, _follow(sha256, forgetting))
    copies = forgetting.stores.copies.images(sha256, _MOST_COPIES)
    forgetting.stores.requests.send([copy for copy in copies if copy not in named])


def _follow(sha256: str, forgetting: Forgetting) -> Callable[[Image], Image]:
    """Return the change of a record to what was found and said of its content; the words are read after the record."""

    def change(image: Image) -> Image:
        if image.sha256 != sha256:
            return image
        analysis = forgetting.stores.derived.find_analysis(forgetting.stores.asked, sha256)
        found = analysis.findings if analysis else image.findings.get(Feature.PEOPLE, ())
        derived = forgetting.stores.derived
        faces = apply_words(found, read_corrections(sha256, derived).faces, root_in(derived))
        return replace(image, findings={**image.findings, Feature.PEOPLE: faces})

    return change


def _touched(faces: Iterable[FaceOnImage], person: str, before: Mapping[str, Sequence[FaceWord]]) -> set[str]:
    """Return the people that something was said of: each gets faces by which it is known ever after."""
    words = (word_on(each.face, before[each.image.sha256]) for each in faces)
    people = {who for each in faces for who in (each.face.person, each.face.suggested)}
    return (people | {person} | {word.person for word in words}) - {""}


def _without_anchors(faces: Iterable[FaceOnImage]) -> Callable[[Person], Person]:
    places = [FacePlace(each.image.sha256, each.face.box) for each in faces]

    def is_one(anchor: FacePlace) -> bool:
        return any(place.sha256 == anchor.sha256 and is_same_place(place.box, anchor.box) for place in places)

    return lambda person: replace(person, anchors=tuple(each for each in person.anchors if not is_one(each)))


def _forget(faces: Sequence[FaceOnImage], forgetting: Forgetting) -> None:
    for sha256, those in _by_content(faces).items():
        forget_faces(sha256, {each.face.face_id for each in those}, forgetting, Forgotten())
