"""The index for searches: a page is a range of an index of postings, or sorted from a narrow range."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from viewfinder.adapters.sqlite.bitmaps import shared_images
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.schema import microseconds
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.label import confidence_rank
from viewfinder.domain.posting import Source
from viewfinder.domain.query import Condition, Entry, Order, Stretch
from viewfinder.domain.summary import Summary

BEHIND_ALL = "\U0010ffff" * 257
"""Behind whatever else of 1,024 bytes begins as the text before it."""

_POSITION = re.compile("([0-9]{18})#([0-9]{18})")
_HIGHEST = 10**18 - 1

FEW = 10_000
"""Postings of a narrow range that are sorted for a page, in 20 ms; of more, the order's index finds a page soon."""

_NEAR = 1000
"""Postings that are looked at, or sorted, without further thought: a millisecond or two."""

_COLUMNS = {Order.NEWEST: "analyzed_at", Order.TAKEN: "taken_at", Order.CONFIDENCE: "rank"}
_INDEXES = {"analyzed_at": "postings_by_time", "taken_at": "postings_by_taking", "rank": "postings_by_rank"}

_TERMS = """
    SELECT kind, name, id, count, has_bitmap FROM terms
    WHERE (kind, name) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class Term:
    """The row of a source: its id, the number of its images, and whether it has a bitmap of them."""

    id: int
    count: int
    has_bitmap: int = 0


def source_terms(database: Database, sources: Collection[Source]) -> dict[Source, Term]:
    """Return the rows of the sources that have images."""
    wanted = {(str(source.kind), source.name.casefold()): source for source in sources}
    rows = database.rows(_TERMS, [json.dumps(list(wanted))])
    return {wanted[kind, name]: Term(*row) for kind, name, *row in rows}


class SqliteIndex:
    """Implements `ports.Index`; a position is a value in the order (a time, a rank) and the number of an image."""

    shards = 1

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Read a page from the index of the order, or sort a narrower range of another index."""
        others = {each for condition in (*stretch.also, *stretch.never) for each in condition.sources}
        terms = source_terms(self._database, {source, *others})
        plan = _plan(source, stretch, terms)
        if plan is None:
            return [], True
        together = self._together(source, stretch, terms)
        if together == []:
            return [], True
        if together:
            plan.add_images(together)
        rows = self._rows(plan, size)
        return [_entry(*row) for row in rows], len(rows) < size

    def _together(self, source: Source, stretch: Stretch, terms: Mapping[Source, Term]) -> list[int] | None:
        """Return the images that have all sources, by their bitmaps; None if they are many, or bitmaps can't tell."""
        conditions = [frozenset({source}), *(condition.sources for condition in stretch.also)]
        groups = [{terms[each] for each in sources if each in terms} for sources in conditions]
        mapped = [{term.id for term in group} for group in groups if all(term.has_bitmap for term in group)]
        return shared_images(self._database, mapped, FEW) if len(mapped) > 1 else None

    def _rows(self, plan: _Plan, size: int) -> list[Any]:
        """Read along the index of the order, or sort the range of fewest postings where it has not too many.

        Where these are not very few, it looks at the first postings of the order before: they may have the whole page.
        """
        if not plan.ranges:
            return self._page(plan, size)
        few, narrowest = self._narrowest(plan, _NEAR)
        if not narrowest or few * _NEAR >= 2 * size * plan.total:
            last = self._database.rows(plan.last_near(), plan.values | {"near": _NEAR})
            plan.values |= {"near_value": last[0][0], "near_image": last[0][1]} if last else {}
            rows = self._page(plan, size, is_near=bool(last))
            if len(rows) == size or not last:
                return rows
        return self._page(plan, size, narrowest or self._narrowest(plan, FEW)[1])

    def _page(self, plan: _Plan, size: int, narrow: _Range | None = None, *, is_near: bool = False) -> list[Any]:
        return self._database.rows(plan.statement(narrow, is_near=is_near), plan.values | {"size": size})

    def _narrowest(self, plan: _Plan, most: int) -> tuple[int, _Range | None]:
        """Return the range of fewest postings, and how many; None if each has `most` or more."""
        values = plan.values | {"most": most}
        counted = [(self._database.rows(each.count, values)[0][0], each) for each in plan.ranges]
        few, narrowest = min(counted, key=lambda pair: pair[0])
        return few, narrowest if few < most else None


@dataclass(frozen=True, slots=True)
class _Range:
    """A range of an index that has every posting of the page: how it is read, and the query that counts it."""

    tables: str
    where: str
    count: str


