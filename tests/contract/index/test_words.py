"""Words of files, folders, cameras, days and pictures: the same in memory, in SQLite and in DynamoDB; never a scan."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.words.archive import NOW, archive
from benchmarks.words.measure import FixedClock
from tests.support.memory_index import MemoryIndex, MemoryStatistics
from tests.support.tables import create_table
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.index import DynamoDbIndex
from viewfinder.adapters.dynamodb.schema import kept_sources
from viewfinder.adapters.dynamodb.statistics import DynamoDbStatistics
from viewfinder.adapters.sqlite import index as sqlite_index
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.factory import sqlite_catalog
from viewfinder.domain.counting import ImageState
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Order, Query
from viewfinder.settings import Settings
from viewfinder.usecases.count_labels import count_labels
from viewfinder.usecases.interpret import interpret
from viewfinder.usecases.search_images import Search, search_images

IMAGES = archive()[::5]
TEXTS = (
    *("dog", "harbour", "IMG_1084", "june", "25 december", "2019", "canon", "iphone 13 pro", "invoice", "cafe"),
    *("feline", "food -2019", "dog harbour june 2019", '"oxford circus"', "folder:zoo tiger", "doog", "car xyzzy"),
)


@dataclass
class World:
    """One implementation with the images."""

    search: Search

    def read(self, text: str) -> list[tuple[str, str, str]]:
        entries = interpret(text, self.search.statistics, NOW)
        return [(e.typed, e.reading.kind if e.reading else "", e.reading.name if e.reading else "") for e in entries]

    def find(self, text: str) -> set[str]:
        page = search_images(Query(words=text), self.search, limit=len(IMAGES))
        return {image.image_id for image in page.images}


@pytest.fixture(scope="module")
def in_memory() -> World:
    return World(Search(MemoryIndex(IMAGES), MemoryStatistics(IMAGES), FixedClock()))


@pytest.fixture(params=["sqlite", "dynamodb"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        settings = Settings(images_bucket="", derived_bucket="", table="", queue_url="")
        parts = sqlite_catalog(str(tmp_path / "catalog.sqlite"), settings)
        for image in IMAGES:
            parts.catalog.save(image, replacing=None)
        yield World(Search(parts.index, parts.statistics, FixedClock()))
        parts.close()
        return
    client, table = request.getfixturevalue("emulator")("dynamodb"), f"words-{uuid.uuid4()}"
    create_table(client, table)
    yield World(Search(DynamoDbIndex(client, table, shards=2), filled_statistics(client, table), FixedClock()))
    client.delete_table(TableName=table)


def filled_statistics(client: Any, table: str) -> DynamoDbStatistics:
    """Save the images, and count them as the stream's function does."""
    catalog = DynamoDbCatalog(client, table, shards=2, tombstone_seconds=60)
    saved = [catalog.save(image, replacing=None) for image in IMAGES]
    states = [ImageState.of(image, most_labels=40, sources=frozenset(kept_sources(image))) for image in saved]
    assert count_labels(states, DynamoDbCounters(client, table)).images == len(IMAGES)
    return DynamoDbStatistics(client, table)


def test_each_text_means_the_same_everywhere(world: World, in_memory: World) -> None:
    for text in TEXTS:
        assert world.read(text) == in_memory.read(text), text
        assert world.find(text) == in_memory.find(text), text


def test_words_of_pictures_are_found_by_their_beginning_and_with_one_wrong_letter(world: World) -> None:
    statistics = world.search.statistics

    assert "kubernetes" in statistics.alike(SourceKind.WORD, "kub")
    assert "invoice" in statistics.alike(SourceKind.WORD, "invioce")
    assert statistics.alike(SourceKind.WORD, "zzz") == set()


def test_sqlite_finds_any_part_and_forgets_it_with_its_image(tmp_path: Path) -> None:
    parts = sqlite_catalog(str(tmp_path / "c"), Settings(images_bucket="", derived_bucket="", table="", queue_url=""))
    (image,) = [each for each in archive() if "Scan_1." in each.image_id]
    saved = parts.catalog.save(image, replacing=None)
    assert parts.statistics.alike(SourceKind.WORD, "voic") == {"invoice"}

    parts.catalog.save(type(image)(image.image_id, image.status, "", image.analyzed_at), replacing=saved)

    assert parts.statistics.alike(SourceKind.WORD, "voic") == set()
    parts.close()


