"""The catalog as a search reads it: each page a stretch of an index of postings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.schema import microseconds
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.label import confidence_rank
from viewfinder.domain.posting import Source
from viewfinder.domain.query import Entry, Order, Stretch
from viewfinder.domain.summary import Summary

_POSITION = re.compile("([0-9]{18})#([0-9]{18})")
_HIGHEST = 10**18 - 1

_FEW = 10_000
"""Images below a prefix that are sorted for each page, some 20 ms; of more, the order's index finds a page soon."""

_PAGE = """
        AND (postings.{column}, postings.image) {behind} (:value, :image) AND postings.{column} {within} :last
    ORDER BY postings.{column} {direction}, postings.image {direction}
    LIMIT :size
"""
_READ = """
    SELECT postings.{column} AS value, postings.image, postings.rank, images.summary
    FROM terms CROSS JOIN postings ON postings.term = terms.id CROSS JOIN images ON images.id = postings.image
    WHERE terms.kind = :kind AND terms.name = :name
"""
_OF_PREFIX = "AND images.image_id >= :prefix AND images.image_id < :behind_prefix"
_READ_FEW = """
    WITH few AS MATERIALIZED (
        SELECT postings.{column}, postings.image, postings.rank
        FROM terms
            CROSS JOIN images INDEXED BY images_by_folder
            CROSS JOIN postings ON postings.image = images.id AND postings.term = terms.id
        WHERE terms.kind = :kind AND terms.name = :name AND images.expires_at IS NULL
            AND images.image_id >= :prefix AND images.image_id < :behind_prefix
    )
    SELECT postings.{column} AS value, postings.image, postings.rank, images.summary
    FROM few AS postings CROSS JOIN images ON images.id = postings.image
    WHERE true
"""
_COUNT_FEW = """
    SELECT count(*) FROM (
        SELECT 1 FROM images INDEXED BY images_by_folder
        WHERE expires_at IS NULL AND image_id >= :prefix AND image_id < :behind_prefix LIMIT :most
    )
"""


def _statements(read: str) -> dict[Order, str]:
    latest = {"behind": "<", "within": ">=", "direction": "DESC"}
    surest = {"behind": ">", "within": "<=", "direction": "ASC"}
    return {
        Order.NEWEST: (read + _PAGE).format(column="analyzed_at", **latest),
        Order.TAKEN: (read + _PAGE).format(column="taken_at", **latest),
        Order.CONFIDENCE: (read + _PAGE).format(column="rank", **surest),
    }


_ALL, _BELOW_PREFIX, _FEW_BELOW_PREFIX = map(_statements, (_READ, _READ + _OF_PREFIX, _READ_FEW))


class SqliteIndex:
    """Implements `ports.Index`; a position is a value in the order (a time, a rank) and the number of an image."""

    shards = 1

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Read a page from the index of the order, or from that of keys where few images are below a prefix."""
        values = {"kind": str(source.kind), "name": source.name.casefold(), "size": size, **_bounds(stretch)}
        rows = self._database.rows(self._statements(stretch)[stretch.order], values)
        return [_entry(*row) for row in rows], len(rows) < size

    def _statements(self, stretch: Stretch) -> Mapping[Order, str]:
        if not stretch.prefix:
            return _ALL
        ((found,),) = self._database.rows(_COUNT_FEW, {"most": _FEW, **_prefix(stretch.prefix)})
        return _FEW_BELOW_PREFIX if found < _FEW else _BELOW_PREFIX


def _prefix(prefix: str) -> dict[str, str]:
    return {"prefix": prefix, "behind_prefix": prefix + BEHIND_ALL}


def _bounds(stretch: Stretch) -> dict[str, Any]:
    """Return the place behind which the stretch begins, the last value of it, and where its keys begin and end."""
    if stretch.order.is_descending:
        value = microseconds(stretch.until) if stretch.until else _HIGHEST
        start = min((value, 0), _place(stretch.after)) if stretch.after else (value, 0)
        last = microseconds(stretch.since) if stretch.since else 0
    else:
        start = _place(stretch.after) if stretch.after else (0, 0)
        last = confidence_rank(stretch.min_confidence)
    return {"value": start[0], "image": start[1], "last": last, **_prefix(stretch.prefix)}


def _place(position: str) -> tuple[int, int]:
    found = _POSITION.fullmatch(position)
    if not found:
        raise InvalidRequestError("is not a token of this catalog", parameter="nextToken", code="InvalidNextToken")
    return int(found[1]), int(found[2])


def _entry(value: int, image: int, rank: int, summary: str) -> Entry:
    confidence = (confidence_rank(0) - rank) / 10_000
    return Entry(f"{value:018d}#{image:018d}", Summary.from_document(json.loads(summary)), confidence)


BEHIND_ALL = "\U0010ffff" * 257
"""Behind whatever else of 1,024 bytes begins as the text before it."""
