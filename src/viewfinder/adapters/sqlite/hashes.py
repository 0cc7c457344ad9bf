"""Perceptual hashes, in the order in which their images were written."""

from __future__ import annotations

from collections.abc import Iterator

from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.likeness import PerceptualHash
from viewfinder.ports import KnownHash

_PAGE = 10_000
_CHANGED = """
    SELECT place, sha256, hash FROM hashes JOIN images ON images.id = hashes.image
    WHERE place > ? ORDER BY place LIMIT ?
"""


class SqliteHashes:
    """Implements `ports.Hashes`: transactions are one after the other, so that none comes before a place read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changed(self, after: int) -> Iterator[KnownHash]:
        """Read the table behind a place, some rows at a time: a long read keeps SQLite from trimming its log."""
        while rows := self._database.rows(_CHANGED, [after, _PAGE]):
            for place, content, text in rows:
                if known := PerceptualHash.from_text(text):
                    yield KnownHash(place, content, known)
            after = rows[-1][0]
