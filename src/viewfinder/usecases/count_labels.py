"""Update the statistics from the states of the catalog's records."""

from __future__ import annotations

from collections.abc import Iterable

from viewfinder.domain.counting import ImageState
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.ports import Counters

_ATTEMPTS = 5


def count_labels(states: Iterable[ImageState], counters: Counters) -> int:
    """Update the counts to the newest state of each image, and return the number of changed images.

    A state that is not newer than the counted one changes nothing, so states may come
    twice, late, or again after a partial failure. Raise CatalogConflictError.
    """
    newest = _newest(states)
    for _ in range(_ATTEMPTS):
        counted = counters.find(newest)
        changes = [(state, counted[name]) for name, state in newest.items() if state.is_newer_than(counted[name])]
        try:
            counters.apply(changes)
        except CatalogConflictError:
            continue
        return len(changes)
    raise CatalogConflictError(f"the counters were written {_ATTEMPTS} times by others while they were read")


def _newest(states: Iterable[ImageState]) -> dict[str, ImageState]:
    newest: dict[str, ImageState] = {}
    for state in states:
        known = newest.get(state.image_id)
        if known is None or state.is_newer_than(known):
            newest[state.image_id] = state
    return newest
