"""Bitmaps say what the postings say, whatever is written, and searches find by them what they find without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.catalogs import answer, catalogs, queries
from tests.support.databases import empty_database
from tests.support.examples import examples
from tests.support.findings import found
from viewfinder.adapters.sqlite import bitmaps
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.index import SqliteIndex
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.bootstrap import SystemClock
from viewfinder.domain.image import Image, Status, image_digest
from viewfinder.domain.label import Label
from viewfinder.domain.query import Query
from viewfinder.usecases.search_images import Search, search_images

THEN = "2026-01-01T00:00:00.000000Z"


@pytest.fixture(autouse=True, scope="module")
def few_are_many() -> Iterator[None]:
    """Terms of two images have a bitmap, whose parts are of eight images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bitmaps, "MANY", 2)
        patch.setattr(bitmaps, "PART", 8)
        yield


def as_bits(database: Database) -> dict[int, set[int]]:
    """Return the images of each bitmap."""
    terms: dict[int, set[int]] = {term: set() for (term,) in database.rows("SELECT id FROM terms WHERE has_bitmap")}
    for term, part, images in database.rows("SELECT term, part, images FROM bitmaps"):
        bits = int.from_bytes(images, "little")
        terms[term] |= {part * bitmaps.PART + place for place in range(bitmaps.PART) if bits >> place & 1}
    return terms


def as_postings(database: Database) -> dict[int, set[int]]:
    """Return the images of each term that has a bitmap, or should have one."""
    terms: dict[int, set[int]] = {}
    for term, image in database.rows("SELECT term, image FROM postings"):
        terms.setdefault(term, set()).add(image)
    mapped = {term for (term,) in database.rows("SELECT id FROM terms WHERE has_bitmap")}
    return {term: images for term, images in terms.items() if term in mapped or len(images) >= bitmaps.MANY}


SAVES = st.lists(
    st.tuples(
        st.integers(0, 19),
        st.sets(st.sampled_from(("Cat", "Dog", "Tree", "Sea"))),
        st.sampled_from((Status.ANALYZED, Status.ANALYZED, Status.FAILED, Status.REMOVED)),
    ),
    max_size=30,
)


@given(saves=SAVES, tombstone_seconds=st.sampled_from((1, 10**10)))
@settings(max_examples=examples(100))
def test_bitmaps_follow_every_write(saves: list[tuple[int, set[str], Status]], tombstone_seconds: int) -> None:
    with empty_database() as database:
        catalog = SqliteCatalog(database, tombstone_seconds=tombstone_seconds)
        for number, names, status in saves:
            labels = [Label(name, 90.0) for name in sorted(names)]
            image = Image(
                f"{number}.jpg", status, "", THEN, findings=found(labels if status is Status.ANALYZED else ())
            )
            catalog.save(image, replacing=catalog.find(image.image_id))
            assert as_bits(database) == as_postings(database)


@given(catalog=catalogs(), query=queries())
@settings(max_examples=examples(200))
def test_a_search_finds_by_bitmaps_what_the_oracle_finds(catalog: list[Image], query: Query) -> None:
    with empty_database() as database:
        writer = SqliteCatalog(database, tombstone_seconds=10**10)
        for image in sorted(catalog, key=lambda image: image_digest(image.image_id)):
            writer.save(image, replacing=None)
        search = Search(SqliteIndex(database), SqliteStatistics(database), SystemClock())
        page = search_images(query, search, limit=100)
        assert [image.image_id for image in page.images] == answer(query, catalog)


def test_labels_that_are_never_together_cost_no_posting(monkeypatch: pytest.MonkeyPatch) -> None:
    with empty_database() as database:
        catalog = SqliteCatalog(database, tombstone_seconds=10**10)
        for number in range(20):
            image = Image(
                f"{number}.jpg", Status.ANALYZED, "", THEN, findings=found([Label(("Cat", "Dog")[number % 2], 90)])
            )
            catalog.save(image, replacing=None)
        search = Search(SqliteIndex(database), SqliteStatistics(database), SystemClock())
        statements: list[str] = []
        rows = Database.rows

        def noted(self: Database, statement: str, *parameters: object) -> list[object]:
            statements.append(statement)
            return rows(self, statement, *parameters)  # type: ignore[arg-type]

        monkeypatch.setattr(Database, "rows", noted)
        assert search_images(Query(labels=("cat", "dog")), search).images == ()
        assert [statement for statement in statements if "postings" in statement] == []

        both = replace(image, image_id="both.jpg", findings=found([Label("Cat", 90), Label("Dog", 90)]))
        catalog.save(both, replacing=None)
        page = search_images(Query(labels=("cat", "dog")), search)
        assert [each.image_id for each in page.images] == ["both.jpg"]
        assert "json_each(:images)" in statements[-1]
