"""Catalogs in SQLite files of a temporary directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from viewfinder.adapters.sqlite.database import Database


@contextmanager
def empty_database() -> Iterator[Database]:
    """Open a new file, which is deleted at the end."""
    with TemporaryDirectory() as folder, closing(Database(str(Path(folder) / "catalog.db"))) as database:
        yield database
