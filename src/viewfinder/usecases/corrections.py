"""Corrections of an image's labels by persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from viewfinder.domain.errors import ImageNotFoundError, InvalidRequestError
from viewfinder.domain.image import Image
from viewfinder.domain.label import MAX_CORRECTIONS
from viewfinder.ports import Catalog
from viewfinder.usecases.write_again import write_again

_MOST_NAMES = 20


def correct_labels(
    image_id: str, catalog: Catalog, *, add: Sequence[str] = (), remove: Sequence[str] = (), undo: Sequence[str] = ()
) -> Image:
    """Correct labels of an image, and return the record. Raise ImageNotFoundError, InvalidRequestError.

    A lost race is run again: what others have written meanwhile stays. AnalyzedAt does too, for nothing was analysed.
    """
    names = [name.casefold() for name in (*add, *remove, *undo)]
    if not 1 <= len(names) <= _MOST_NAMES:
        raise InvalidRequestError(f"the body needs 1 to {_MOST_NAMES} names in all")
    if len(set(names)) < len(names):
        raise InvalidRequestError("the body has a name twice")

    def change(image: Image) -> Image:
        if not image.is_visible:
            raise ImageNotFoundError("there is no such image")
        corrections = image.corrections.changed(add, remove, undo, content=image.content)
        if max(len(corrections.added), len(corrections.removed)) > MAX_CORRECTIONS:
            raise InvalidRequestError(f"an image has room for {MAX_CORRECTIONS} added and as many removed labels")
        return replace(image, corrections=corrections)

    image = write_again(image_id, catalog, change)
    if image is None:
        raise ImageNotFoundError("there is no such image")
    return image
