"""Faces of an image that go into the stack's collection: look for their likes, and join a person that they resemble.

One call of IndexFaces for a content, and one of SearchFaces for each of its faces. The matches are kept by content, so
that a pass can group all faces without asking again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from viewfinder.domain.analysis import Detection
from viewfinder.domain.face_words import word_on
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.formats import MATCHES, MEMBER
from viewfinder.domain.grouping import MEMBER as MEMBER_SIMILARITY
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.ports import DerivedStore, Detector, FaceCollection, FaceMatch
from viewfinder.usecases.kept_corrections import read_corrections

LEAST_SIMILARITY = 50.0
"""Similarity in percent from which a match is kept: as low as grouping looks (`grouping.SUGGESTED`)."""

_NEAREST = 5
"""Contents that are read to see whose face a new one resembles."""


def matches_key(sha256: str) -> str:
    """Return the derived bucket's key of the matches of a content's faces."""
    return f"people/matches/{sha256}.json"


@dataclass(frozen=True, slots=True)
class PeopleDetector:
    """Implements `ports.Detector`: another detector's answers, with people for `Feature.PEOPLE`."""

    detector: Detector
    collection: FaceCollection
    derived: DerivedStore

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Detect; raise as the detector does, also where the collection does not answer: nothing is lost then."""
        detection = self.detector.detect(rendition, parameters)
        if parameters.feature is not Feature.PEOPLE:
            return detection
        faces = self._without_forgotten(detection.findings, parameters.content)
        matches = {face.face_id: self.collection.search(face.face_id, LEAST_SIMILARITY) for face in faces}
        self._keep(matches, parameters.content)
        joined = (replace(face, person=self._person(matches[face.face_id], parameters)) for face in faces)
        return Detection(tuple(joined), detection.model_version)

    def _without_forgotten(self, faces: Sequence[IndexedFace], content: str) -> list[IndexedFace]:
        words = read_corrections(content, self.derived).faces
        kept = [face for face in faces if not word_on(face, words).forgotten]
        if gone := [face.face_id for face in faces if face not in kept]:
            self.collection.delete(gone)
        return kept

    def _keep(self, matches: Mapping[str, Sequence[FaceMatch]], content: str) -> None:
        key = matches_key(content)
        rows = {
            face_id: [[match.face_id, round(match.similarity, 2)] for match in found]
            for face_id, found in matches.items()
        }
        document = {MEMBER: MATCHES, "Sha256": content, "Matches": rows}
        self.derived.save_document(key, document, replacing=self.derived.find_document(key))

    def _person(self, matches: Sequence[FaceMatch], parameters: Parameters) -> str:
        """Return the person that most of the nearest faces are grouped with; "" for none, or no majority."""
        near = [match for match in matches if match.similarity >= MEMBER_SIMILARITY][:_NEAREST]
        people = [self._person_of(match, parameters) for match in near]
        person, votes = Counter(people).most_common(1)[0] if people else ("", 0)
        return person if 2 * votes > len(people) else ""

    def _person_of(self, match: FaceMatch, parameters: Parameters) -> str:
        analysis = self.derived.find_analysis(parameters, match.content) if match.content else None
        faces = analysis.findings if analysis else ()
        return next((face.person for face in faces if face.face_id == match.face_id), "")
