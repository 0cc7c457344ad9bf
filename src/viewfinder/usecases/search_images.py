"""Find images: merge the shards of the minimum number of sources, and filter their entries.

The cost of a page depends on the number of entries that the filters reject, not on the number of images.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import FIRST_TAKEN
from viewfinder.domain.interpretation import Interpretation, Reading
from viewfinder.domain.label import search_words
from viewfinder.domain.person import name_key
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Condition, Criteria, Entry, Order, Query, Stretch, Term, highest
from viewfinder.domain.statistics import KnownName
from viewfinder.domain.summary import Summary
from viewfinder.ports import Clock, Index, People, Statistics
from viewfinder.usecases.interpret import interpret
from viewfinder.usecases.label_names import LabelNames

PATIENCE_SECONDS = 5.0
"""How long one request looks at entries before it answers with what it has: API Gateway waits for 29 seconds."""

_MAX_READ = 1000


@dataclass(frozen=True, slots=True)
class Search:
    """The dependencies of a search."""

    index: Index
    statistics: Statistics
    clock: Clock
    patience: float = PATIENCE_SECONDS
    monotonic: Callable[[], float] = time.monotonic
    people: People | None = None
    names: LabelNames | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Images in order, the token of the next page ("" on the last), and how the text of the search box was read."""

    images: tuple[Summary, ...]
    next_token: str
    interpretation: tuple[Interpretation, ...] = ()


def search_images(query: Query, search: Search, *, limit: int = 50, token: str = "") -> Page:
    """Return a page, which is full unless it is the last or `patience` has passed; raise InvalidRequestError."""
    deadline = search.monotonic() + search.patience
    fingerprint = query.fingerprint()
    cursor = cursor_from_token(token, fingerprint) if token else Cursor("", "", fingerprint)
    interpretation, criteria = criteria_of(query, search)
    if criteria is None:
        return Page((), "", interpretation)
    driving = _driving(criteria, search.statistics)
    sources = sorted(driving.sources, key=lambda source: source.name)
    portions = _portions(limit + 1, sources, search.statistics)
    entries = _merge(search.index, portions, _stretch(criteria, driving, cursor))
    wanted = _filter(criteria, sources, cursor)
    found, position = _collect(entries, wanted, limit, lambda: search.monotonic() > deadline)
    if not position:
        return Page(found, "", interpretation)
    is_stable = query.order is Order.NEWEST  # what is analysed anew rises above what is yet to come
    as_of = cursor.as_of if token or is_stable else max(search.clock.now(), _newest(search.index, sources))
    return Page(found, replace(cursor, position=position, as_of=as_of).to_token(), interpretation)


def criteria_of(query: Query, search: Search) -> tuple[tuple[Interpretation, ...], Criteria | None]:
    """Return how the text of the search box was read, and what an image has to meet; None if nothing is known by it."""
    interpretation = _interpreted(query, search)
    if query.words and not any(each.reading for each in interpretation):
        return interpretation, None
    return interpretation, _resolve(query, search, interpretation)


def read_source(source: Source, index: Index, *, limit: int, after: str = "") -> tuple[tuple[Summary, ...], str]:
    """Return the newest images of a source behind a position, and the position of the last ("": no more)."""
    entries = _merge(index, {source: limit + 1}, Stretch(Order.NEWEST, after=after))
    return _collect(entries, lambda _: True, limit, lambda: False)


