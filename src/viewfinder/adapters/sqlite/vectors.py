"""Vectors of contents, beside the catalog; each process that searches has all of them in one array."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.vector import Vector
from viewfinder.ports import Neighbour

if TYPE_CHECKING:
    from viewfinder.adapters.packed_vectors import PackedVectors

_PAGE = 1000
_PUT = """
    INSERT INTO vectors (sha256, model, vector) VALUES (:sha256, :model, :vector)
    ON CONFLICT (sha256) DO NOTHING
"""
_REMOVE_OTHER = "DELETE FROM vectors WHERE sha256 = :sha256 AND (model != :model OR vector != :vector)"
_IS_KEPT = "SELECT 1 FROM vectors WHERE sha256 = :sha256 AND model = :model AND vector = :vector"
_FIND = "SELECT model, vector FROM vectors WHERE sha256 = ?"
_CHANGED = "SELECT place, sha256, vector FROM vectors WHERE place > ? AND model = ? ORDER BY place LIMIT ?"
_CONTENTS = "SELECT sha256 FROM vectors WHERE model = ?"
_COUNT = "SELECT count(*) FROM vectors WHERE sha256 IN ({})"


class SqliteVectors:
    """Implements `ports.Vectors`; safe to use from several threads.

    The first search reads all vectors of its model, and later ones those that are new. Functions that only put need no
    NumPy.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._packed: dict[str, PackedVectors] = {}

    def put(self, content: str, vector: Vector) -> None:
        """Write the vector, unless it is there already: a place is given once for each that is new."""
        row = {"sha256": content, "model": vector.model, "vector": vector.values}
        if self._database.rows(_IS_KEPT, row):
            return
        with self._database.transaction() as connection:
            connection.execute(_REMOVE_OTHER, row)
            connection.execute(_PUT, row)

    def find(self, content: str) -> Vector | None:
        """Read one row."""
        rows = self._database.rows(_FIND, [content])
        return Vector(*rows[0]) if rows else None

    def nearest(self, vector: Vector, most: int) -> Sequence[Neighbour]:
        """Read what is new, and compare with every vector of the same model."""
        from viewfinder.adapters.packed_vectors import PackedVectors

        with self._lock:
            packed = self._packed.setdefault(vector.model, PackedVectors(vector.model))
            packed.take(self._changed(packed))
            found = packed.nearest(vector, most)
            if self._are_kept(found):
                return found
            packed.keep_only({row[0] for row in self._database.rows(_CONTENTS, [packed.model])})
        return packed.nearest(vector, most)

    def _are_kept(self, found: Sequence[Neighbour]) -> bool:
        """Return whether none of them was deleted, by whatever process, since it was read."""
        names = [each.content for each in found]
        parts = (names[start : start + _PAGE] for start in range(0, len(names), _PAGE))
        kept = (self._database.rows(_COUNT.format(", ".join("?" * len(part))), part)[0][0] for part in parts)
        return bool(sum(kept) == len(names))

    def delete(self, contents: Collection[str]) -> None:
        """Delete the rows; a process that has read them notices when a search finds one of them."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM vectors WHERE sha256 = ?", [[content] for content in contents])

    def _changed(self, packed: PackedVectors) -> Iterator[tuple[int, str, bytes]]:
        """Read some rows at a time: a long read keeps SQLite from trimming its log."""
        after = packed.place
        while rows := self._database.rows(_CHANGED, [after, packed.model, _PAGE]):
            yield from rows
            after = rows[-1][0]
