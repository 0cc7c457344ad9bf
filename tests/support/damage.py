"""What happens to files: each function here damages one as a disk, an editor or a person would."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PAGE = 4096

Damage = Callable[[Path], None]


def _overwrite(file: Path, at: int, size: int) -> None:
    with file.open("r+b") as out:
        out.seek(at)
        out.write(bytes(size))


def settle(file: Path) -> None:
    """Have all of a database in its file, as after a stop: what is in the log would mend what is damaged."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def header(file: Path) -> None:
    """Zero the first page."""
    _overwrite(file, 0, PAGE)


def middle_page(file: Path) -> None:
    """Zero a page in the middle."""
    _overwrite(file, file.stat().st_size // PAGE // 2 * PAGE, PAGE)


def every_page(file: Path) -> None:
    """Zero all but the header."""
    _overwrite(file, PAGE, file.stat().st_size - PAGE)


def truncated(file: Path) -> None:
    """Keep the first half."""
    os.truncate(file, file.stat().st_size // 2 // PAGE * PAGE)


def missing(file: Path) -> None:
    """Delete it with what SQLite has beside it."""
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()


def log_only(file: Path) -> None:
    """Delete the file, and leave a log."""
    file.with_name(f"{file.name}-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(PAGE))
    file.unlink()


def cut(file: Path) -> None:
    """Keep the first half of the bytes."""
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    """Keep nothing."""
    os.truncate(file, 0)


def foreign(file: Path) -> None:
    """Put another program's JSON in its place."""
    file.write_text('{"name": "another program", "version": [1, 2]}')


def binary(file: Path) -> None:
    """Put bytes in its place that are no text."""
    file.write_bytes(b"\x00\xff\xfe" * 100)


CATALOG: tuple[Damage, ...] = (header, middle_page, every_page, truncated)
"""What leaves a catalog's file that can't be used."""

SMALL_FILES: tuple[Damage, ...] = (cut, empty, foreign, binary)
