"""A million images: filled straight into the tables, and read by the catalog's own code."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.support.databases import empty_database
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.index import SqliteIndex
from viewfinder.adapters.sqlite.schema import microseconds
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.bootstrap import SystemClock
from viewfinder.domain.query import Order, Query
from viewfinder.usecases.search_images import Search, search_images

LABELS = 8
"""Of an image: label 0 is in each, label n in every (n + 1)th or so."""

_START = microseconds("2026-01-01T00:00:00")

_IMAGES = """
    INSERT INTO images (id, image_id, version, summary, record)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :images)
    SELECT n, 'crowd/' || n || '.jpg', n,
        json_object('ImageId', 'crowd/' || n || '.jpg', 'Status', 'ANALYZED',
            'AnalyzedAt', '2026-01-01T00:00:00.000000Z', 'Width', 640, 'Height', 480, 'Reason', '', 'TakenAt', '',
            'Words', json_array(), 'Categories', json_object(),
            'Labels', json_object('Label 0', 90.0, 'Label 3', 80.0)),
        '{}'
    FROM numbers
"""
_TERMS = """
    INSERT INTO terms (id, kind, name, description)
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :labels - 1)
    SELECT n + 1, 'LABEL', 'label ' || n, json_array('Label ' || n, json_array(), json_array(), json_array())
    FROM numbers
"""
_POSTINGS = """
    INSERT INTO postings (image, term, analyzed_at, taken_at, rank)
    SELECT images.id, terms.id, :start + images.id * 1000000, :start + images.id * 7919 % 31536000 * 1000000,
        (images.id * 104729 + terms.id * 7919) % 450000
    FROM images JOIN terms ON images.id % terms.id = 0
"""

QUERIES = [
    Query(labels=("Label 0",)),
    Query(labels=("Label 0",), order=Order.CONFIDENCE),
    Query(labels=("Label 0",), order=Order.TAKEN),
    Query(labels=("Label 0", "Label 3")),
]


def fill(database: Database, images: int) -> None:
    with database.transaction() as connection:
        values = {"images": images, "labels": LABELS, "start": _START}
        for statement in (_IMAGES, _TERMS, _POSTINGS):
            connection.execute(statement, values)


def instructions(database: Database, query: Query) -> int:
    """Count the instructions that SQLite's virtual machine executes for a page, which no busy machine changes."""
    search = Search(SqliteIndex(database), SqliteStatistics(database), SystemClock())
    executed = 0

    def count() -> None:
        nonlocal executed
        executed += 1

    assert len(search_images(query, search, limit=50).images) == 50  # the file is open now
    (connection,) = database._idle
    connection.set_progress_handler(count, 1)
    search_images(query, search, limit=50)
    connection.set_progress_handler(None, 1)
    return executed


@pytest.mark.parametrize(
    "images", [20_000, pytest.param(1_000_000, marks=(pytest.mark.soak, pytest.mark.timeout(1200)))]
)
def test_a_page_of_a_large_catalog_takes_as_many_instructions_as_one_of_a_small_one(
    images: int, tmp_path: Path
) -> None:
    path = tmp_path / "large.db"
    with empty_database() as small, closing(Database(str(path))) as large:
        fill(small, 1000)
        fill(large, images)
        for query in QUERIES:
            few, many = instructions(small, query), instructions(large, query)
            assert 50 < many <= 1.1 * few, query
        assert {label.name: label.count for label in SqliteStatistics(large).labels("", "")} == {
            f"Label {number}": images // (number + 1) for number in range(LABELS)
        }
