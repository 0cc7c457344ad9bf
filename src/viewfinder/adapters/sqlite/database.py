"""The SQLite file: connections per thread, transactions, migrations and errors."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import quote

from viewfinder.adapters.sqlite.schema import APPLICATION_ID, MIGRATIONS
from viewfinder.domain.errors import CatalogUnavailableError, MisconfiguredError

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]

_PATIENCE_SECONDS = 20
"""How long a call waits for other writers; a transaction takes some milliseconds."""

_IDENTITY = """
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_application_id, pragma_user_version
"""

_EXISTING = "?mode=rw"
"""Behind a path, as in SQLite's URIs: the file is never created, for a catalog without its file is an empty one."""

_creating = threading.Lock()

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNAVAILABLE = _BUSY | {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL),
}
_MISCONFIGURED = {
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH),
}


class Database:
    """One file, for all threads of a process; other processes may have it open at the same time.

    Every method raises CatalogUnavailableError where the same call may succeed later (the disk is full, others write
    for too long), and MisconfiguredError where the file can't be used, or is no longer the one that was opened.
    """

    def __init__(self, path: str, *, patience: float = _PATIENCE_SECONDS) -> None:
        """Open the file on first use; create a missing one, unless `?mode=rw` follows the path."""
        self._path = path.removesuffix(_EXISTING)
        self._creates = not path.endswith(_EXISTING)
        self._patience = patience
        self._identity: tuple[int, int] | None = None
        self._idle: list[sqlite3.Connection] = []
        self._one_writer = threading.Lock()  # threads queue here: SQLite's own waiting polls, and isn't fair

    def rows(self, statement: str, parameters: Parameters = ()) -> list[Any]:
        """Return all rows of one query."""
        with self._connection() as connection:
            return self._patiently(lambda: connection.execute(statement, parameters).fetchall())

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block in a transaction: commit it at the end, or roll it back if the block raises."""
        with self._turn(), self._connection() as connection:
            # Immediate: a transaction that begins by reading would fail at its first write when another one has
            # written meanwhile, without waiting.
            self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # some errors have rolled it back already
                    connection.execute("ROLLBACK")
                raise

    def compact(self) -> None:
        """Write the file anew without free pages, which keep what was deleted, and empty the log."""
        with self._turn(), self._connection() as connection:
            self._patiently(lambda: connection.execute("VACUUM"))
            self._patiently(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    def close(self) -> None:
        """Close the unused connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._errors_converted():
            self._require_same_file()
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._patiently(self._open)
            try:
                yield connection
            except sqlite3.Error:
                connection.close()  # a new one finds the file as it is by then
                raise
            except BaseException:
                self._idle.append(connection)
                raise
            self._idle.append(connection)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._one_writer.acquire(timeout=self._patience):
            raise CatalogUnavailableError(f"{self._path}: another process has kept it locked for too long")
        try:
            yield
        finally:
            self._one_writer.release()

    def _require_same_file(self) -> None:
        """Raise MisconfiguredError if the file was deleted or replaced since it was opened.

        Open connections would continue with the old file, which no other process sees.
        """
        if self._identity and self._identity != _identity(self._path):
            self.close()
            raise MisconfiguredError(f"{self._path} was deleted or replaced while it was in use")

    def _open(self) -> sqlite3.Connection:
        if self._creates and self._identity is None:
            _create_private(self._path)
        elif _identity(self._path) is None:
            raise MisconfiguredError(f"{self._path} is not there")
        connection = sqlite3.connect(
            f"file:{quote(self._path)}{_EXISTING}",
            uri=True,
            timeout=self._patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=64,
        )
        try:
            _prepare(connection, self._path)
        except BaseException:
            connection.close()
            raise
        self._identity = self._identity or _identity(self._path)
        return connection

    def _patiently(self, action: Callable[[], T]) -> T:
        """Retry while the file is locked: SQLite does not wait when it opens a file or recovers it after a crash."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                if _code(error) not in _BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - not a secret

    @contextmanager
    def _errors_converted(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MisconfiguredError(f"{self._path} can't be opened: {error.strerror}") from error
        except sqlite3.Error as error:
            if _code(error) in _UNAVAILABLE:
                raise CatalogUnavailableError(f"{self._path}: {error}") from error
            if _code(error) in _MISCONFIGURED:
                raise MisconfiguredError(f"{self._path} can't be used: {error}") from error
            raise


def _identity(path: str) -> tuple[int, int] | None:
    """Return the device and the inode of a file, None if there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code; Python's own errors have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _create_private(path: str) -> None:
    """Create a file that is not there yet, for its owner only; SQLite gives the files beside it the same mode.

    An existing file is not opened, and nobody of this process has it open while this closes it: POSIX drops all locks
    that a process has on a file when it closes any descriptor of it, so SQLite would lose its own.
    """
    with _creating, suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    version = _version(connection, path)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    # Pages of the log (16 MB) before they are copied into the file: an image dirties some 60, many of them again soon.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise MisconfiguredError(f"{path}: its file system has no shared memory, which SQLite's WAL needs")
    if version < len(MIGRATIONS):
        _migrate(connection, path)


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[_version(connection, path) :]:  # another process may have been first
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, path: str) -> int:
    application, version, entries = connection.execute(_IDENTITY).fetchone()  # in one statement: others may migrate
    if entries and application != APPLICATION_ID:
        raise MisconfiguredError(f"{path} is a database of another program")
    if version > len(MIGRATIONS):
        raise MisconfiguredError(f"{path} was written by a newer version of Viewfinder")
    return int(version)
