"""Records of images; a transaction changes an image with its postings and the counts."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from viewfinder.adapters.sqlite.bitmaps import follow, terms_with_bitmap
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.schema import posting_rows, summary, to_json
from viewfinder.domain import formats, record_state
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.events import event_of
from viewfinder.domain.image import PENDING, Image, Status, folders_of
from viewfinder.domain.lease import Lease
from viewfinder.domain.record_state import RecordState

_PAGE = 500
_FORGOTTEN_AT_ONCE = 20

_ADD = """
    INSERT INTO images (image_id, version, expires_at, summary, record, sha256)
    VALUES (:image_id, :version, :expires_at, :summary, :record, :sha256)
    ON CONFLICT (image_id) DO NOTHING
    RETURNING id
"""
_REPLACE = """
    UPDATE images
    SET version = :version, expires_at = :expires_at, summary = :summary, record = :record, sha256 = :sha256
    WHERE image_id = :image_id AND version = :replaced
    RETURNING id
"""
_ADD_TERM = """
    INSERT INTO terms (kind, name, description) VALUES (:kind, :name, :description)
    ON CONFLICT DO UPDATE SET description = :description WHERE :is_described AND description IS NOT :description
"""
_ADD_ALIAS = """
    INSERT OR IGNORE INTO aliases (alias, term)
    SELECT alias.value, terms.id FROM terms, json_each(:aliases) AS alias WHERE kind = :kind AND name = :name
"""
_ADD_POSTING = """
    INSERT INTO postings (image, term, analyzed_at, taken_at, rank)
    SELECT :image, id, :analyzed_at, :taken_at, :rank FROM terms WHERE kind = :kind AND name = :name
"""
_STATES = f"""
    SELECT expires_at, id, {", ".join(f"json_extract(record, '$.{name}')" for name in record_state.MEMBERS)}
    FROM images WHERE id > ? ORDER BY id LIMIT ?
"""  # noqa: S608 - names of ours
_END_LEASE = "UPDATE leases SET done_at = ? WHERE name = ? AND holder = ?"
_ANNOUNCE = "INSERT INTO outbox (image_id, version, event, saved_at) VALUES (?, ?, ?, ?)"
_EXPIRED = "SELECT id FROM images WHERE expires_at < ? ORDER BY expires_at LIMIT ?"
_REMOVE_POSTINGS = "DELETE FROM postings WHERE image = ?"
_REMOVE_IMAGE = "DELETE FROM images WHERE id = ?"
_COUNT_FOLDER = """
    INSERT INTO folders (level, folder, count) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_FORGET_FOLDER = "DELETE FROM folders WHERE level = ? AND folder = ? AND count = 0"
_NOTE_COPIES = """
    INSERT OR IGNORE INTO copied (sha256) SELECT sha256 FROM images INDEXED BY images_by_content
    WHERE expires_at IS NULL AND sha256 = :sha256 AND :sha256 != '' LIMIT 1 OFFSET 1
"""
_FORGET_COPIES = """
    DELETE FROM copied WHERE sha256 = :sha256 AND 2 > (
        SELECT count(*) FROM (
            SELECT 1 FROM images INDEXED BY images_by_content WHERE expires_at IS NULL AND sha256 = :sha256 LIMIT 2
        )
    )
"""
_REMOVE_HASH = "DELETE FROM hashes WHERE image = ?"
_ADD_HASH = "INSERT INTO hashes (image, hash) VALUES (?, ?)"


