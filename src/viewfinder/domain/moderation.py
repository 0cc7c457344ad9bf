"""Moderation labels: unsafe content of a picture by Rekognition's taxonomy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ModerationLabel:
    """A moderation label of one of the taxonomy's levels, 1 to 3, below `parent`; confidence in percent.

    Level 0 is a content type, such as "Illustrated Content": it says how a picture was made, and nothing against it.
    """

    name: str
    confidence: float
    parent: str = ""
    level: int = 0

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ModerationLabel:
        """Read an entry of Rekognition's `ModerationLabels` or `ContentTypes`."""
        return cls(
            name=document["Name"],
            confidence=round(float(document["Confidence"]), 4),
            parent=document.get("ParentName", ""),
            level=int(document.get("TaxonomyLevel", 0)),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the entry as a catalog keeps it and the API shows it."""
        return {
            "Name": self.name,
            "Confidence": self.confidence,
            "ParentName": self.parent,
            "TaxonomyLevel": self.level,
        }


def verdict(labels: Iterable[ModerationLabel]) -> str:
    """Return "true" if the findings have a moderation label, else "false"."""
    return "true" if any(label.level for label in labels) else "false"
