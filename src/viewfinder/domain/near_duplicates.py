"""Near-duplicates: which of a few images belong together, and which of them to keep."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from viewfinder.domain.image import Image
from viewfinder.domain.likeness import NEAR

MAX_CONTENTS = 30
"""Contents of a group, and of a decision about them: as many fit the key of its document (AWS: 1,024 bytes)."""

_DIGITS = 32
_AS_SHARP = 0.98
"""A share of the greatest sharpness; an encoder's noise changes it by less."""


class KeepReason(StrEnum):
    """What tells the image to keep from the others; the first that does counts."""

    PIXELS = "PIXELS"  # it has the most
    SHARPNESS = "SHARPNESS"  # it is the sharpest of those
    TAKEN_AT = "TAKEN_AT"  # it was taken first, as far as that is known
    NAME = "NAME"  # nothing does: its ImageId is the first


@dataclass(frozen=True, slots=True)
class Keep:
    """The image to keep, and why."""

    image_id: str
    reason: KeepReason


class Kind(StrEnum):
    """What the images of a group have in common."""

    EQUAL = "EQUAL"  # every byte
    NEAR = "NEAR"  # how they look


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are equal or look alike, with a proposal which of them to keep."""

    kind: Kind
    images: tuple[Image, ...]

    @property
    def keep(self) -> Keep:
        """The image to keep, and why."""
        return keep(self.images)


def keep(images: Sequence[Image]) -> Keep:
    """Return which of one or more images to keep: a proposal, for people to decide."""
    left = list(images)
    for reason, narrow in _CRITERIA.items():
        narrowed = narrow(left)
        if len(narrowed) == 1 < len(left):
            return Keep(narrowed[0].image_id, reason)
        left = narrowed
    return Keep(min(image.image_id for image in left), KeepReason.NAME)


def _largest(images: list[Image]) -> list[Image]:
    most = max(image.width * image.height for image in images)
    return [image for image in images if image.width * image.height == most]


def _sharpest(images: list[Image]) -> list[Image]:
    most = max(image.likeness.sharpness for image in images)
    return [image for image in images if image.likeness.sharpness >= _AS_SHARP * most]


def _earliest(images: list[Image]) -> list[Image]:
    times = [image.facts.taken_at for image in images if image.facts.taken_at]
    return [image for image in images if image.facts.taken_at == min(times)] if times else images


_CRITERIA: dict[KeepReason, Callable[[list[Image]], list[Image]]] = {
    KeepReason.PIXELS: _largest,
    KeepReason.SHARPNESS: _sharpest,
    KeepReason.TAKEN_AT: _earliest,
}


def short(content: str) -> str:
    """Return the beginning of a SHA-256 that stands for it in decisions: 128 bits."""
    return content[:_DIGITS]


def split(images: Sequence[Image], distinct: Collection[frozenset[str]]) -> Iterator[tuple[Image, ...]]:
    """Yield groups of images that are near the first of each, and of which people have told none apart.

    `distinct` are decisions as `ports.Distinctions` lists them. Copies of one content alone are no group.
    """
    left = [image for image in images if image.likeness.hash]
    while left:
        group = left[:1]
        for image in left[1:]:
            if _are_near(left[0], image) and not any(_are_distinct(image, other, distinct) for other in group):
                group.append(image)
        taken = {image.image_id for image in group}
        left = [image for image in left if image.image_id not in taken]
        if len({image.sha256 for image in group}) > 1:
            yield tuple(group)


def _are_near(one: Image, other: Image) -> bool:
    known, others = one.likeness.hash, other.likeness.hash
    return known is not None and others is not None and known.distance(others) <= NEAR


def _are_distinct(one: Image, other: Image, distinct: Collection[frozenset[str]]) -> bool:
    pair = {short(one.sha256), short(other.sha256)}
    return len(pair) > 1 and any(pair <= contents for contents in distinct)
