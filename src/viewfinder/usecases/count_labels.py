"""Update the statistics from the states of the catalog's records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from viewfinder.domain.counting import ImageState
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.ports import Counters

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Count:
    """The number of images counted, and the ids of those that could not be counted now."""

    images: int
    uncounted: frozenset[str] = frozenset()


def count_labels(states: Iterable[ImageState], counters: Counters) -> Count:
    """Update the counts to the newest state of each image.

    A state that is not newer than the counted one changes nothing, so states may come twice, late, or again after a
    partial failure. Raise CatalogConflictError, or CatalogUnavailableError.
    """
    newest = _newest(states)
    for _ in range(_ATTEMPTS):
        counted = counters.find(newest)
        changes = [(state, counted[name]) for name, state in newest.items() if state.is_newer_than(counted[name])]
        repeated = [known for name, known in counted.items() if known.version == newest[name].version]
        try:
            counters.complete(repeated)
            applied = counters.apply(changes)
        except CatalogConflictError:
            continue
        return Count(applied, frozenset(state.image_id for state, _ in changes[applied:]))
    raise CatalogConflictError(f"the counters were written {_ATTEMPTS} times by others while they were read")


def _newest(states: Iterable[ImageState]) -> dict[str, ImageState]:
    newest: dict[str, ImageState] = {}
    for state in states:
        known = newest.get(state.image_id)
        if known is None or state.is_newer_than(known):
            newest[state.image_id] = state
    return newest
