"""Statistics: how many images have a label, or a status."""

from __future__ import annotations

from dataclasses import dataclass


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
    """What of an image the statistics account for: a state of its record.

    `status` is that of the record, REMOVED where the record is gone.
    """

    image_id: str
    version: int
    status: str
    labels: frozenset[str]
    expires_at: int = 0

    def is_newer_than(self, other: Counted) -> bool:
        """Tells whether this state came later; of one version, the end is later than the beginning."""
        return (self.version, self.status == _REMOVED) > (other.version, other.status == _REMOVED)


_REMOVED = "REMOVED"