class SqliteCatalog:
    """Implements `ports.Catalog` and `ports.Records`."""

    def __init__(
        self,
        database: Database,
        *,
        tombstone_seconds: int,
        announces: bool = False,
        microseconds: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._database = database
        self._tombstone_seconds = tombstone_seconds
        self._announces = announces
        self._microseconds = microseconds

    def find(self, image_id: str) -> Image | None:
        """Return the committed record of an image, or None."""
        rows = self._database.rows("SELECT record FROM images WHERE image_id = ?", [image_id])
        return _image(rows[0]) if rows else None

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Return the committed records; leave out ids without one."""
        found = map(self.find, dict.fromkeys(image_ids))
        return {image.image_id: image for image in found if image}

    def states(self) -> Iterator[RecordState]:
        """Read a few members of each record, some records at a time: a long read keeps SQLite from trimming its log."""
        last = 0
        while rows := self._database.rows(_STATES, [last, _PAGE]):
            yield from (_state(values) for expires_at, _, *values in rows if expires_at is None)
            last = rows[-1][1]

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        """Replace the record and the postings of an image, and put its event into the outbox if events are wanted."""
        version = self._next_version(replacing)
        image = dataclasses.replace(image, version=version, stored_format=formats.RECORD)
        with self._database.transaction() as connection:
            self._write(connection, image, replacing)
            if lease:
                connection.execute(_END_LEASE, [lease.done_at, lease.name, lease.holder])
            if self._announces and (event := event_of(image, replacing)):
                row = [image.image_id, image.version, to_json(event), self._microseconds() / 1_000_000]
                connection.execute(_ANNOUNCE, row)
            now = self._microseconds() // 1_000_000
            expired = connection.execute(_EXPIRED, [now, _FORGOTTEN_AT_ONCE]).fetchall()
            for (number,) in expired:
                _forget(connection, number)
        return image

    def _next_version(self, replacing: Image | None) -> int:
        # Grows even where a tombstone has expired in between: time goes on.
        return max(self._microseconds(), replacing.version + 1 if replacing else 0)

    def _write(self, connection: sqlite3.Connection, image: Image, replacing: Image | None) -> None:
        row = self._row(image) | {"replaced": replacing.version if replacing else None}
        written = connection.execute(_REPLACE if replacing else _ADD, row).fetchall()
        if not written:
            raise CatalogConflictError("another writer has changed the image")
        [(number,)] = written
        with_bitmap = terms_with_bitmap(connection, number)
        connection.execute(_REMOVE_POSTINGS, [number])
        postings = [row | {"image": number} for row in posting_rows(image)]
        for statement in (_ADD_TERM, _ADD_ALIAS, _ADD_POSTING):
            connection.executemany(statement, postings)
        follow(connection, number, with_bitmap)
        connection.execute(_REMOVE_HASH, [number])
        if image.is_visible and image.likeness.hash:
            connection.execute(_ADD_HASH, [number, str(image.likeness.hash)])
        _count_in_folders(connection, image, replacing)
        for content in {each.sha256 for each in (image, replacing) if each}:
            for statement in (_NOTE_COPIES, _FORGET_COPIES):
                connection.execute(statement, {"sha256": content})

    def _row(self, image: Image) -> dict[str, Any]:
        expires_at = int(datetime.fromisoformat(image.analyzed_at).timestamp()) + self._tombstone_seconds
        return {
            "image_id": image.image_id,
            "version": image.version,
            "expires_at": expires_at if image.status is Status.REMOVED else None,
            "summary": summary(image),
            "record": to_json(image.to_document()),
            "sha256": image.sha256,
        }


def _forget(connection: sqlite3.Connection, number: int) -> None:
    """Remove the last of an image, whose number may be given again."""
    with_bitmap = terms_with_bitmap(connection, number)
    connection.execute(_REMOVE_POSTINGS, [number])
    follow(connection, number, with_bitmap)
    connection.execute(_REMOVE_IMAGE, [number])


def _count_in_folders(connection: sqlite3.Connection, image: Image, replacing: Image | None) -> None:
    change = image.is_visible - bool(replacing and replacing.is_visible)
    if change:
        folders = list(enumerate(folders_of(image.image_id), 1))
        connection.executemany(_COUNT_FOLDER, [[level, folder, change] for level, folder in folders])
        connection.executemany(_FORGET_FOLDER, folders)


def _state(values: Sequence[Any]) -> RecordState:
    """Read extracted members: a missing one is NULL, and a list is JSON."""
    document = {name: value for name, value in zip(record_state.MEMBERS, values, strict=True) if value is not None}
    document |= {name: json.loads(document[name]) for name in ("Features", PENDING) if name in document}
    return RecordState.from_document(document)


def _image(row: Sequence[Any]) -> Image:
    return Image.from_document(json.loads(row[0]))
