"""Function processes write at once: no "database is locked" reaches a caller, nothing is lost, counts are exact."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.support.catalogs import all_images
from tests.support.findings import found
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.leases import SqliteLeases
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label

PROCESSES = 4
THREADS = 2
SHARED = "shared.jpg"
WORDS = ("Cat", "Dog", "Tree", "Car", "House")


@dataclass
class Written:
    """What one thread wrote: new images, and new versions of the one that all of them write."""

    images: int = 0
    versions: int = 0


def write(path: str, process: int, seconds: float) -> list[Written]:
    """Write until the time is over; every error but the conflict of two writers of an image comes out."""
    deadline = time.monotonic() + seconds
    with closing(Database(path)) as database, ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda n: _write(database, f"{process}/{n}", deadline), range(THREADS)))


def _write(database: Database, folder: str, deadline: float) -> Written:
    catalog = SqliteCatalog(database, tombstone_seconds=60)
    leases = SqliteLeases(database, seconds=60, patience=60)
    written = Written()
    while time.monotonic() < deadline:
        name = f"{folder}/{written.images}.jpg"
        lease = leases.claim(name)
        assert lease
        catalog.save(an_image(name, written.images), replacing=None, lease=lease.done(an_image(name, 0).analyzed_at))
        written.images += 1
        with suppress(CatalogConflictError):
            catalog.save(an_image(SHARED, written.images), replacing=catalog.find(SHARED))
            written.versions += 1
    return written


def an_image(image_id: str, number: int) -> Image:
    labels = tuple(Label(word, 60.0 + number % 40) for place, word in enumerate(WORDS) if number % (place + 1) == 0)
    return Image(image_id, Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", findings=found(labels))


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.soak)])
def test_four_processes_that_write_at_once_lose_nothing(tmp_path: Path, seconds: float) -> None:
    """They begin together with a file that nobody has made yet."""
    path = str(tmp_path / "catalog.db")
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        done = list(chain(*pool.map(write, [path] * PROCESSES, range(PROCESSES), [seconds] * PROCESSES)))
    assert min(written.images for written in done) > 0  # nobody was kept out
    assert min(written.versions for written in done) > 0
    with closing(Database(path)) as database:
        images = all_images(SqliteCatalog(database, tombstone_seconds=60))
        statistics = SqliteStatistics(database)
        counts = {label.name: label.count for label in statistics.labels("", "")}
        assert len(images) == 1 + sum(written.images for written in done)
        assert statistics.statuses() == {"ANALYZED": len(images)}
        assert counts == Counter(label.name for image in images for label in image.labels)
        assert database.rows("SELECT count(*) FROM leases WHERE done_at IS NULL") == [(0,)]
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
