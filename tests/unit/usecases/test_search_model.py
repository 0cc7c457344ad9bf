"""Search answers as the oracle does: whatever the catalog, the query, the shards and the pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.catalogs import answer, catalogs, images, queries
from tests.support.databases import empty_database
from tests.support.examples import examples
from tests.support.findings import found
from tests.support.memory_index import MemoryIndex, MemoryStatistics
from tests.support.tables import empty_table, moto_client
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.index import DynamoDbIndex
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.index import SqliteIndex
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.domain.image import Image, image_digest
from viewfinder.domain.query import Query
from viewfinder.ports import Catalog
from viewfinder.usecases.search_images import Search, search_images

SHARDS = st.integers(1, 8)
LIMITS = st.integers(1, 7)
JUMPS = st.sampled_from([f"{year}-01-0{day}T12:00:00.000000Z" for year in (1970, 2025, 2026, 2038) for day in (1, 2)])
"""Times of clocks: reset, of today, and ahead."""

CENTURIES = 10**10
"""Seconds that a removed image leaves its mark: no clock here lets one expire."""


class FixedClock:
    """Always some time after every image."""

    def now(self) -> str:
        return "2026-06-01T00:00:00.000000Z"


def _search(shelf: Collection[Image], shards: int, *, portion: int = 1000, patience: float = 1e9) -> Search:
    """A search of which a second passes whenever it looks at the time."""
    index = MemoryIndex(shelf, shards, portion)
    seconds = count()
    return Search(index, MemoryStatistics(shelf), FixedClock(), patience, lambda: next(seconds))


def _read_all(query: Query, search: Search, data: st.DataObject, *, full: bool = True) -> list[str]:
    """Read page after page of random size; each but the last has to be full."""
    found: list[str] = []
    token = ""
    while True:
        limit = data.draw(LIMITS)
        page = search_images(query, search, limit=limit, token=token)
        found += [entry.image_id for entry in page.images]
        assert page.images or not (token and full), "a token promised more"
        token = page.next_token
        if not token:
            return found
        assert len(page.images) == limit or not full


@given(catalog=catalogs(), query=queries(), shards=SHARDS, portion=st.integers(1, 5), data=st.data())
@settings(max_examples=examples(200), deadline=None)
def test_search_answers_as_the_oracle(
    catalog: list[Image], query: Query, shards: int, portion: int, data: st.DataObject
) -> None:
    search = _search(catalog, shards, portion=portion)
    assert _read_all(query, search, data) == answer(query, catalog)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with moto_client() as moto:
        yield moto


@given(catalog=catalogs(most=8), query=queries(), shards=SHARDS, data=st.data())
@settings(max_examples=examples(30), deadline=None)
def test_search_on_dynamodb_answers_as_the_oracle(
    client: Any, catalog: list[Image], query: Query, shards: int, data: st.DataObject
) -> None:
    with empty_table(client) as table:
        writer = DynamoDbCatalog(client, table, shards=shards, tombstone_seconds=60)
        for image in catalog:
            writer.save(image, replacing=None)
        index = DynamoDbIndex(client, table, shards=shards)
        search = Search(index, MemoryStatistics(catalog), FixedClock())
        assert _read_all(query, search, data) == answer(query, catalog)


@given(catalog=catalogs(), query=queries(), data=st.data())
@settings(max_examples=examples(100), deadline=None)
def test_search_on_sqlite_answers_as_the_oracle(catalog: list[Image], query: Query, data: st.DataObject) -> None:
    with empty_database() as database:
        writer = SqliteCatalog(database, tombstone_seconds=CENTURIES)
        for image in sorted(catalog, key=lambda image: image_digest(image.image_id)):
            writer.save(image, replacing=None)
        search = Search(SqliteIndex(database), SqliteStatistics(database), FixedClock())
        assert _read_all(query, search, data) == answer(query, catalog)


@given(catalog=catalogs(), query=queries(), shards=SHARDS, most=st.integers(0, 5), data=st.data())
@settings(deadline=None)
def test_pages_that_are_cut_short_leave_nothing_out(
    catalog: list[Image], query: Query, shards: int, most: int, data: st.DataObject
) -> None:
    search = _search(catalog, shards, patience=most)
    assert _read_all(query, search, data, full=False) == answer(query, catalog)


@given(catalog=catalogs(), query=queries(), shards=SHARDS, data=st.data())
@settings(max_examples=examples(200), deadline=None)
def test_what_stays_comes_once_while_images_come_and_go(
    catalog: list[Image], query: Query, shards: int, data: st.DataObject
) -> None:
    shelf = {image.image_id: image for image in catalog}
    search = _search(shelf.values(), shards)
    found, changed = _read_while(query, search, data, lambda: _disturb(shelf, data))
    stayed = [image_id for image_id in answer(query, catalog) if image_id not in changed]
    assert [image_id for image_id in found if image_id not in changed] == stayed
    assert len(found) == len(set(found))


class JumpingClock:
    """Shows another time whenever it is looked at, years behind an image's analysis or ahead of it."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def now(self) -> str:
        return self._data.draw(JUMPS)


