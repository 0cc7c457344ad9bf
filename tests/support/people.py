"""Pictures that say who is on them, and a collection that knows people by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tests.support.fakes import FakeDetector
from viewfinder.domain.analysis import Detection
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import BoundingBox
from viewfinder.ports import FaceMatch

CLEAR = 100
"""Pixels between the eyes in pictures of 640 x 480, as FakePictures says that they are."""


@dataclass
class FakeCollection(FakeDetector):
    """Implements `ports.Detector` and `ports.FaceCollection`: `b"Ann Bob"` shows two people, `b"ann Dog"` a small Ann.

    Words of three letters are people. Faces of one person resemble each other by 99 percent, of two by 10; `alike`
    has exceptions.
    """

    faces: dict[str, tuple[str, str]] = field(default_factory=dict)
    """FaceId -> name and content."""
    alike: dict[frozenset[str], float] = field(default_factory=dict)
    searches: int = 0

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        if parameters.feature is not Feature.PEOPLE:
            return super().detect(rendition, parameters)
        words = [(place, word) for place, word in enumerate(rendition.decode().split()) if len(word) == 3]
        return Detection(tuple(self._indexed(place, word, parameters.content) for place, word in words))

    def _indexed(self, place: int, word: str, content: str) -> IndexedFace:
        face_id = str(UUID(hashlib.sha256(f"{content} {place}".encode()).hexdigest()[:32]))
        self.faces[face_id] = word.lower(), content
        width = (CLEAR if word.istitle() else 20) / 640
        left = 0.1 + 0.3 * place
        return IndexedFace(
            face_id, BoundingBox(left, 0.2, 0.2, 0.2), 99.0, ((left, 0.25), (round(left + width, 6), 0.25))
        )

    def search(self, face_id: str, minimum: float) -> Sequence[FaceMatch]:
        self.searches += 1
        name, _ = self.faces[face_id]
        found = [
            FaceMatch(other, content, self._similarity(name, who))
            for other, (who, content) in sorted(self.faces.items())
            if other != face_id
        ]
        return sorted((each for each in found if each.similarity >= minimum), key=lambda each: -each.similarity)

    def _similarity(self, one: str, other: str) -> float:
        return 99.0 if one == other else self.alike.get(frozenset({one, other}), 10.0)

    def delete(self, face_ids: Sequence[str]) -> None:
        for face_id in face_ids:
            self.faces.pop(face_id, None)

    def face_ids(self) -> Iterator[str]:
        yield from list(self.faces)
