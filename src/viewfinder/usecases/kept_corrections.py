"""Corrections as they are kept: one document for each content, which every image with this content follows.

A writer of a record reads the record first, then the document, and then writes the record on condition that it is
still the same. So the last writer has read the newest document, however many write at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from viewfinder.domain.content_corrections import ContentCorrections, corrections_key
from viewfinder.domain.errors import CatalogConflictError, DocumentConflictError
from viewfinder.domain.label import Corrections
from viewfinder.domain.person import Person, person_key
from viewfinder.ports import Documents

_ATTEMPTS = 5

Change = Callable[[ContentCorrections], ContentCorrections]


def kept_corrections(sha256: str, held: Corrections, documents: Documents, *, stored_format: int) -> ContentCorrections:
    """Return the corrections of a content; bring over those that only a record holds.

    `held` are the record's, and `stored_format` is its format. Releases before 0.3.0 (format 0) kept corrections in the
    record only: their names are added to the document, which has the last word on a name. Later ones do so for an image
    that was never read.
    """
    return change_corrections(sha256, held, documents, lambda kept: kept, stored_format=stored_format)


def change_corrections(
    sha256: str, held: Corrections, documents: Documents, change: Change, *, stored_format: int
) -> ContentCorrections:
    """Change the corrections of a content, and return them; raise CatalogConflictError after too many conflicts."""
    key = corrections_key(sha256)
    for _ in range(_ATTEMPTS):
        stored = documents.find_document(key)
        kept = ContentCorrections.from_document(stored.content) if stored else ContentCorrections(sha256)
        changed = change(_brought_over(kept, held) if stored is None or not stored_format else kept)
        if changed == kept:
            return kept
        try:
            documents.save_document(key, changed.to_document(), replacing=stored)
        except DocumentConflictError:
            continue
        return changed
    raise CatalogConflictError(f"the corrections were written {_ATTEMPTS} times by others while they were read")


def _brought_over(kept: ContentCorrections, held: Corrections) -> ContentCorrections:
    labels = kept.labels.with_other(held.about(kept.sha256))
    return replace(kept, labels=labels.about(kept.sha256))


def root_in(documents: Documents) -> Callable[[str], str]:
    """Return a function that follows what has been said of people: from one that was merged to the one that it is."""

    def root(person_id: str) -> str:
        seen = {person_id}
        while stored := documents.find_document(person_key(person_id)):
            merged_into = Person.from_document(stored.content).merged_into
            if not merged_into or merged_into in seen:
                break
            seen.add(person_id := merged_into)
        return person_id

    return root


def read_corrections(sha256: str, documents: Documents) -> ContentCorrections:
    """Return the corrections of a content as they are kept."""
    stored = documents.find_document(corrections_key(sha256))
    return ContentCorrections.from_document(stored.content) if stored else ContentCorrections(sha256)
