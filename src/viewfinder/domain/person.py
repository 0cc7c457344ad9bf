"""A person of the catalog, and what has been said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.label import BoundingBox, box_document, box_from_document, label_key

MAX_NAME = 100
"""Characters of a person's name."""

MAX_ANCHORS = 10
"""Faces by which a named person is found again, however faces are grouped."""


@dataclass(frozen=True, slots=True)
class FacePlace:
    """The place of a face: a content by its SHA-256, and the box in it."""

    sha256: str
    box: BoundingBox

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FacePlace:
        """Read a place of a stored document; numbers may be Decimal."""
        return cls(document["Sha256"], box_from_document(document["BoundingBox"]))

    def to_document(self) -> dict[str, Any]:
        """Return the stored document."""
        return {"Sha256": self.sha256, "BoundingBox": box_document(self.box)}


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person beside its faces; `anchors` are faces that are this person for certain."""

    person_id: str
    name: str = ""
    hidden: bool = False
    merged_into: str = ""
    cover: FacePlace | None = None
    anchors: tuple[FacePlace, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Person:
        """Read the document of the derived bucket, or of a catalog."""
        cover = document.get("Cover")
        return cls(
            document["PersonId"],
            document.get("Name", ""),
            bool(document.get("Hidden", False)),
            document.get("MergedInto", ""),
            FacePlace.from_document(cover) if cover else None,
            tuple(map(FacePlace.from_document, document.get("Anchors", ()))),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the stored document; what equals its default is left out."""
        members = {
            "Name": self.name,
            "Hidden": self.hidden,
            "MergedInto": self.merged_into,
            "Cover": self.cover and self.cover.to_document(),
            "Anchors": [anchor.to_document() for anchor in self.anchors],
        }
        known = {member: value for member, value in members.items() if value}
        return {formats.MEMBER: formats.PERSON, "PersonId": self.person_id} | known


@dataclass(frozen=True, slots=True)
class PersonCount:
    """A person with the number of its images."""

    person: Person
    count: int


def name_key(name: str) -> str:
    """Return what is the same of all spellings of a name: case, kinds of space and Unicode's form do not count."""
    return " ".join(label_key(name).split())


def person_key(person_id: str) -> str:
    """Return the derived bucket's key of what has been said of a person."""
    return f"{PEOPLE_PREFIX}{person_id}.json"


PEOPLE_PREFIX = "people/persons/"
