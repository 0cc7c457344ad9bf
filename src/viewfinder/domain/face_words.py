"""What persons have said of faces: who it is, who it is not, that it is to be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from viewfinder.domain.indexed_face import IndexedFace, is_same_place
from viewfinder.domain.label import BoundingBox, box_document, box_from_document


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


def apply_words(faces: Iterable[IndexedFace], words: Iterable[FaceWord]) -> tuple[IndexedFace, ...]:
    """Return the faces as persons have corrected them, without those that are forgotten."""
    said = tuple(words)
    pairs = ((face, word_on(face, said)) for face in faces)
    return tuple(_with_word(face, word) for face, word in pairs if not word.forgotten)


def _with_word(face: IndexedFace, word: FaceWord) -> IndexedFace:
    if word.person:
        return replace(face, person=word.person, suggested="")
    person, suggested = ("" if each in word.apart else each for each in (face.person, face.suggested))
    return replace(face, person=person, suggested=suggested)


def changed_words(words: Iterable[FaceWord], word: FaceWord) -> tuple[FaceWord, ...]:
    """Return the words with a new one on its face."""
    return (*(each for each in words if not is_same_place(each.box, word.box)), word)