@given(catalog=catalogs(), query=queries(), data=st.data())
@settings(max_examples=examples(100), deadline=None)
def test_what_stays_comes_once_on_sqlite_whatever_the_clocks_do(
    catalog: list[Image], query: Query, data: st.DataObject
) -> None:
    with empty_database() as database:
        writer = SqliteCatalog(database, tombstone_seconds=CENTURIES)
        search = Search(SqliteIndex(database), SqliteStatistics(database), JumpingClock(data))
        _assert_what_stays_comes_once(catalog, query, writer, search, data)


@given(catalog=catalogs(most=8), query=queries(), shards=SHARDS, data=st.data())
@settings(max_examples=examples(30), deadline=None)
def test_what_stays_comes_once_on_dynamodb_whatever_the_clocks_do(
    client: Any, catalog: list[Image], query: Query, shards: int, data: st.DataObject
) -> None:
    with empty_table(client) as table:
        writer = DynamoDbCatalog(client, table, shards=shards, tombstone_seconds=60)
        index = DynamoDbIndex(client, table, shards=shards)
        search = Search(index, MemoryStatistics(catalog), JumpingClock(data))
        _assert_what_stays_comes_once(catalog, query, writer, search, data)


def _assert_what_stays_comes_once(
    catalog: list[Image], query: Query, writer: Catalog, search: Search, data: st.DataObject
) -> None:
    """Analyse images by clocks that jump, and between pages some of them again; the others come exactly once."""
    images_then = [replace(image, analyzed_at=data.draw(JUMPS)) for image in catalog]
    shelf = {image.image_id: writer.save(image, replacing=None) for image in images_then}

    def write_again() -> str:
        image_id = data.draw(st.sampled_from(sorted([*shelf, "a/new.jpg"])))
        again = replace(data.draw(images(image_id)), analyzed_at=data.draw(JUMPS))
        shelf[image_id] = writer.save(again, replacing=shelf.get(image_id))
        return image_id

    found, changed = _read_while(query, search, data, write_again)
    stayed = [image_id for image_id in answer(query, images_then) if image_id not in changed]
    assert sorted(image_id for image_id in found if image_id not in changed) == sorted(stayed)


def _read_while(
    query: Query, search: Search, data: st.DataObject, disturb: Callable[[], str]
) -> tuple[list[str], set[str]]:
    """Read page after page, with a disturbance between two; return what was found, and what was disturbed."""
    changed: set[str] = set()
    found: list[str] = []
    token = ""
    while True:
        page = search_images(query, search, limit=data.draw(LIMITS), token=token)
        found += [entry.image_id for entry in page.images]
        token = page.next_token
        if not token:
            return found, changed
        changed.add(disturb())


def _disturb(shelf: dict[str, Image], data: st.DataObject) -> str:
    """Remove an image, or write one, new or known, with the time that it then is."""
    image_id = data.draw(st.sampled_from(sorted([*shelf, "a/new.jpg"])))
    if data.draw(st.booleans()) and image_id in shelf:
        del shelf[image_id]
    else:
        shelf[image_id] = data.draw(images(image_id).map(_analysed_later))
    return image_id


def _analysed_later(image: Image) -> Image:
    return Image(image.image_id, image.status, "", "2026-07-01T00:00:00.000000Z", findings=found(image.labels))
