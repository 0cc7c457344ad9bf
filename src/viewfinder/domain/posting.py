"""Postings: the sources of an image. A search reads a source instead of the whole catalog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.label import Label, category_confidences, search_words
from viewfinder.domain.moderation import verdict
from viewfinder.domain.places import calendar, file_words, folder_words


class SourceKind(StrEnum):
    """The kind of a source; its value is part of stored keys and never changes."""

    STATUS = "STATUS"
    LABEL = "LABEL"
    CATEGORY = "CATEGORY"
    WORD = "WORD"
    CAMERA = "CAMERA"
    MODERATED = "MODERATED"
    PERSON = "PERSON"
    SUGGESTION = "SUGGESTION"
    FILE = "FILE"
    FOLDER = "FOLDER"
    MONTH = "MONTH"
    DAY = "DAY"


@dataclass(frozen=True, slots=True)
class Source:
    """The images of one status, label, category, person (by its id), and so on; names in any case.

    Of texts, cameras, file names and folders it is a word; a month is `06` and a day `06-12`, of any year. All faces
    that wait for an answer whether they are a person are one source: `SUGGESTIONS`.
    """

    kind: SourceKind
    name: str


SUGGESTIONS = Source(SourceKind.SUGGESTION, "any")
"""The images with a face that somebody may say is a person, or is not."""


@dataclass(frozen=True, slots=True)
class Posting:
    """An image's entry in a source; `confidence` (percent) is that of the label or category, else 0."""

    source: Source
    confidence: float = 0.0
    label: Label | None = None


def postings_of(image: Image) -> Iterator[Posting]:
    """Yield the postings of an image: for one in the trash only its status, for other tombstones none.

    Names that differ only in case may come twice; the first counts.
    """
    if image.is_visible or image.is_in_trash:
        yield Posting(Source(SourceKind.STATUS, image.status))
    if not image.is_visible:
        return
    labels = image.corrected_labels
    for label in labels:
        yield Posting(Source(SourceKind.LABEL, label.name), label.confidence, label)
    for name, confidence in category_confidences(labels).items():
        yield Posting(Source(SourceKind.CATEGORY, name), confidence)
    for person in image.people:
        yield Posting(Source(SourceKind.PERSON, person))
    if any(face.suggested for face in image.findings.get(Feature.PEOPLE, ())):
        yield Posting(SUGGESTIONS)
    for word in image.words:
        yield Posting(Source(SourceKind.WORD, word))
    for word in search_words([image.facts.camera or ""]):
        yield Posting(Source(SourceKind.CAMERA, word))
    if is_moderated := moderated(image):
        yield Posting(Source(SourceKind.MODERATED, is_moderated))
    for word in file_words(image.image_id):
        yield Posting(Source(SourceKind.FILE, word))
    for word in folder_words(image.image_id):
        yield Posting(Source(SourceKind.FOLDER, word))
    if days := calendar(image.facts.taken_at or ""):
        yield Posting(Source(SourceKind.MONTH, days[0]))
        yield Posting(Source(SourceKind.DAY, days[1]))


def moderated(image: Image) -> str:
    """Return "true" or "false", as moderation found; "" where it was not asked for."""
    if Feature.MODERATION not in image.features:
        return ""
    return verdict(image.findings.get(Feature.MODERATION, ()))
