"""Keeps the statistics in agreement with the catalog, from the states that its records went through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from viewfinder.domain.counting import ImageState
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.ports import Counters

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Count:
    """How many images were counted anew, and the ids of those that could not be counted now."""

    images: int
    uncounted: frozenset[str] = frozenset()


def count_labels(states: Iterable[ImageState], counters: Counters) -> Count:
    """Count each image as its newest state says.

    A state that was counted already, or that is older than one that was, changes nothing: states may come twice, late
    or again after a failure half way. Raises CatalogConflictError, or CatalogUnavailableError.
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
