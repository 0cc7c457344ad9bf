"""Queries of the catalog, and their parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import MAX_IMAGE_ID_BYTES, VISIBLE_STATUSES, Status
from viewfinder.domain.label import search_words
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.search_text import LONGEST
from viewfinder.domain.spelling import with_plain
from viewfinder.domain.summary import Summary


class Match(StrEnum):
    """Whether an image must have all of the labels, or any."""

    ALL = "all"
    ANY = "any"


class Order(StrEnum):
    """The order of the results."""

    NEWEST = "newest"
    CONFIDENCE = "confidence"
    TAKEN = "taken"

    @property
    def is_descending(self) -> bool:
        """Whether the positions of this order fall (times do, ranks don't)."""
        return self is not Order.CONFIDENCE


class FilterKind(StrEnum):
    """The type of a filter's value."""

    TEXT = "TEXT"
    NAME = "NAME"  # in NFC
    CHOICE = "CHOICE"
    PERCENT = "PERCENT"
    TIME = "TIME"  # with a zone
    LOCAL_TIME = "LOCAL_TIME"


@dataclass(frozen=True, slots=True)
class Filter:
    """The form of a query's field in a request; `most` is the maximum number of values, 0 for a single value."""

    parameter: str
    kind: FilterKind = FilterKind.TEXT
    longest: int = 100
    choices: tuple[str, ...] = ()
    most: int = 0


def _filter(parameter: str, default: Any = "", **options: Any) -> Any:
    return field(default=default, metadata={Filter.__name__: Filter(parameter, **options)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search; names as the caller wrote them, times in the form of `Image.analyzed_at`, `until` exclusive.

    `taken_since` and `taken_until` are in the form of `Facts.taken_at`.
    """

    labels: tuple[str, ...] = _filter("label", (), most=10, kind=FilterKind.NAME)
    match: Match = _filter("match", Match.ALL, kind=FilterKind.CHOICE, choices=tuple(Match))  # noqa: RUF009 - a field
    exclude: tuple[str, ...] = _filter("exclude", (), most=10, kind=FilterKind.NAME)
    category: str = _filter("category", kind=FilterKind.NAME)
    min_confidence: float = _filter("minConfidence", 0.0, kind=FilterKind.PERCENT)
    prefix: str = _filter("prefix", longest=MAX_IMAGE_ID_BYTES)
    status: Status | None = _filter("status", None, kind=FilterKind.CHOICE, choices=VISIBLE_STATUSES)  # noqa: RUF009
    since: str = _filter("from", kind=FilterKind.TIME)
    until: str = _filter("to", kind=FilterKind.TIME)
    order: Order = _filter("order", Order.NEWEST, kind=FilterKind.CHOICE, choices=tuple(Order))  # noqa: RUF009
    text: tuple[str, ...] = _filter("text", (), most=10, longest=50, kind=FilterKind.NAME)
    taken_since: str = _filter("takenFrom", kind=FilterKind.LOCAL_TIME)
    taken_until: str = _filter("takenTo", kind=FilterKind.LOCAL_TIME)
    camera: str = _filter("camera", kind=FilterKind.NAME)
    moderated: str = _filter("moderated", kind=FilterKind.CHOICE, choices=("true", "false"))
    people: tuple[str, ...] = _filter("person", (), most=10)
    exclude_people: tuple[str, ...] = _filter("excludePerson", (), most=10)
    words: str = _filter("q", longest=LONGEST, kind=FilterKind.NAME)

    def __post_init__(self) -> None:
        """Raise InvalidRequestError for an order by confidence without a label or category."""
        if self.order is Order.CONFIDENCE and not (self.labels or self.category or self.words):
            raise InvalidRequestError("confidence needs a label or a category", parameter="order")
        if not all(search_words([text]) for text in self.text):
            raise InvalidRequestError("has no word", parameter="text")
        if self.camera and not search_words([self.camera]):
            raise InvalidRequestError("has no word", parameter="camera")

    def fingerprint(self) -> str:
        """Return a short hash of the query."""
        values = [getattr(self, row.name) for row in fields(self)]
        return hashlib.blake2b(repr(values).encode(), digest_size=9).hexdigest()

    @classmethod
    def filters(cls) -> dict[str, Filter]:
        """Return how each field is written in a request."""
        return {row.name: row.metadata[Filter.__name__] for row in fields(cls)}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of an image in a source of the index.

    `position` orders the entries of a source; its form is internal to the index. `confidence` is that of the label
    or category that the source is of (0 for other sources).
    """

    position: str
    summary: Summary
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition that an image is in one of these sources with a minimum confidence (percent)."""

    sources: frozenset[Source]
    minimum: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a source in an order, behind the position `after`.

    All other fields are hints: an index applies those that its keys support; the caller checks each entry.
    `since` and `until` bound the time of the analysis, `taken_since` and `taken_until` the capture time, `prefix` the
    keys. `minimum` is a confidence in the source itself; `also` and `never` concern other sources. `is_first` means
    that this page has read nothing of the source yet.
    """

    order: Order
    _: KW_ONLY
    after: str = ""
    since: str = ""
    until: str = ""
    taken_since: str = ""
    taken_until: str = ""
    prefix: str = ""
    minimum: float = 0.0
    also: tuple[Condition, ...] = ()
    never: tuple[Condition, ...] = ()
    is_first: bool = True


Term = frozenset[str]
"""The case-folded names of one label: its own, and those that it is an alias of; or the ids of one person."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """A query with resolved label names; `also`, `never` and `is_read` are what the text of the search box means."""

    query: Query
    labels: tuple[Term, ...]
    exclude: tuple[Term, ...]
    words: tuple[str, ...] = ()
    also: tuple[Condition, ...] = ()
    never: tuple[Condition, ...] = ()
    is_read: Callable[[Summary], bool] = lambda _: True
    people: tuple[Term, ...] = ()
    exclude_people: tuple[Term, ...] = ()

    def conditions(self) -> tuple[Condition, ...]:
        """Return the conditions that every matching image meets; the last one is about its status."""
        query, minimum = self.query, self.query.min_confidence
        terms, people = self._matched(self.labels), self._matched(self.people)
        statuses = (query.status,) if query.status else VISIBLE_STATUSES
        names_nothing = not (self.labels or query.category or self.exclude or self.also)
        return (
            *(self._with_minimum(condition) for condition in self.also),
            *(_condition(SourceKind.WORD, with_plain([word])) for word in self.words),
            *(_condition(SourceKind.CAMERA, [word]) for word in search_words([query.camera])),
            *(_condition(SourceKind.MODERATED, [value]) for value in (query.moderated,) if value),
            *(_condition(SourceKind.PERSON, person) for person in people),
            *(_condition(SourceKind.LABEL, term, minimum) for term in terms),
            *(_condition(SourceKind.CATEGORY, [name], minimum) for name in (query.category,) if name),
            _condition(SourceKind.STATUS, statuses, minimum if names_nothing else 0.0),
        )

    def exclusions(self) -> tuple[Condition, ...]:
        """Return the conditions that no matching image meets."""
        excluded = (_condition(SourceKind.LABEL, term, self.query.min_confidence) for term in self.exclude)
        people = (_condition(SourceKind.PERSON, person) for person in self.exclude_people)
        return (*excluded, *people, *self.never)

    def _matched(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return terms if self.query.match is Match.ALL or not terms else (frozenset().union(*terms),)

    def _with_minimum(self, condition: Condition) -> Condition:
        """Return a condition with the minimum of the query, if it is about labels or categories."""
        kinds = {source.kind for source in condition.sources}
        is_sure = kinds <= {SourceKind.LABEL, SourceKind.CATEGORY}
        return replace(condition, minimum=self.query.min_confidence) if is_sure else condition

    def admit(self, image: Summary) -> bool:
        """Return whether an image matches the query."""
        return (
            self._admits_facts(image)
            and self._admits_labels(image)
            and self._admits_taking(image)
            and self._admits_people(image)
            and self.is_read(image)
        )

    def _admits_people(self, image: Summary) -> bool:
        named = not self.exclude_people or not any(person.intersection(image.people) for person in self.exclude_people)
        return named and all(person.intersection(image.people) for person in self._matched(self.people))

    def _admits_taking(self, image: Summary) -> bool:
        query = self.query
        return (
            all(not set(with_plain([word])).isdisjoint(image.words) for word in self.words)
            and query.moderated in ("", image.moderated)
            and (not query.camera or set(search_words([query.camera])) <= set(search_words([image.camera])))
            and (not query.taken_since or query.taken_since <= image.taken_at)
            and (not query.taken_until or "" < image.taken_at < query.taken_until)
        )

    def _admits_facts(self, image: Summary) -> bool:
        query = self.query
        return (
            image.image_id.startswith(query.prefix)
            and (query.status is None or image.status is query.status)
            and query.since <= image.analyzed_at
            and (not query.until or image.analyzed_at < query.until)
        )

    def _admits_labels(self, image: Summary) -> bool:
        minimum, category = self.query.min_confidence, self.query.category
        if category and not has(image.categories, (category.casefold(),), minimum):
            return False
        if any(has(image.labels, term, minimum) for term in self.exclude):
            return False
        if self.labels:
            quantifier = all if self.query.match is Match.ALL else any
            return quantifier(has(image.labels, term, minimum) for term in self.labels)
        return bool(category or self.exclude or self.also) or max(image.labels.values(), default=0.0) >= minimum


def _condition(kind: SourceKind, names: Iterable[str], minimum: float = 0.0) -> Condition:
    return Condition(frozenset(Source(kind, name) for name in names), minimum)


def has(confidences: Mapping[str, float], names: Iterable[str], minimum: float) -> bool:
    """Return whether one of the case-folded names has at least the minimum confidence."""
    return any(confidence >= minimum and name.casefold() in names for name, confidence in confidences.items())


def highest(confidences: Mapping[str, float], names: Iterable[str]) -> float:
    """Return the highest confidence of the case-folded names; 0 if there is none."""
    return max((value for name, value in confidences.items() if name.casefold() in names), default=0.0)
