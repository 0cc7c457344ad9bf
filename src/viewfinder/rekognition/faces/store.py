"""The file of the collections: one SQLite database, its migrations, its transactions, and how it forgets."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from viewfinder.rekognition.errors import EngineError, StoreError

Row = Any
"""A row whose columns are read by their names."""

Parameters = Sequence[Any] | Mapping[str, Any]

FILE = "collections.sqlite"
IN_MEMORY = ":memory:"

APPLICATION_ID = 0x56465246
"""Marks a file as the engine's (`PRAGMA application_id`), so that no other database is taken for one."""

PATIENCE_SECONDS = 20
"""How long a call waits for other processes; a transaction takes some milliseconds."""

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

_FIRST = (
    """
    CREATE TABLE collections (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        face_model TEXT NOT NULL,
        face_count INTEGER NOT NULL DEFAULT 0,
        user_count INTEGER NOT NULL DEFAULT 0,
        face_changes INTEGER NOT NULL DEFAULT 0,
        user_changes INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    """
    CREATE TABLE tags (
        collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (collection, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE users (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
        name TEXT NOT NULL,
        UNIQUE (collection, name)
    ) STRICT
    """,
    "CREATE INDEX users_in_order ON users (collection, number)",
    # All rows have the same size, none is ever deleted, and new ones come last: SQLite overwrites such a row where it
    # is and moves none, so that no copy of a descriptor stays behind in the free space of a page.
    """
    CREATE TABLE descriptors (
        slot INTEGER PRIMARY KEY,
        vector BLOB NOT NULL CHECK (length(vector) = 512)
    ) STRICT
    """,
    "CREATE TABLE free_slots (slot INTEGER PRIMARY KEY) STRICT",
    """
    CREATE TABLE faces (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
        face_id TEXT NOT NULL,
        image_id TEXT NOT NULL,
        external_image_id TEXT,
        width REAL NOT NULL,
        height REAL NOT NULL,
        left_edge REAL NOT NULL,
        top_edge REAL NOT NULL,
        confidence REAL NOT NULL,
        caution REAL NOT NULL,
        user INTEGER REFERENCES users ON DELETE SET NULL,
        slot INTEGER NOT NULL REFERENCES descriptors,
        UNIQUE (collection, face_id)
    ) STRICT
    """,
    "CREATE INDEX faces_in_order ON faces (collection, number)",
    "CREATE INDEX faces_of_image ON faces (collection, image_id)",
    "CREATE INDEX faces_of_user ON faces (user, number) WHERE user IS NOT NULL",
    """
    CREATE TABLE requests (
        operation TEXT NOT NULL,
        token TEXT NOT NULL,
        collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
        digest TEXT NOT NULL,
        response TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (operation, token)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX requests_by_collection ON requests (collection)",
    "CREATE INDEX requests_by_end ON requests (expires_at)",
    # The database itself counts and forgets, so that no writer can leave it out.
    """
    CREATE TRIGGER face_added AFTER INSERT ON faces BEGIN
        UPDATE collections SET face_count = face_count + 1, face_changes = face_changes + 1
        WHERE number = NEW.collection;
    END
    """,
    """
    CREATE TRIGGER face_removed AFTER DELETE ON faces BEGIN
        UPDATE descriptors SET vector = zeroblob(512) WHERE slot = OLD.slot;
        INSERT INTO free_slots VALUES (OLD.slot);
        UPDATE collections SET face_count = face_count - 1, face_changes = face_changes + 1
        WHERE number = OLD.collection;
    END
    """,
    """
    CREATE TRIGGER face_associated AFTER UPDATE OF user ON faces BEGIN
        UPDATE collections SET user_changes = user_changes + 1 WHERE number = NEW.collection;
    END
    """,
    """
    CREATE TRIGGER user_added AFTER INSERT ON users BEGIN
        UPDATE collections SET user_count = user_count + 1 WHERE number = NEW.collection;
    END
    """,
    """
    CREATE TRIGGER user_removed AFTER DELETE ON users BEGIN
        UPDATE collections SET user_count = user_count - 1, user_changes = user_changes + 1
        WHERE number = OLD.collection;
    END
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""The statements that lead from each format (`PRAGMA user_version`) to the next; append, never change one."""


class Store:
    """The database, for all threads of a process; other processes may have the file open at the same time.

    Methods raise EngineError (ThrottlingException) where others write for too long.
    """

    def __init__(self, path: str = IN_MEMORY, *, patience: float = PATIENCE_SECONDS) -> None:
        self._lock = threading.RLock()
        self._must_forget = True  # a process that was killed may have left something in the log
        self._connection = _opened(path, patience)
        self.forget()

    @classmethod
    def in_folder(cls, folder: str) -> Store:
        """Open the file of a folder, which is created for its owner only; in memory where the folder is empty text.

        Raise StoreError where the file can't be used.
        """
        if not folder:
            return cls()
        with _errors_named(folder):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(str(Path(folder) / FILE))

    def rows(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of one query."""
        with self._lock, _busy_converted():
            return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read several times from the same state of the database."""
        with self._lock, _busy_converted():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("COMMIT")

    @contextmanager
    def writing(self, *, forgets: bool = False) -> Iterator[sqlite3.Connection]:
        """Write: everything in the block happens at once, or nothing of it if the block raises.

        A block that removes faces says that it `forgets`: nothing of them is in the files when it ends.
        """
        with self._lock, _busy_converted():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._must_forget |= forgets
            self.forget()

    def version(self) -> int:
        """Return a number that changes when another process has written."""
        with self._lock, _busy_converted():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def forget(self) -> None:
        """Copy the log into the file and empty it, if something was removed: it holds what there was before.

        A reader of another process that has not ended keeps a part of the log; then the next call tries again.
        """
        if self._must_forget:
            with self._lock, suppress(sqlite3.OperationalError):
                (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._must_forget = bool(busy)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _opened(path: str, patience: float) -> sqlite3.Connection:
    with _errors_named(path):
        if path != IN_MEMORY:
            with suppress(FileExistsError):  # SQLite gives the files beside it the same mode
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            _patiently(lambda: _prepare(connection, path), patience)
        except BaseException:
            connection.close()
            raise
        return connection


def _patiently(action: Callable[[], None], patience: float) -> None:
    """Repeat what finds the file locked: the change to WAL, and recovery after a crash, don't wait by themselves."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return action()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - not a secret


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # no descriptor in a temporary file
    connection.execute("PRAGMA synchronous = FULL")
    _check(connection, path)
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] not in {"wal", "memory"}:
        raise StoreError(f"{path}: its file system has no shared memory, which SQLite's WAL needs")
    _migrate(connection, path)
    connection.execute("PRAGMA foreign_keys = ON")


def _check(connection: sqlite3.Connection, path: str) -> int:
    """Return the format of the file."""
    application, version, entries = connection.execute(
        """
        SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
        FROM pragma_application_id, pragma_user_version
        """
    ).fetchone()
    if entries and application != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program")
    if version > len(MIGRATIONS):
        raise StoreError(f"{path} was written by a newer version of Viewfinder")
    return int(version)


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    if _check(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[_check(connection, path) :]:  # another process may have been first
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


@contextmanager
def _errors_named(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} can't be opened: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be used: {error}") from error


@contextmanager
def _busy_converted() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            raise EngineError("ThrottlingException", "The collections are busy") from error
        raise


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY
