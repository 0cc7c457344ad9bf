"""The counted facts of an image, and the states of its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from viewfinder.domain.image import Image, Status, folders_of
from viewfinder.domain.label import Label
from viewfinder.domain.posting import Source


@dataclass(frozen=True, slots=True)
class Counted:
    """What of an image is counted: case-folded names of labels, folders, SHA-256, people, and status (None: nothing).

    `left_content` is the SHA-256 that it was counted with before.
    """

    version: int = 0
    status: Status | None = None
    labels: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    content: str = ""
    left_content: str = ""
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImageState:
    """An image's record at one time; labels by case-folded name.

    REMOVED means a tombstone or a deleted record. A tombstone expires at `expires_at` (seconds since 1970; 0: never).
    """

    image_id: str
    version: int
    status: Status
    labels: Mapping[str, Label]
    expires_at: int = 0
    content: str = ""  # its SHA-256; "" for a tombstone
    sources: frozenset[Source] = frozenset()  # those in which searches find the image
    people: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        image: Image,
        *,
        most_labels: int,
        most_people: int = 20,
        expires_at: int = 0,
        sources: frozenset[Source] = frozenset(),
    ) -> ImageState:
        """Take the labels and people that searches find the image by: the first so many."""
        return cls(
            image.image_id,
            image.version,
            image.status,
            {label.name.casefold(): label for label in image.corrected_labels[:most_labels]},
            expires_at,
            image.sha256 if image.is_visible else "",
            sources,
            frozenset(image.people[:most_people]),
        )

    @property
    def folders(self) -> frozenset[str]:
        """The folders that it counts in."""
        return frozenset() if self.status is Status.REMOVED else frozenset(folders_of(self.image_id))

    def is_newer_than(self, other: Counted | ImageState) -> bool:
        """Return whether this came later; of one version, the end comes after the beginning.

        Version 0.2.0 counted labels of tombstones: of one version, the end without labels comes last.
        """
        return _age(self) > _age(other)


def _age(state: Counted | ImageState) -> tuple[int, bool, bool]:
    return state.version, state.status is Status.REMOVED, not state.labels
