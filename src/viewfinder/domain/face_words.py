"""What persons have said of faces: who it is, who it is not, that it is to be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from viewfinder.domain.indexed_face import IndexedFace, is_same_place
from viewfinder.domain.label import BoundingBox, box_document, box_from_document

MOST_FACES = 100
"""Faces that something is said of in one call."""


class FaceAction(StrEnum):
    """What is said of faces.

    ASSIGN: they are a person, without one the person that each is suggested for. EXCLUDE: they are not a person,
    without one the person that each is or is suggested for. SPLIT: they are a person of their own. FORGET: they are no
    faces, or none to be kept. RESET: what was said is taken back, with a person what was said of that one.
    """

    ASSIGN = "ASSIGN"
    EXCLUDE = "EXCLUDE"
    SPLIT = "SPLIT"
    FORGET = "FORGET"
    RESET = "RESET"


@dataclass(frozen=True, slots=True)
class FaceKey:
    """A face as a caller names it."""

    image_id: str
    face_id: str


@dataclass(frozen=True, slots=True)
class FaceWord:
    """A person's word on the face at a place of a content; the place stays when the face gets another id.

    `person` is the PersonId that it is ("": nobody has said), `apart` are people that it is not. What is `forgotten`,
    as no face or on demand, is not kept in the collection again.
    """

    box: BoundingBox
    person: str = ""
    apart: tuple[str, ...] = ()
    forgotten: bool = False

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FaceWord:
        """Read an entry of the corrections of a content."""
        return cls(
            box_from_document(document["BoundingBox"]),
            document.get("PersonId", ""),
            tuple(document.get("NotPersonIds", ())),
            bool(document.get("Forgotten", False)),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the entry of the corrections of a content."""
        said = {"PersonId": self.person, "NotPersonIds": list(self.apart), "Forgotten": self.forgotten}
        return {"BoundingBox": box_document(self.box)} | {member: value for member, value in said.items() if value}


def word_on(face: IndexedFace, words: Iterable[FaceWord]) -> FaceWord:
    """Return what has been said of a face; an empty word where nothing was."""
    return next((word for word in words if is_same_place(word.box, face.box)), FaceWord(face.box))


def apply_words(
    faces: Iterable[IndexedFace], words: Iterable[FaceWord], root: Callable[[str], str] = lambda person: person
) -> tuple[IndexedFace, ...]:
    """Return the faces as persons have corrected them, without those that are forgotten.

    `root` returns the person that one was merged into.
    """
    said = tuple(words)
    pairs = ((face, word_on(face, said)) for face in faces)
    return tuple(_with_word(face, word, root) for face, word in pairs if not word.forgotten)


def _with_word(face: IndexedFace, word: FaceWord, root: Callable[[str], str]) -> IndexedFace:
    if word.person:
        return replace(face, person=root(word.person), suggested="")
    apart = {*word.apart, *map(root, word.apart)}
    person, suggested = ("" if each in apart else each for each in (face.person, face.suggested))
    return replace(face, person=person, suggested=suggested)


def changed_words(words: Iterable[FaceWord], word: FaceWord) -> tuple[FaceWord, ...]:
    """Return the words with a new one on its face."""
    return (*(each for each in words if not is_same_place(each.box, word.box)), word)
