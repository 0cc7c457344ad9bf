"""What is asked of the catalog and answered: queries with their pages, and the statistics of labels and statuses."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import Image, Status, folders_of
from viewfinder.domain.label import Label, search_words
from viewfinder.domain.summary import Summary


class Match(StrEnum):
    """How many of the labels an image has to have."""

    ALL = "all"
    ANY = "any"


class Order(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    CONFIDENCE = "confidence"
    TAKEN = "taken"

    @property
    def is_descending(self) -> bool:
        """Whether the positions of this order fall (times do, ranks don't)."""
        return self is not Order.CONFIDENCE


class LabelOrder(StrEnum):
    """Which label comes first."""

    NAME = "name"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search; names as the caller wrote them, times in the form of `Image.analyzed_at`, `until` exclusive.

    `taken_since` and `taken_until` are in the form of `Facts.taken_at`.
    """

    labels: tuple[str, ...] = ()
    match: Match = Match.ALL
    exclude: tuple[str, ...] = ()
    category: str = ""
    min_confidence: float = 0.0
    prefix: str = ""
    status: Status | None = None
    since: str = ""
    until: str = ""
    order: Order = Order.NEWEST
    text: tuple[str, ...] = ()
    taken_since: str = ""
    taken_until: str = ""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.order is Order.CONFIDENCE and not (self.labels or self.category):
            raise InvalidRequestError("confidence needs a label or a category", parameter="order")
        if not all(search_words([text]) for text in self.text):
            raise InvalidRequestError("has no word", parameter="text")

    def fingerprint(self) -> str:
        """Return a short text that another query has not."""
        values = [getattr(self, row.name) for row in fields(self)]
        return hashlib.blake2b(repr(values).encode(), digest_size=9).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An image as a source of the index holds it.

    `position` orders the entries of a source; only the index knows how it is made. `confidence` is that of the label
    or category that the source is of (0 for other sources).
    """

    position: str
    summary: Summary
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a source in an order, behind the position `after`.

    `since` and `until` bound the time that makes the order, `prefix` the keys. Bounds are hints: an index keeps those
    that its keys can keep, and the caller checks each entry.
    """

    order: Order
    after: str = ""
    since: str = ""
    until: str = ""
    min_confidence: float = 0.0
    prefix: str = ""


Term = frozenset[str]
"""The case-folded names that stand for one label: its own, and those it is an alias of."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """A query whose label names are resolved."""

    query: Query
    labels: tuple[Term, ...]
    exclude: tuple[Term, ...]
    words: tuple[str, ...] = ()

    def admit(self, image: Summary) -> bool:
        """Return whether an image answers the query."""
        return self._admits_facts(image) and self._admits_labels(image) and self._admits_taking(image)

    def _admits_taking(self, image: Summary) -> bool:
        query = self.query
        return (
            all(word in image.words for word in self.words)
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
        return bool(category or self.exclude) or max(image.labels.values(), default=0.0) >= minimum


def has(confidences: Mapping[str, float], names: Iterable[str], minimum: float) -> bool:
    """Return whether one of the case-folded names has at least the minimum confidence."""
    return any(confidence >= minimum and name.casefold() in names for name, confidence in confidences.items())


def highest(confidences: Mapping[str, float], names: Iterable[str]) -> float:
    """Return the highest confidence of the case-folded names; 0 where there is none."""
    return max((value for name, value in confidences.items() if name.casefold() in names), default=0.0)


_LONGEST_POSITION = 200
"""Of a position made here; a longer one would not fit a sort key's 1,024 bytes (AWS)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of the last entry that was looked at, and the time (ISO 8601) of the first page.

    It holds a place in the merged order, nothing of a partition: it stays good whatever the number of shards.
    """

    position: str
    as_of: str
    fingerprint: str

    def to_token(self) -> str:
        """Return the text that a caller hands back."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")


def cursor_from_token(token: str, fingerprint: str) -> Cursor:
    """Read a token; raise InvalidRequestError when it is none, or of another query."""
    try:
        members = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        cursor = Cursor(**members)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _refusal("is not a token of this API") from None
    if not all(isinstance(value, str) and value.isprintable() for value in members.values()):
        raise _refusal("is not a token of this API")
    if not 1 <= len(cursor.position) <= _LONGEST_POSITION:
        raise _refusal("is not a token of this API")
    if cursor.fingerprint != fingerprint:
        raise _refusal("belongs to another query")
    return cursor


def _refusal(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, parameter="nextToken", code="InvalidNextToken")


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label in use: how many images have it, and what is known of it."""

    name: str
    count: int
    parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    matched_by: str = ""  # the alias that a search for labels found it by


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category in use: at least how many images have a label of it, and how many labels it has."""

    name: str
    count: int
    labels: int


@dataclass(frozen=True, slots=True)
class KnownName:
    """What is known of a case-folded name: how many images have it, and the labels it is an alias of."""

    count: int = 0
    alias_of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counted:
    """What of an image is counted: case-folded names of labels, folders, SHA-256, and status (None: nothing yet)."""

    version: int = 0
    status: Status | None = None
    labels: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    content: str = ""


@dataclass(frozen=True, slots=True)
class ImageState:
    """An image's record at one time; labels by case-folded name.

    REMOVED stands for a tombstone, and for a record that is no longer there. A tombstone is forgotten at `expires_at`
    (seconds since 1970; 0: never).
    """

    image_id: str
    version: int
    status: Status
    labels: Mapping[str, Label]
    expires_at: int = 0
    content: str = ""  # its SHA-256; "" for a tombstone

    @classmethod
    def of(cls, image: Image, *, most_labels: int, expires_at: int = 0) -> ImageState:
        """Take the labels that searches find the image by: the first so many."""
        labels = {label.name.casefold(): label for label in image.corrected_labels[:most_labels]}
        content = image.sha256 if image.is_visible else ""
        return cls(image.image_id, image.version, image.status, labels, expires_at, content)

    @property
    def folders(self) -> frozenset[str]:
        """The folders that it counts in."""
        return frozenset() if self.status is Status.REMOVED else frozenset(folders_of(self.image_id))

    def is_newer_than(self, other: Counted | ImageState) -> bool:
        """Return whether this came later; of one version, the end comes after the beginning.

        Version 0.2.0 counted labels of tombstones: of one version, the end without labels comes last.
        """
        end = Status.REMOVED
        return (self.version, self.status is end, not self.labels) > (
            other.version,
            other.status is end,
            not other.labels,
        )
