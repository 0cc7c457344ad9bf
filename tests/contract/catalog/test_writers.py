"""Several writers at once, on both catalogs: no update is lost, one gets a lease, searches agree with records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogs import all_images
from tests.support.findings import found
from tests.support.tables import TABLE, create_table, moto_client
from viewfinder.adapters.dynamodb.factory import dynamodb_catalog
from viewfinder.adapters.sqlite.factory import sqlite_catalog
from viewfinder.domain.errors import AnalysisInProgressError, CatalogConflictError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Order, Stretch
from viewfinder.ports import CatalogParts
from viewfinder.settings import Settings

WRITERS = 4
ROUNDS = 15
SHARED = "shared.jpg"
SETTINGS = Settings(images_bucket="images", derived_bucket="derived", table=TABLE, queue_url="queue", shards=2)


class OneCallAtATime:
    """A client of DynamoDB whose calls are atomic, as the service's are; moto's are not."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, operation)(**request)

        return call


@pytest.fixture(params=["sqlite", "dynamodb"])
def parts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CatalogParts]:
    if request.param == "sqlite":
        catalog = sqlite_catalog(str(tmp_path / "catalog.db"), replace(SETTINGS, lease_patience_seconds=0))
        yield catalog
        catalog.close()
        return
    with moto_client() as client:
        create_table(client)
        atomic: Any = OneCallAtATime(client)
        yield dynamodb_catalog(atomic, replace(SETTINGS, lease_patience_seconds=0))


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Do the work of all writers, which begin together, and return what each of them returned."""
    start = threading.Barrier(WRITERS)

    def begin(writer: int) -> Any:
        start.wait(timeout=30)
        return work(writer)

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(begin, range(WRITERS)))


def an_image(image_id: str, size: int, *names: str) -> Image:
    labels = tuple(Label(name, 90.0) for name in names)
    return Image(image_id, Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", size=size, findings=found(labels))


def test_no_update_of_an_image_is_lost(parts: CatalogParts) -> None:
    """Each writer adds one to what it has read; who is refused reads again."""

    def add(_: int) -> int:
        refused, left = 0, ROUNDS
        while left:
            known = parts.catalog.find(SHARED)
            size = known.size if known else 0
            try:
                parts.catalog.save(an_image(SHARED, size + 1, "Cat"), replacing=known)
                left -= 1
            except CatalogConflictError:
                refused += 1
        return refused

    at_once(add)

    shared = parts.catalog.find(SHARED)
    assert shared is not None
    assert shared.size == WRITERS * ROUNDS


def test_searches_and_records_agree_after_writers_that_take_labels_from_each_other(parts: CatalogParts) -> None:
    def write(writer: int) -> None:
        for number in range(ROUNDS):
            parts.catalog.save(an_image(f"{writer}/{number}.jpg", number, "Cat"), replacing=None)
            known = parts.catalog.find(SHARED)
            try:
                parts.catalog.save(an_image(SHARED, number, f"Label {writer}"), replacing=known)
            except CatalogConflictError:
                continue

    at_once(write)

    assert len(all_images(parts.records)) == WRITERS * ROUNDS + 1
    shared = parts.catalog.find(SHARED)
    assert shared is not None
    (label,) = shared.labels
    names = [f"Label {writer}" for writer in range(WRITERS)]
    assert {name: ids_of(parts, name) for name in names} == {
        name: {SHARED} if name == label.name else set() for name in names
    }
    assert ids_of(parts, "Cat") == {f"{writer}/{number}.jpg" for writer in range(WRITERS) for number in range(ROUNDS)}


def ids_of(parts: CatalogParts, label: str) -> set[str]:
    source = Source(SourceKind.LABEL, label.casefold())
    reads = [parts.index.read(source, shard, Stretch(Order.NEWEST), 1000) for shard in range(parts.index.shards)]
    assert all(is_last for _, is_last in reads)
    return {entry.summary.image_id for entries, _ in reads for entry in entries}


@pytest.mark.parametrize("round_", range(5))
def test_one_of_several_writers_gets_a_lease(parts: CatalogParts, round_: int) -> None:
    def claim(_: int) -> bool:
        try:
            return parts.leases.claim(f"content {round_}") is not None
        except AnalysisInProgressError:
            return False

    assert sorted(at_once(claim)) == [False] * (WRITERS - 1) + [True]
