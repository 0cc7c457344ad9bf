"""Checks of the file before a start of the stack: whether it is intact, and whether it is the newest."""

from __future__ import annotations

from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.errors import MisconfiguredError

_TABLE = "CREATE TABLE IF NOT EXISTS generation (value TEXT NOT NULL) STRICT"
_IS_THERE = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'generation'"


def generation(database: Database) -> str | None:
    """Return the last text of `mark`, or None."""
    if not database.rows(_IS_THERE):
        return None
    rows = database.rows("SELECT value FROM generation")
    return str(rows[0][0]) if rows else None


def mark(database: Database, value: str) -> None:
    """Write a text durably that distinguishes this state of the file from older copies."""
    with database.transaction() as connection:
        connection.execute(_TABLE)
        connection.execute("DELETE FROM generation")
        connection.execute("INSERT INTO generation (value) VALUES (?)", [value])
    database.rows("PRAGMA wal_checkpoint(FULL)")  # a transaction in the log may be lost with the machine's power


def require_whole(database: Database) -> None:
    """Read every page, some 200 MB a second; raise MisconfiguredError with the first fault."""
    ((found,),) = database.rows("PRAGMA quick_check(1)")
    if found != "ok":
        raise MisconfiguredError(f"the catalog's file is damaged: {found.splitlines()[-1]}")


def require_writable(database: Database) -> None:
    """Raise MisconfiguredError if the file is read-only; change nothing."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM images WHERE false")  # BEGIN IMMEDIATE passes on such a file