def _portions(wanted: int, sources: Sequence[Source], statistics: Statistics) -> dict[Source, int]:
    """Return how many entries are read of each source first: of several their shares of the page, and a few more."""
    # Of statuses, one has nearly all images.
    if len(sources) <= _FEW_SOURCES or sources[0].kind is not SourceKind.LABEL:
        return dict.fromkeys(sources, wanted)
    sizes = statistics.sizes(sources)
    whole = max(1, sum(sizes.values()))
    return {source: min(wanted, wanted * sizes.get(source, whole) * 5 // (whole * 4) + _SPARE) for source in sources}


_FEW_SOURCES, _SPARE = 2, 3


def _newest(index: Index, sources: list[Source]) -> str:
    """Return the latest time of an analysis in the sources, which a clock that is ahead may have written."""
    reads = (index.read(source, shard, Stretch(Order.NEWEST), 1) for source in sources for shard in range(index.shards))
    return max((entries[0].summary.analyzed_at for entries, _ in reads if entries), default="")


def _interpreted(query: Query, search: Search) -> tuple[Interpretation, ...]:
    if not query.words:
        return ()
    return tuple(interpret(query.words, search.statistics, search.clock.now(), search.people, search.names))


def _resolve(query: Query, search: Search, interpretation: Sequence[Interpretation]) -> Criteria:
    """Resolve the names of labels and people, and the text of the search box to what it means."""
    names = {name.casefold() for name in query.labels + query.exclude}
    known = search.statistics.find(names) if names else {}
    labels, exclude = ([_term(name, known) for name in group] for group in (query.labels, query.exclude))
    people, exclude_people = (
        tuple(_person(name, search.people) for name in group) for group in (query.people, query.exclude_people)
    )
    required = [each.reading for each in interpretation if each.reading and not each.is_excluded]
    excluded = [each.reading for each in interpretation if each.reading and each.is_excluded]
    minimum = query.min_confidence
    return Criteria(
        _within(query, required),
        tuple(labels),
        tuple(exclude),
        search_words(query.text),
        also=tuple(condition for reading in required for condition in reading.conditions),
        never=tuple(reading.conditions[0] for reading in excluded if len(reading.conditions) == 1 and not minimum),
        is_read=lambda image: (
            all(reading.admits(image, minimum) for reading in required)
            and not any(reading.admits(image, minimum) for reading in excluded)
        ),
        people=people,
        exclude_people=exclude_people,
    )


def _person(name: str, people: People | None) -> Term:
    """Return the ids of a person by its name or id, with those that were merged into it."""
    folded = name_key(name)
    return frozenset({folded}) | (frozenset(people.ids_of(folded)) if people else frozenset())


def _within(query: Query, readings: Sequence[Reading]) -> Query:
    """Return the query with the times of taking that the readings leave of its own."""
    for when in (reading.when for reading in readings if reading.when):
        since, until = (f"{day.isoformat()}T00:00:00.000000" if day else "" for day in (when.since, when.until))
        untils = [each for each in (query.taken_until, until) if each]
        query = replace(query, taken_since=max(query.taken_since, since), taken_until=min(untils, default=""))
    return query


def _term(name: str, known: Mapping[str, KnownName]) -> Term:
    folded = name.casefold()
    return frozenset({folded}) | known[folded].alias_of if folded in known else frozenset({folded})


def _driving(criteria: Criteria, statistics: Statistics) -> Condition:
    """Return the condition whose sources are read: that of the fewest images, as far as images are counted.

    By confidence it is the one whose confidence makes the order: the first label, or the category.
    """
    *conditions, status = criteria.conditions()
    if criteria.query.order is Order.CONFIDENCE:
        return _of_confidence(conditions)
    if not conditions or (len(conditions) == 1 and not criteria.query.status):
        return conditions[0] if conditions else status
    candidates = [*conditions, status] if criteria.query.status else conditions
    sizes = statistics.sizes({source for condition in candidates for source in condition.sources})
    return min(candidates, key=lambda condition: sum(_size(source, sizes) for source in condition.sources))


def _of_confidence(conditions: Sequence[Condition]) -> Condition:
    """Return the first condition on labels, else on categories; raise InvalidRequestError where there is none."""
    for kind in (SourceKind.LABEL, SourceKind.CATEGORY):
        if found := next((condition for condition in conditions if _kind(condition) is kind), None):
            return found
    raise InvalidRequestError("confidence needs a label or a category", parameter="order")


def _kind(condition: Condition) -> SourceKind:
    return next(iter(condition.sources)).kind


def _size(source: Source, sizes: Mapping[Source, int]) -> float:
    """Return the images of a source; of one that is not counted a guess: the longer a word, the fewer."""
    guess = 1000 / len(source.name) if source.kind is SourceKind.WORD else 1e9
    return sizes.get(source, guess)


def _stretch(criteria: Criteria, driving: Condition, cursor: Cursor) -> Stretch:
    query = criteria.query
    *conditions, status = criteria.conditions()
    also = [condition for condition in (*conditions, *([status] if query.status else ())) if condition != driving]
    return Stretch(
        order=query.order,
        after=cursor.position,
        since=query.since,
        until=query.until,
        taken_since=query.taken_since or (FIRST_TAKEN if query.taken_until else ""),  # an undated one matches no time
        taken_until=query.taken_until,
        prefix=query.prefix,
        minimum=driving.minimum,
        also=tuple(also),
        never=criteria.exclusions(),
    )


def _merge(index: Index, portions: Mapping[Source, int], stretch: Stretch) -> Iterator[Entry]:
    """Return the entries of all shards of the sources in one order; the portions are what is read of each first."""
    shards = [
        _entries(index, source, shard, stretch, size)
        for source, size in portions.items()
        for shard in range(index.shards)
    ]
    return heapq.merge(*shards, key=lambda entry: entry.position, reverse=stretch.order.is_descending)


def _entries(index: Index, source: Source, shard: int, stretch: Stretch, size: int) -> Iterator[Entry]:
    """Read a shard to its end, in pages of doubling size, because the filters rejected most entries."""
    is_last = False
    while not is_last:
        entries, is_last = index.read(source, shard, stretch, size)
        yield from entries
        if entries:
            stretch = replace(stretch, after=entries[-1].position, is_first=False)
        size = min(2 * size, _MAX_READ)


def _filter(criteria: Criteria, sources: list[Source], cursor: Cursor) -> Callable[[Entry], bool]:
    names = {source.name for source in sources}
    by_confidence = criteria.query.order is Order.CONFIDENCE

    is_of_labels = any(source.kind is SourceKind.LABEL for source in sources)
    may_have_come = cursor.position and criteria.query.order is not Order.NEWEST

    def wanted(entry: Entry) -> bool:
        if by_confidence and is_of_labels and entry.confidence < highest(entry.summary.labels, names):
            return False  # another of the labels, of higher confidence, has put it on a place before this
        if may_have_come and entry.summary.analyzed_at > cursor.as_of:
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
