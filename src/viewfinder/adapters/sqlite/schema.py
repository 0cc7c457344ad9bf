"""The tables of the file, the migrations that lead to them, and images as their rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.image import Image
from viewfinder.domain.label import Label, confidence_rank
from viewfinder.domain.posting import Posting, SourceKind, postings_of
from viewfinder.domain.summary import Summary

Row = dict[str, Any]

_YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)

APPLICATION_ID = 0x56465354
"""Marks a file as a catalog (`PRAGMA application_id`), so that no other database is taken for one."""

_FIRST = (
    # `summary` is what a list shows and a search filters by; it stands before `record`, so that reading it does not
    # touch the overflow pages of a long record.
    """
    CREATE TABLE images (
        id INTEGER PRIMARY KEY,
        image_id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        expires_at INTEGER,
        summary TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX images_that_expire ON images (expires_at) WHERE expires_at IS NOT NULL",
    # What images are found by: a status, a label, a category or a word, with the number of images that have it.
    """
    CREATE TABLE terms (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        count INTEGER NOT NULL DEFAULT 0,
        description TEXT,
        UNIQUE (kind, name)
    ) STRICT
    """,
    """
    CREATE TABLE aliases (
        alias TEXT NOT NULL,
        term INTEGER NOT NULL REFERENCES terms ON DELETE CASCADE,
        PRIMARY KEY (alias, term)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX aliases_by_term ON aliases (term)",
    """
    CREATE TABLE postings (
        image INTEGER NOT NULL REFERENCES images,
        term INTEGER NOT NULL REFERENCES terms,
        analyzed_at INTEGER NOT NULL,
        taken_at INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        PRIMARY KEY (image, term)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX postings_by_time ON postings (term, analyzed_at, image, rank)",
    "CREATE INDEX postings_by_taking ON postings (term, taken_at, image, rank)",
    "CREATE INDEX postings_by_rank ON postings (term, rank, image)",
    # The database itself counts, so that no writer can forget to. A term lives as long as an image has it.
    """
    CREATE TRIGGER posting_added AFTER INSERT ON postings BEGIN
        UPDATE terms SET count = count + 1 WHERE id = NEW.term;
    END
    """,
    """
    CREATE TRIGGER posting_removed AFTER DELETE ON postings BEGIN
        UPDATE terms SET count = count - 1 WHERE id = OLD.term;
        DELETE FROM terms WHERE id = OLD.term AND count = 0;
    END
    """,
    """
    CREATE TABLE leases (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        done_at TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX leases_by_end ON leases (expires_at)",
)

_SECOND = ("CREATE INDEX images_by_folder ON images (image_id) WHERE expires_at IS NULL",)

_THIRD = (
    "ALTER TABLE images ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''",
    "UPDATE images SET sha256 = json_extract(record, '$.Sha256')",
    # With `expires_at`, though it is NULL: else SQLite before 3.41 looks at each row for it.
    "CREATE INDEX images_by_content ON images (sha256, image_id, expires_at) WHERE expires_at IS NULL",
    "DROP INDEX images_by_folder",
    "CREATE INDEX images_by_folder ON images (image_id, expires_at) WHERE expires_at IS NULL",
)

_FOURTH = (
    # Version 0.2.0 kept postings of removed images under the labels that a person had added.
    """
    DELETE FROM postings WHERE image IN (SELECT id FROM images WHERE expires_at IS NOT NULL)
    AND term IN (SELECT id FROM terms WHERE kind != 'STATUS')
    """,
    """
    UPDATE images SET summary = json_set(summary, '$.Labels', json('{}'), '$.Categories', json('{}'))
    WHERE expires_at IS NOT NULL
    """,
)

_FIFTH = (
    # The rank of an image's best label, so that a minimum of confidence alone is a range of an index.
    """
    UPDATE postings SET rank = coalesce(
        (
            SELECT min(label.rank) FROM postings AS label JOIN terms ON terms.id = label.term
            WHERE label.image = postings.image AND terms.kind = 'LABEL'
        ),
        rank
    )
    WHERE term IN (SELECT id FROM terms WHERE kind = 'STATUS')
    """,
)

_SIXTH = (
    # Words of pictures by their trigrams, for parts of words and typing errors. The names stay in `terms`: the table
    # has the index only, and is told what is deleted (SQLite, "FTS5", 4.4.2). The view is what a rebuild reads.
    "CREATE VIEW words AS SELECT id, name FROM terms WHERE kind = 'WORD'",
    """
    CREATE VIRTUAL TABLE word_parts
    USING fts5(name, tokenize = 'trigram', content = 'words', content_rowid = 'id')
    """,
    "INSERT INTO word_parts (word_parts) VALUES ('rebuild')",
    """
    CREATE TRIGGER word_added AFTER INSERT ON terms WHEN NEW.kind = 'WORD' BEGIN
        INSERT INTO word_parts (rowid, name) VALUES (NEW.id, NEW.name);
    END
    """,
    """
    CREATE TRIGGER word_removed AFTER DELETE ON terms WHEN OLD.kind = 'WORD' BEGIN
        INSERT INTO word_parts (word_parts, rowid, name) VALUES ('delete', OLD.id, OLD.name);
    END
    """,
)

_SEVENTH = (
    # Events that wait for their delivery: of each image in the order of their ids.
    """
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        image_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        event TEXT NOT NULL,
        saved_at REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at REAL NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT '',
        is_dead INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX outbox_by_image ON outbox (image_id, id) WHERE NOT is_dead",
    "CREATE INDEX outbox_by_time ON outbox (due_at, id) WHERE NOT is_dead",
)

_EIGHTH = (
    # `place` grows with every write and is never given again, so that a reader learns what is new since it looked.
    """
    CREATE TABLE hashes (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        image INTEGER NOT NULL UNIQUE REFERENCES images,
        hash TEXT NOT NULL
    ) STRICT
    """,
)

_NINTH = (
    # What has been said of people, whose home is the derived bucket; their images are counted by their term.
    """
    CREATE TABLE people (
        person_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        merged_into TEXT NOT NULL,
        person TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX people_by_name ON people (name) WHERE name != ''",
    "CREATE INDEX people_merged ON people (merged_into) WHERE merged_into != ''",
    "CREATE INDEX people_by_count ON terms (count, name) WHERE kind = 'PERSON'",
)

_TENTH = (
    # Folders of up to eight levels, with the number of their images; and contents that several images have.
    """
    CREATE TABLE folders (
        level INTEGER NOT NULL,
        folder TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (level, folder)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO folders (level, folder, count)
    WITH RECURSIVE level (number, ends, image_id) AS (
        SELECT 1, instr(image_id, '/'), image_id FROM images
        WHERE expires_at IS NULL AND instr(image_id, '/')
        UNION ALL
        SELECT number + 1, ends + instr(substr(image_id, ends + 1), '/'), image_id FROM level
        WHERE number < 8 AND instr(substr(image_id, ends + 1), '/')
    )
    SELECT number, substr(image_id, 1, ends), count(*) FROM level WHERE ends < length(image_id) GROUP BY 1, 2
    """,
    "CREATE TABLE copied (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    """
    INSERT INTO copied (sha256) SELECT sha256 FROM images
    WHERE expires_at IS NULL AND sha256 != '' GROUP BY sha256 HAVING count(*) > 1
    """,
)

_ELEVENTH = (
    "ALTER TABLE terms ADD COLUMN has_bitmap INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE bitmaps (
        term INTEGER NOT NULL,
        part INTEGER NOT NULL,
        images BLOB NOT NULL,
        PRIMARY KEY (term, part)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER bitmap_removed AFTER DELETE ON terms WHEN OLD.has_bitmap BEGIN
        DELETE FROM bitmaps WHERE term = OLD.id;
    END
    """,
)

_TWELFTH = (
    # Vectors of contents; `place` as of hashes. One is forgotten with the last record of its content, tombstones too.
    """
    CREATE TABLE vectors (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL UNIQUE,
        model TEXT NOT NULL,
        vector BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER content_forgotten AFTER DELETE ON images WHEN OLD.sha256 != '' BEGIN
        DELETE FROM vectors WHERE sha256 = OLD.sha256
        AND NOT EXISTS (SELECT 1 FROM images WHERE sha256 = OLD.sha256 AND expires_at IS NULL);
    END
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    *(_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH, _NINTH, _TENTH, _ELEVENTH, _TWELFTH),
)
"""The statements that lead from each version (`PRAGMA user_version`) to the next; append, never change one."""


def summary(image: Image) -> str:
    """Return the summary of an image as its row keeps it."""
    return to_json({formats.MEMBER: formats.RECORD} | Summary.of(image).to_document())


def posting_rows(image: Image) -> list[Row]:
    """Return a row for each source that the image is found in, with what has to be known of the source."""
    times = {"analyzed_at": microseconds(image.analyzed_at), "taken_at": microseconds(image.taken_position)}
    rows: dict[tuple[str, str], Row] = {}
    for row in map(_row, postings_of(image)):  # of names that differ in case only the first stays
        rows.setdefault((row["kind"], row["name"]), row | times)
    best = min((row["rank"] for row in rows.values() if row["kind"] == SourceKind.LABEL), default=confidence_rank(0))
    return [row | {"rank": best} if row["kind"] == SourceKind.STATUS else row for row in rows.values()]


def microseconds(time: str) -> int:
    """Return the microseconds from the year 1 to an ISO 8601 time in UTC, or without a zone."""
    return (datetime.fromisoformat(time).replace(tzinfo=UTC) - _YEAR_1) // timedelta(microseconds=1)


def to_json(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":"))


def _row(posting: Posting) -> Row:
    label = posting.label
    return {
        "kind": str(posting.source.kind),
        "name": posting.source.name.casefold(),
        "rank": confidence_rank(posting.confidence),
        "description": _description(label) if label else None,
        "is_described": label is not None and not label.is_bare,
        "aliases": to_json([alias.casefold() for alias in label.aliases] if label else []),
    }


def _description(label: Label) -> str:
    return to_json([label.name, label.parents, label.categories, label.aliases])
