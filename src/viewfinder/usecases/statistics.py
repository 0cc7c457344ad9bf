"""Keeps the statistics in agreement with the catalog, from the states that its records went through."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import VISIBLE_STATUSES
from viewfinder.domain.query import Cursor, ImageState, LabelCount, cursor_from_token
from viewfinder.ports import Counters, Statistics

_ATTEMPTS = 5


def count_labels(states: Iterable[ImageState], counters: Counters) -> int:
    """Count each image as its newest state says, and return the number of images that this changed.

    A state that was counted already, or that is older than one that was, changes nothing: states may come twice, late
    or again after a failure half way. Raises CatalogConflictError.
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


@dataclass(frozen=True, slots=True)
class LabelPage:
    """Labels in order, and the token of the next page ("" on the last)."""

    labels: tuple[LabelCount, ...]
    next_token: str


def list_labels(statistics: Statistics, *, prefix: str = "", limit: int = 50, token: str = "") -> LabelPage:
    """Return a page of the labels whose name starts so, whatever its case; raise InvalidRequestError."""
    fingerprint = hashlib.blake2b(b"labels " + prefix.casefold().encode(), digest_size=9).hexdigest()
    after = cursor_from_token(token, fingerprint).position if token else ""
    labels = list(islice(statistics.labels(prefix.casefold(), after, portion=limit + 1), limit + 1))
    page = tuple(labels[:limit])
    is_last = len(labels) <= limit
    return LabelPage(page, "" if is_last else Cursor(page[-1].name.casefold(), "", fingerprint).to_token())


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of images by status (all of them, 0 included), and of labels that an image has."""

    images: Mapping[str, int]
    labels: int


def get_statistics(statistics: Statistics) -> Totals:
    """Read all counters: as many as there are names in use, however many images there are."""
    counts = statistics.statuses()
    images = {str(status): counts.get(status, 0) for status in VISIBLE_STATUSES}
    return Totals(images, sum(1 for _ in statistics.labels("", "")))
