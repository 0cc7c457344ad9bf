"""Corrections of an image's labels by persons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from viewfinder.domain.content_corrections import ContentCorrections
from viewfinder.domain.errors import ImageNotFoundError, InvalidRequestError
from viewfinder.domain.image import Image
from viewfinder.domain.label import MAX_CORRECTIONS, Corrections
from viewfinder.ports import Catalog, Copies, Documents, Requests
from viewfinder.usecases.kept_corrections import change_corrections, kept_corrections
from viewfinder.usecases.write_again import write_again

_MOST_NAMES = 20
_MOST_COPIES = 100
"""Other images of the same content that follow at once; more do so when they are processed again."""


@dataclass(frozen=True, slots=True)
class Correcting:
    """What a correction needs: the document is its home, records and their postings follow."""

    catalog: Catalog
    documents: Documents
    copies: Copies
    requests: Requests


def correct_labels(
    image_id: str,
    correcting: Correcting,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    undo: Sequence[str] = (),
) -> Image:
    """Correct labels of an image's content, and return the record. Raise ImageNotFoundError, InvalidRequestError.

    A lost race is run again: what others have written meanwhile stays. AnalyzedAt does too, for nothing was analysed.
    Other images with the same content are processed again, and so follow.
    """
    names = [name.casefold() for name in (*add, *remove, *undo)]
    if not 1 <= len(names) <= _MOST_NAMES:
        raise InvalidRequestError(f"the body needs 1 to {_MOST_NAMES} names in all")
    if len(set(names)) < len(names):
        raise InvalidRequestError("the body has a name twice")
    corrected = _Change(lambda labels, content: _changed(labels, add, remove, undo, content), correcting.documents)
    image = write_again(image_id, correcting.catalog, corrected.of_record)
    if image is None:
        raise ImageNotFoundError("there is no such image")
    if image.sha256:
        _tell_copies(image, correcting)
    return image


def _changed(
    labels: Corrections, add: Sequence[str], remove: Sequence[str], undo: Sequence[str], content: str
) -> Corrections:
    corrections = labels.changed(add, remove, undo, content=content)
    if max(len(corrections.added), len(corrections.removed)) > MAX_CORRECTIONS:
        raise InvalidRequestError(f"an image has room for {MAX_CORRECTIONS} added and as many removed labels")
    return corrections


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of corrections: once in the document of each content that the image has, then in its record."""

    change: Callable[[Corrections, str], Corrections]
    documents: Documents
    done: set[str] = field(default_factory=set)

    def of_record(self, image: Image) -> Image:
        """Return the corrected record; that of an image which was never read has no other home."""
        if not image.is_visible:
            raise ImageNotFoundError("there is no such image")
        if not image.sha256:
            return replace(image, corrections=self.change(image.corrections, image.content))
        if image.sha256 in self.done:  # another attempt: others may have corrected it since
            kept = kept_corrections(image.sha256, image.corrections, self.documents, stored_format=image.stored_format)
        else:
            kept = change_corrections(
                image.sha256, image.corrections, self.documents, self._of_content, stored_format=image.stored_format
            )
            self.done.add(image.sha256)
        return replace(image, corrections=kept.labels)

    def _of_content(self, kept: ContentCorrections) -> ContentCorrections:
        return replace(kept, labels=self.change(kept.labels, kept.sha256))


def _tell_copies(image: Image, correcting: Correcting) -> None:
    copies = correcting.copies.images(image.sha256, _MOST_COPIES)
    correcting.requests.send([copy for copy in copies if copy != image.image_id])