@dataclass(slots=True)
class _Plan:
    """A page as SQL: where its postings are (and how many without bounds), what holds for each, and the order."""

    order: Order
    total: int
    values: dict[str, Any]
    where: list[str] = field(default_factory=lambda: ["true"])
    joined: str = ""
    ranges: list[_Range] = field(default_factory=list)

    def add_images(self, images: Sequence[int]) -> None:
        """Add the postings of these images as a range."""
        self.values["images"] = json.dumps(images)
        tables = "json_each(:images) AS shared CROSS JOIN postings ON postings.image = shared.value"
        self.ranges.append(_Range(tables + self.joined, "true", "SELECT json_array_length(:images)"))

    def last_near(self) -> str:
        """Return the query of the last one of the first postings of the order; of fewer postings there is none."""
        column = _COLUMNS[self.order]
        behind, direction = ("<", "DESC") if self.order.is_descending else (">", "ASC")
        return f"""
            SELECT {column}, image FROM postings INDEXED BY {_INDEXES[column]}
            WHERE term = :term AND ({column}, image) {behind} (:value, :image)
            ORDER BY {column} {direction}, image {direction} LIMIT 1 OFFSET :near
        """  # noqa: S608 - names of columns

    def statement(self, narrow: _Range | None = None, *, is_near: bool = False) -> str:
        """Return the query of a page: sorted from a narrow range, or along the index of the order or its beginning."""
        column = _COLUMNS[self.order]
        behind, before, direction = ("<", ">", "DESC") if self.order.is_descending else (">", "<", "ASC")
        read = narrow or _Range(f"postings INDEXED BY {_INDEXES[column]}{self.joined}", "true", "")
        end = f"(postings.{column}, postings.image) {before} (:near_value, :near_image)" if is_near else "true"
        sign = "+" if narrow else ""  # a column with a sign is no reason to use the order's index
        return f"""
            WITH page AS MATERIALIZED (
                SELECT postings.{column} AS value, postings.image, postings.rank FROM {read.tables}
                WHERE postings.term = :term AND {read.where} AND {end} AND {" AND ".join(self.where)}
                    AND ({sign}postings.{column}, postings.image) {behind} (:value, :image)
                ORDER BY {sign}postings.{column} {direction}, postings.image {direction} LIMIT :size
            )
            SELECT value, image, rank, images.summary FROM page CROSS JOIN images ON images.id = image
            ORDER BY value {direction}, image {direction}
        """  # noqa: S608 - names of columns and parameters, none of them a caller's


def _plan(source: Source, stretch: Stretch, terms: Mapping[Source, Term]) -> _Plan | None:
    """Return the plan of a page; None if no image can answer."""
    if source not in terms:
        return None
    value, image = _start(stretch)
    plan = _Plan(stretch.order, terms[source].count, {"term": terms[source].id, "value": value, "image": image})
    for number, condition in enumerate(stretch.also):
        known = [terms[each].id for each in condition.sources if each in terms]
        if not known:
            return None
        plan.where.append(f"EXISTS ({_others(plan, f'also{number}', known, condition)})")
    for number, condition in enumerate(stretch.never):
        if known := [terms[each].id for each in condition.sources if each in terms]:
            plan.where.append(f"NOT EXISTS ({_others(plan, f'never{number}', known, condition)})")
    _bound_keys(plan, stretch.prefix)
    _bound_times(plan, stretch)
    if stretch.minimum:
        _bound(plan, "rank", 0, confidence_rank(stretch.minimum) + 1)
    return plan


def _others(plan: _Plan, name: str, terms: Collection[int], condition: Condition) -> str:
    """Return the query of an image's postings in other sources."""
    places = {f"{name}_{number}": term for number, term in enumerate(terms)}
    plan.values |= places
    minimum = ""
    if condition.minimum:
        plan.values[f"{name}_rank"] = confidence_rank(condition.minimum)
        minimum = f" AND other.rank <= :{name}_rank"
    listed = ", ".join(f":{place}" for place in places)
    image = f"other.image = postings.image AND other.term IN ({listed})"
    return f"SELECT 1 FROM postings AS other WHERE {image}{minimum}"  # noqa: S608 - names of parameters


def _bound_times(plan: _Plan, stretch: Stretch) -> None:
    for column, since, until in (
        ("analyzed_at", stretch.since, stretch.until),
        ("taken_at", stretch.taken_since, stretch.taken_until),
    ):
        if since or until:
            _bound(plan, column, microseconds(since) if since else 0, microseconds(until) if until else _HIGHEST)


def _bound(plan: _Plan, column: str, first: int, end: int) -> None:
    """Bound a column of the postings; a range of an index that is not the order's may be narrow."""
    plan.values |= {f"{column}_first": first, f"{column}_end": end}
    bounds = f"postings.{column} >= :{column}_first AND postings.{column} < :{column}_end"
    plan.where.append(bounds)
    if column != _COLUMNS[plan.order]:
        tables = f"postings INDEXED BY {_INDEXES[column]}"
        count = _counting(f"SELECT 1 FROM {tables} WHERE postings.term = :term AND {bounds}")  # noqa: S608 - names
        plan.ranges.append(_Range(tables + plan.joined, "true", count))


def _bound_keys(plan: _Plan, prefix: str) -> None:
    if not prefix:
        return
    plan.values |= {"prefix": prefix, "behind_prefix": prefix + BEHIND_ALL}
    bounds = "images.image_id >= :prefix AND images.image_id < :behind_prefix"
    plan.where.append(bounds)
    plan.joined = " CROSS JOIN images ON images.id = postings.image"
    # An image has one posting of the term, found by its key.
    tables = "images INDEXED BY images_by_folder CROSS JOIN postings ON postings.image = images.id"
    keys = "images.expires_at IS NULL"
    count = _counting(f"SELECT 1 FROM images INDEXED BY images_by_folder WHERE {keys} AND {bounds}")  # noqa: S608 - names
    plan.ranges.append(_Range(tables, keys, count))


def _counting(postings: str) -> str:
    return f"SELECT count(*) FROM ({postings} LIMIT :most)"  # noqa: S608 - a query of ours


def _start(stretch: Stretch) -> tuple[int, int]:
    """Return the place behind which the stretch begins."""
    if stretch.after:
        return _place(stretch.after)
    return (_HIGHEST, 0) if stretch.order.is_descending else (-1, 0)


def _place(position: str) -> tuple[int, int]:
    found = _POSITION.fullmatch(position)
    if not found:
        raise InvalidRequestError("is not a token of this catalog", parameter="nextToken", code="InvalidNextToken")
    return int(found[1]), int(found[2])


def _entry(value: int, image: int, rank: int, summary: str) -> Entry:
    confidence = (confidence_rank(0) - rank) / 10_000
    return Entry(f"{value:018d}#{image:018d}", Summary.from_document(json.loads(summary)), confidence)
