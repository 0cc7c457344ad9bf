"""Leases: exclusive rights for a limited time."""

from __future__ import annotations

from dataclasses import dataclass, replace

HORIZON = 2
"""Lengths of a lease: one that ends later from now on was taken by a clock that was ahead, and no longer counts."""


@dataclass(frozen=True, slots=True)
class Lease:
    """An exclusive right that ends at `expires_at` (seconds since 1970).

    `is_inherited` where an earlier holder let it expire, or did the thing too early: it may be done. The holder sets
    `done_at`: when it was done (ISO 8601, UTC).
    """

    name: str
    holder: str
    expires_at: int
    is_inherited: bool = False
    done_at: str = ""

    def inherited(self) -> Lease:
        """Return the lease as inherited from an earlier holder."""
        return replace(self, is_inherited=True)

    def done(self, when: str) -> Lease:
        """Return the lease marked as done."""
        return replace(self, done_at=when)
