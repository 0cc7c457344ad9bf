"""A database file as text, in SQL of our own: Python's `iterdump` leaves out two numbers, and its form has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

_NUMBERS = ("application_id", "user_version")
_ORDER = {"table": 0, "view": 1, "index": 2, "trigger": 3}
"""Triggers last: the rows of the tables are complete without them."""


def dump(connection: sqlite3.Connection) -> str:
    """Return statements that make the same file again."""
    return "".join(f"{statement};\n" for statement in _statements(connection))


def _statements(connection: sqlite3.Connection) -> Iterator[str]:
    entries = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL").fetchall()
    virtual = [name for _, name, statement in entries if statement.startswith("CREATE VIRTUAL TABLE")]
    shadows = {entry[1] for entry in entries if any(entry[1].startswith(f"{name}_") for name in virtual)}
    yield "BEGIN"
    for kind, name, statement in sorted(entries, key=lambda entry: (_ORDER[entry[0]], entry[1])):
        if name in shadows:
            continue
        yield statement.strip()
        if kind == "table" and name not in virtual:
            yield from _rows(connection, name)
    yield from (f"INSERT INTO {name} ({name}) VALUES ('rebuild')" for name in virtual)  # FTS5's own command
    yield "COMMIT"
    for number in _NUMBERS:
        yield f"PRAGMA {number} = {connection.execute(f'PRAGMA {number}').fetchone()[0]}"


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = " || ',' || ".join(f"quote({column})" for column in columns)
    for (row,) in connection.execute(f"SELECT {values} FROM {table} ORDER BY {', '.join(columns)}"):
        yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({row})"
