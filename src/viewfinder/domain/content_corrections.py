"""What persons have said of a content, as the derived bucket keeps it: whatever becomes of image and catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.face_words import FaceWord
from viewfinder.domain.label import NO_CORRECTIONS, Corrections


@dataclass(frozen=True, slots=True)
class ContentCorrections:
    """The corrections of a content, by its SHA-256: all images with this content have them."""

    sha256: str
    labels: Corrections = NO_CORRECTIONS
    faces: tuple[FaceWord, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ContentCorrections:
        """Read the JSON object of the derived bucket."""
        sha256, labels = document["Sha256"], document.get("Labels", {})
        corrections = Corrections(tuple(labels.get("Added", ())), tuple(labels.get("Removed", ())), sha256)
        faces = tuple(map(FaceWord.from_document, document.get("Faces", ())))
        return cls(sha256, corrections if corrections else NO_CORRECTIONS, faces)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON object of the derived bucket."""
        labels = {"Added": list(self.labels.added), "Removed": list(self.labels.removed)}
        faces = {"Faces": [word.to_document() for word in self.faces]} if self.faces else {}
        return {formats.MEMBER: formats.CORRECTIONS, "Sha256": self.sha256, "Labels": labels} | faces


def corrections_key(sha256: str) -> str:
    """Return the derived bucket's key of the corrections of a content."""
    return f"corrections/contents/{sha256}.json"
