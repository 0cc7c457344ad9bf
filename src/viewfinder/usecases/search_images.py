"""Finds images: merges the shards of as few sources as the query allows, and filters on the entries themselves.

The cost of a page does not depend on how many images there are, only on how many entries the filters turn down.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.image import FIRST_TAKEN, VISIBLE_STATUSES
from viewfinder.domain.label import search_words
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Criteria, Entry, Match, Order, Query, Stretch, Term, highest
from viewfinder.domain.statistics import KnownName
from viewfinder.domain.summary import Summary
from viewfinder.ports import Clock, Index, Statistics

PATIENCE_SECONDS = 5.0
"""How long one request looks at entries before it answers with what it has: API Gateway waits for 29 seconds."""

_MAX_READ = 1000


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that a search needs."""

    index: Index
    statistics: Statistics
    clock: Clock
    patience: float = PATIENCE_SECONDS
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Page:
    """Images in order, and the token of the next page ("" on the last)."""

    images: tuple[Summary, ...]
    next_token: str


def search_images(query: Query, search: Search, *, limit: int = 50, token: str = "") -> Page:
    """Return a page, full unless it is the last or `patience` is over; raise InvalidRequestError."""
    deadline = search.monotonic() + search.patience
    fingerprint = query.fingerprint()
    cursor = cursor_from_token(token, fingerprint) if token else Cursor("", search.clock.now(), fingerprint)
    criteria, counts = _resolve(query, search.statistics)
    sources = _sources(criteria, counts)
    entries = _merge(search.index, sources, _stretch(query, cursor), limit + 1)
    wanted = _filter(criteria, sources, cursor)
    found, position = _collect(entries, wanted, limit, lambda: search.monotonic() > deadline)
    return Page(found, replace(cursor, position=position).to_token() if position else "")


def _resolve(query: Query, statistics: Statistics) -> tuple[Criteria, Mapping[str, int]]:
    """Resolve aliases, and counts the images of each name where that decides what to read."""
    names = {name.casefold() for name in query.labels + query.exclude}
    known = dict(statistics.find(names)) if names else {}
    labels, exclude = ([_term(name, known) for name in group] for group in (query.labels, query.exclude))
    aliased = {name for term in labels for name in term} - names
    if aliased and len(labels) > 1:
        known |= statistics.find(aliased)
    counts = {name: entry.count for name, entry in known.items()}
    return Criteria(query, tuple(labels), tuple(exclude), search_words(query.text)), counts


def _term(name: str, known: Mapping[str, KnownName]) -> Term:
    folded = name.casefold()
    return frozenset({folded}) | known[folded].alias_of if folded in known else frozenset({folded})


def _sources(criteria: Criteria, counts: Mapping[str, int]) -> list[Source]:
    """Return what has to be read: every image that answers the query is in one of these."""
    query = criteria.query
    if criteria.words and query.order is not Order.CONFIDENCE:
        return [Source(SourceKind.WORD, max(criteria.words, key=len))]  # a long word is in few images
    if criteria.labels:
        return [Source(SourceKind.LABEL, name) for name in sorted(_driving_term(criteria, counts))]
    if query.category:
        return [Source(SourceKind.CATEGORY, query.category)]
    statuses = [query.status] if query.status else VISIBLE_STATUSES
    return [Source(SourceKind.STATUS, status) for status in statuses]


def _driving_term(criteria: Criteria, counts: Mapping[str, int]) -> Term:
    if criteria.query.match is Match.ANY:
        return frozenset().union(*criteria.labels)
    if criteria.query.order is Order.CONFIDENCE:
        return criteria.labels[0]
    return min(criteria.labels, key=lambda term: sum(counts.get(name, 0) for name in term))


def _stretch(query: Query, cursor: Cursor) -> Stretch:
    taken = query.order is Order.TAKEN
    since, until = (query.taken_since, query.taken_until) if taken else (query.since, query.until)
    if taken and until:
        since = since or FIRST_TAKEN  # an undated image matches no time
    return Stretch(query.order, cursor.position, since, until, query.min_confidence, query.prefix)


def _merge(index: Index, sources: list[Source], stretch: Stretch, size: int) -> Iterator[Entry]:
    """Return the entries of all shards of the sources in one order."""
    shards = [_entries(index, source, shard, stretch, size) for source in sources for shard in range(index.shards)]
    return heapq.merge(*shards, key=lambda entry: entry.position, reverse=stretch.order.is_descending)


def _entries(index: Index, source: Source, shard: int, stretch: Stretch, size: int) -> Iterator[Entry]:
    """Read a shard to its end, in portions that double: a filter has rejected most of what was read."""
    is_last = False
    while not is_last:
        entries, is_last = index.read(source, shard, stretch, size)
        yield from entries
        if entries:
            stretch = replace(stretch, after=entries[-1].position)
        size = min(2 * size, _MAX_READ)


def _filter(criteria: Criteria, sources: list[Source], cursor: Cursor) -> Callable[[Entry], bool]:
    names = {source.name for source in sources}
    by_confidence = criteria.query.order is Order.CONFIDENCE

    def wanted(entry: Entry) -> bool:
        if by_confidence and criteria.labels and entry.confidence < highest(entry.summary.labels, names):
            return False  # another of the labels, of higher confidence, has put it on a place before this
        if criteria.query.order is not Order.NEWEST and cursor.position and entry.summary.analyzed_at > cursor.as_of:
            return False  # analysed anew since the first page, where it may have been already
        return criteria.admit(entry.summary)

    return wanted


def _collect(
    entries: Iterator[Entry], wanted: Callable[[Entry], bool], limit: int, is_late: Callable[[], bool]
) -> tuple[tuple[Summary, ...], str]:
    """Return the page, and the position behind which the next one begins ("" where nothing comes)."""
    page: dict[str, Summary] = {}
    position = ""
    for entry in entries:
        if position and is_late():
            return tuple(page.values()), position
        # An image has as many entries as sources, all on one place, or on two while it is being written.
        image_id = entry.summary.image_id
        if image_id not in page and wanted(entry):
            if len(page) == limit:
                return tuple(page.values()), position
            page[image_id] = entry.summary
        position = entry.position
    return tuple(page.values()), ""
