"""The faces and users of the collections in memory, brought up to date with the file before each search."""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from viewfinder.rekognition.faces.matching import DIMENSIONS, Description, farthest_at, similarity_at, unit
from viewfinder.rekognition.faces.store import Row, Store
from viewfinder.rekognition.faces.vectors import Integers, Vectors

Floats = NDArray[np.float32]

ROWS = 16_384
"""Rows that are read at a time: a collection is never in memory twice."""

Match = tuple[int, float]
"""The number of a face or user, and its similarity in percent."""


class Index(Protocol):
    """Finds the faces or the users of one collection that are like a face."""

    def search(self, wanted: Description, threshold: float, limit: int) -> list[Match]:
        """Return those that reach the threshold, most alike first."""


class _Index(ABC):
    """One collection's vectors; a search has them to itself, because an update moves them."""

    def __init__(self, store: Store, collection: int) -> None:
        self._store = store
        self._collection = collection
        self._lock = threading.Lock()
        self._vectors = Vectors()
        self._changes = 0

    def search(self, wanted: Description, threshold: float, limit: int) -> list[Match]:
        with self._lock:
            self._update()
            near = self._vectors.nearest(wanted, farthest_at(threshold), limit)
        matches = [(number, similarity_at(distance)) for number, distance in near]
        return [match for match in matches if match[1] >= threshold]

    @abstractmethod
    def _update(self) -> None:
        """Bring the vectors up to date with the file."""


class FaceIndex(_Index):
    """The faces of a collection: new ones are read, removed ones are dropped."""

    def __init__(self, store: Store, collection: int) -> None:
        super().__init__(store, collection)
        self._last = 0

    def _update(self) -> None:
        with self._store.reading() as connection:
            changes, count = _counters(connection, self._collection, "face_changes", "face_count")
            if changes == self._changes:
                return
            added = connection.execute(_FACES_AFTER, (self._collection, self._last))
            while rows := added.fetchmany(ROWS):
                self._add(rows)
            if len(self._vectors) != count:
                self._drop(connection)
        self._changes = changes

    def _add(self, rows: Sequence[Row]) -> None:
        numbers, cautions, vectors = _columns(rows)
        self._vectors.add(numbers, vectors, cautions)
        self._last = int(numbers[-1])

    def _drop(self, connection: sqlite3.Connection) -> None:
        """Drop the faces that are no more: counting is quick, so only blocks that lack some are compared."""

        def count(first: int, last: int) -> int:
            (found,) = connection.execute(_COUNT, (self._collection, first, last)).fetchone()
            return int(found)

        def numbers(first: int, last: int) -> Integers:
            rows = connection.execute(_NUMBERS, (self._collection, first, last)).fetchall()
            return np.array([number for (number,) in rows], dtype=np.int64)

        self._vectors.drop_missing(count, numbers)


class UserIndex(_Index):
    """The users of a collection that have faces; read again as a whole when one has changed."""

    def _update(self) -> None:
        with self._store.reading() as connection:
            (changes,) = _counters(connection, self._collection, "user_changes")
            if changes == self._changes:
                return
            self._vectors = self._read(connection)
        self._changes = changes

    def _read(self, connection: sqlite3.Connection) -> Vectors:
        """Return the users with the means of their faces, which are read a block at a time."""
        users = np.array(connection.execute(_USERS, (self._collection,)).fetchall(), dtype=np.int64).reshape(-1)
        sums, cautions, counts = (np.zeros((len(users), width), np.float32) for width in (DIMENSIONS, 1, 1))
        faces = connection.execute(_FACES_OF_USERS, (self._collection,))
        while rows := faces.fetchmany(ROWS):
            numbers, some_cautions, vectors = _columns(rows)
            places = np.searchsorted(users, numbers)
            np.add.at(sums, places, vectors)
            np.add.at(cautions, places, some_cautions[:, None])
            np.add.at(counts, places, 1)
        read = Vectors()
        read.add(users, unit(sums), (cautions / np.maximum(counts, 1)).astype(np.float32)[:, 0])
        return read


class Indexes:
    """The indexes of all collections of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[tuple[type[_Index], int], _Index] = {}
        self._version = store.version()

    def faces(self, collection: int) -> Index:
        """Return the index of a collection's faces."""
        return self._of(FaceIndex, collection)

    def users(self, collection: int) -> Index:
        """Return the index of a collection's users."""
        return self._of(UserIndex, collection)

    def drop_removed(self) -> None:
        """Forget the collections that are no more."""
        there = {number for (number,) in self._store.rows("SELECT number FROM collections")}
        with self._lock:
            self._kept = {key: index for key, index in self._kept.items() if key[1] in there}

    def _of(self, kind: Callable[[Store, int], Any], collection: int) -> Index:
        if (version := self._store.version()) != self._version:  # another process may have deleted a collection
            self._version = version
            self.drop_removed()
        with self._lock:
            index: Index = self._kept.setdefault((kind, collection), kind(self._store, collection))  # type: ignore[arg-type]
            return index


def user_description(rows: Sequence[Row]) -> Description:
    """Return what a user is compared by: the mean of its faces."""
    vector = unit(vectors_of([row["vector"] for row in rows]).mean(axis=0))
    return Description(vector, float(np.mean([row["caution"] for row in rows])))


def vectors_of(blobs: Sequence[bytes]) -> Floats:
    """Return vectors (n, 128) as the file has them."""
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(-1, DIMENSIONS)


def _columns(rows: Sequence[Row]) -> tuple[Integers, Floats, Floats]:
    """Return the columns number, caution and vector of rows."""
    numbers = np.array([row["number"] for row in rows], dtype=np.int64)
    cautions = np.array([row["caution"] for row in rows], dtype=np.float32)
    return numbers, cautions, vectors_of([row["vector"] for row in rows])


def _counters(connection: sqlite3.Connection, collection: int, *names: str) -> tuple[int, ...]:
    """Return counters of a collection; zeros where it was deleted meanwhile."""
    row = connection.execute(
        f"SELECT {', '.join(names)} FROM collections WHERE number = ?",  # noqa: S608 - names of ours
        (collection,),
    ).fetchone()
    return tuple(row) if row else (-1, *(0 for _ in names[1:]))


_FACES_AFTER = """
    SELECT faces.number, caution, vector FROM faces JOIN descriptors USING (slot)
    WHERE collection = ? AND faces.number > ? ORDER BY faces.number
"""
_COUNT = "SELECT count(*) FROM faces WHERE collection = ? AND number BETWEEN ? AND ?"
_NUMBERS = "SELECT number FROM faces WHERE collection = ? AND number BETWEEN ? AND ?"
_USERS = "SELECT DISTINCT user FROM faces WHERE collection = ? AND user IS NOT NULL ORDER BY user"
_FACES_OF_USERS = """
    SELECT user AS number, caution, vector FROM faces JOIN descriptors USING (slot)
    WHERE collection = ? AND user IS NOT NULL ORDER BY user, faces.number
"""
