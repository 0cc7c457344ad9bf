"""Bitmaps of the terms that many images have: which images have several of them is found without their postings.

A bitmap has a bit for each row of `images`, in parts of 8,192: a search reads a kilobyte for a term and a part. Terms
of fewer images have none, for their postings are soon read.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Sequence
from functools import reduce
from operator import and_, or_

from viewfinder.adapters.sqlite.database import Database

MANY = 4096
"""A term of so many images gets a bitmap, and keeps it as long as an image has the term."""

PART = 8192
"""Images of a part of a bitmap."""

_WITH_BITMAP = "SELECT term FROM postings JOIN terms ON terms.id = term WHERE image = ? AND has_bitmap"
_WITHOUT = """
    SELECT term FROM postings JOIN terms ON terms.id = term WHERE image = ? AND count >= ? AND NOT has_bitmap
"""
_IMAGES = "SELECT image FROM postings INDEXED BY postings_by_time WHERE term = ?"
_READ = "SELECT images FROM bitmaps WHERE term = ? AND part = ?"
_WRITE = "INSERT OR REPLACE INTO bitmaps (term, part, images) VALUES (?, ?, ?)"
_PARTS = """
    SELECT part, term, images FROM bitmaps
    WHERE term IN (SELECT value FROM json_each(?)) ORDER BY part
"""


def terms_with_bitmap(connection: sqlite3.Connection, image: int) -> set[int]:
    """Return those of an image's terms that have a bitmap."""
    return {term for (term,) in connection.execute(_WITH_BITMAP, [image])}


def follow(connection: sqlite3.Connection, image: int, before: Collection[int]) -> None:
    """Bring the bitmaps up to date with an image's postings; `before` are the terms with a bitmap that it had."""
    after = terms_with_bitmap(connection, image)
    for term in after.difference(before):
        _set_bit(connection, term, image, is_set=True)
    for term in set(before) - after:
        _set_bit(connection, term, image, is_set=False)
    for (term,) in connection.execute(_WITHOUT, [image, MANY]).fetchall():
        _make(connection, term)


def shared_images(database: Database, groups: Sequence[Collection[int]], most: int) -> list[int] | None:
    """Return the images that have a term of each group; None if they are more than `most`.

    All terms have bitmaps. What is written meanwhile may be missing, or be there though it fits no longer.
    """
    parts: dict[int, dict[int, int]] = {}
    for part, term, images in database.rows(_PARTS, [json.dumps(sorted(set[int]().union(*groups)))]):
        parts.setdefault(part, {})[term] = int.from_bytes(images, "little")
    shared = {
        part: reduce(and_, (reduce(or_, (bits.get(term, 0) for term in group)) for group in groups))
        for part, bits in parts.items()
    }
    if sum(bits.bit_count() for bits in shared.values()) > most:
        return None
    return [part * PART + place for part, bits in shared.items() for place in _places(bits)]


def _places(bits: int) -> list[int]:
    return [found.start() for found in re.finditer("1", f"{bits:b}"[::-1])]


def _set_bit(connection: sqlite3.Connection, term: int, image: int, *, is_set: bool) -> None:
    part, place = divmod(image, PART)
    row = connection.execute(_READ, [term, part]).fetchone()
    if not row and not is_set:
        return  # the term is gone, and its bitmap with it
    bits = int.from_bytes(row[0], "little") if row else 0
    bits = bits | 1 << place if is_set else bits & ~(1 << place)
    connection.execute(_WRITE, [term, part, _to_blob(bits)])


def _make(connection: sqlite3.Connection, term: int) -> None:
    parts: dict[int, int] = {}
    for (image,) in connection.execute(_IMAGES, [term]):
        part, place = divmod(image, PART)
        parts[part] = parts.get(part, 0) | 1 << place
    connection.executemany(_WRITE, [[term, part, _to_blob(bits)] for part, bits in parts.items()])
    connection.execute("UPDATE terms SET has_bitmap = 1 WHERE id = ?", [term])


def _to_blob(bits: int) -> bytes:
    return bits.to_bytes(PART // 8, "little")