def test_a_range_of_time_has_its_images_however_they_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first postings of an order, a sorted range, or the whole index: each has the same pages."""
    parts = sqlite_catalog(str(tmp_path / "c"), Settings(images_bucket="", derived_bucket="", table="", queue_url=""))
    for image in IMAGES:
        parts.catalog.save(image, replacing=None)
    search = Search(parts.index, parts.statistics, FixedClock())

    def pages(query: Query) -> list[str]:
        found: list[str] = []
        token = ""
        while True:
            page = search_images(query, search, limit=4, token=token)
            found += [image.image_id for image in page.images]
            if not (token := page.next_token):
                return found

    lengths = []
    for order in (Order.NEWEST, Order.TAKEN):
        for text in ("2019", "person 2016..2022", "person food 2016..2022", "-dog 2015..2023"):
            query = Query(words=text, order=order)
            whole = [image.image_id for image in search_images(query, search, limit=1000).images]
            lengths.append(len(whole))
            for near, few in ((5, 10_000), (5, 6), (0, 1)):
                with monkeypatch.context() as patch:
                    patch.setattr(sqlite_index, "_NEAR", near)
                    patch.setattr(sqlite_index, "FEW", few)
                    assert pages(query) == whole, (text, near, few)
    assert sum(length > 4 for length in lengths) >= 4, lengths  # several pages
    parts.close()


def test_no_statement_of_a_search_scans_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = sqlite_catalog(
        str(tmp_path / "catalog"), Settings(images_bucket="", derived_bucket="", table="", queue_url="")
    )
    for image in IMAGES:
        parts.catalog.save(image, replacing=None)
    search = Search(parts.index, parts.statistics, FixedClock())
    asked: list[tuple[str, Any]] = []
    rows = Database.rows

    def noting(database: Database, statement: str, parameters: Any = ()) -> list[Any]:
        asked.append((statement, parameters))
        return rows(database, statement, parameters)

    monkeypatch.setattr(Database, "rows", noting)
    for text in TEXTS:
        search_images(Query(words=text), search)
    monkeypatch.undo()

    with sqlite3.connect(tmp_path / "catalog") as connection:
        plans = [
            (step[3], statement)
            for statement, parameters in asked
            for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    connection.close()
    parts.close()
    scans = {step.split(" VIRTUAL")[0] for step, _ in plans if step.startswith("SCAN")}
    assert len(asked) > len(TEXTS)
    # `page` is the page itself, json_each what is asked for, word_parts FTS5's own index, a subquery a bounded count.
    assert {scan.split()[1] for scan in scans} <= {"page", "json_each", "word_parts", "CONSTANT", "(subquery-1)"}


def test_dynamodb_is_asked_by_queries_and_keys_only(emulator: Callable[[str], Any]) -> None:
    client, table = emulator("dynamodb"), f"words-{uuid.uuid4()}"
    create_table(client, table)
    search = Search(DynamoDbIndex(client, table, shards=2), filled_statistics(client, table), FixedClock())
    calls: set[str] = set()
    client.meta.events.register("after-call.dynamodb.*", lambda model, **_: calls.add(model.name))
    for text in TEXTS:
        search_images(Query(words=text), search)

    assert calls == {"Query", "BatchGetItem"}
    client.delete_table(TableName=table)


def test_a_page_of_words_asks_dynamodb_a_number_of_times_that_no_image_raises(emulator: Callable[[str], Any]) -> None:
    client, table = emulator("dynamodb"), f"words-{uuid.uuid4()}"
    create_table(client, table)
    statistics = filled_statistics(client, table)
    calls: list[str] = []
    client.meta.events.register("after-call.dynamodb.*", lambda model, **_: calls.append(model.name))

    assert statistics.known({Source(SourceKind.FOLDER, "harbour"), Source(SourceKind.CAMERA, "xyzzy")}) == {
        Source(SourceKind.FOLDER, "harbour")
    }
    assert calls == ["BatchGetItem"]
    client.delete_table(TableName=table)
