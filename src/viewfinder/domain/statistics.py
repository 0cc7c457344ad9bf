"""Statistics: how many images have a label, or a status, and what of an image they account for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label in use: how many images have it, and what is known of it."""

    name: str
    count: int
    parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownName:
    """What is known of a case-folded name: how many images have it, and the labels it is an alias of."""

    count: int = 0
    alias_of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counted:
    """What of an image is counted: the case-folded names of its labels, and its status (None: nothing yet)."""

    version: int = 0
    status: Status | None = None
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImageState:
    """An image's record at one time; labels by case-folded name.

    REMOVED stands for a tombstone, and for a record that is no longer there. A tombstone is forgotten at `expires_at`
    (seconds since 1970; 0: never).
    """

    image_id: str
    version: int
    status: Status
    labels: Mapping[str, Label]
    expires_at: int = 0

    @classmethod
    def of(cls, image: Image, *, most_labels: int, expires_at: int = 0) -> ImageState:
        """Take the labels that searches find the image by: the first so many."""
        labels = {label.name.casefold(): label for label in image.labels[:most_labels]}
        return cls(image.image_id, image.version, image.status, labels, expires_at)

    def is_newer_than(self, other: Counted | ImageState) -> bool:
        """Return whether this came later; of one version, the end comes after the beginning."""
        end = Status.REMOVED
        return (self.version, self.status is end) > (other.version, other.status is end)
