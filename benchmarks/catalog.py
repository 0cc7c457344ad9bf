"""The catalog of one machine as it grows: bytes an image, and how long each kind of page takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench
from benchmarks.crowd import START, crowd, label_name
from benchmarks.summaries import Result, interleaved, summary
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.index import SqliteIndex, SqliteStatistics
from viewfinder.bootstrap import SystemClock
from viewfinder.domain.image import Facts, Image
from viewfinder.domain.label import BoundingBox, Instance, Text
from viewfinder.domain.query import Order, Query
from viewfinder.usecases.search_images import Search, search_images
from viewfinder.usecases.statistics import get_statistics, list_labels

COMMON, FREQUENT = label_name(0), label_name(8)
"""In half of the images, and in a quarter: together in more than a page, at every size."""

BOX = BoundingBox(0.123456, 0.234567, 0.345678, 0.456789)
WORDS = ("exit", "street", "coffee", "open", "sale", "stop", "hotel", "bus", "new", "park")

QUERIES = {
    "the newest": Query(),
    "the last taken": Query(order=Order.TAKEN),
    "a common label, newest": Query(labels=(COMMON,)),
    "a common label, surest": Query(labels=(COMMON,), order=Order.CONFIDENCE),
    "a common label, last taken": Query(labels=(COMMON,), order=Order.TAKEN),
    "two labels together": Query(labels=(COMMON, FREQUENT)),
    "a word": Query(text=(WORDS[0],)),
    "a word and a label": Query(text=(WORDS[0],), labels=(COMMON,)),
}


@dataclass(frozen=True)
class Shelf:
    """A catalog of so many images in a file of its own."""

    size: int
    path: Path
    database: Database

    @property
    def search(self) -> Search:
        """What a search needs."""
        return Search(SqliteIndex(self.database), SqliteStatistics(self.database), SystemClock())

    def fill(self) -> Result:
        """Save the images one by one, as the function does."""
        catalog = SqliteCatalog(self.database, tombstone_seconds=0)
        start = time.perf_counter()
        for image in crowd(0, self.size):
            catalog.save(complete(image), replacing=None)
        seconds = time.perf_counter() - start
        self.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return {
            "images": self.size,
            "bytes an image": round(self.path.stat().st_size / self.size),
            "saved a second": round(self.size / seconds),
        }

    def pages(self) -> dict[str, Callable[[int], object]]:
        """Return what reads each kind of page."""
        ways: dict[str, Callable[[int], object]] = {
            name: lambda _, query=query: search_images(query, self.search)  # type: ignore[misc]
            for name, query in QUERIES.items()
        }
        counts = SqliteStatistics(self.database)
        return ways | {"counts": lambda _: get_statistics(counts), "labels": lambda _: list_labels(counts)}


def complete(image: Image) -> Image:
    """Return the image with all that is kept of a photo: boxes, parents, aliases, facts and three words."""
    number = int(image.sequencer, 16)
    labels = tuple(
        replace(
            label,
            parents=(label_name(1), label_name(2)),
            aliases=(f"{label.name} alias",) if place % 3 == 0 else (),
            instances=(Instance(BOX, 87.6543),) * (place % 2),
        )
        for place, label in enumerate(image.labels)
    )
    taken = (START + timedelta(seconds=number * 7919 % 31_536_000)).replace(tzinfo=None)
    texts = tuple(
        Text(place, "WORD", WORDS[(number + place) % len(WORDS)], 95.0, BOX, parent=None) for place in range(3)
    )
    facts = Facts(taken_at=taken.isoformat(timespec="microseconds"), camera="Example Camera 1")
    names = {"etag": f"{number:032x}", "sha256": f"{number:064x}", "thumbnail": f"thumbnails/{number:024x}/0-0.webp"}
    return replace(image, labels=labels, texts=texts, facts=facts, model_version="1.0", format="JPEG", **names)


def run(bench: Bench) -> Result:
    """Fill a file of each size, and read their pages in turns."""
    sizes = (200, 2_000) if bench.quick else (1_000, 10_000, 100_000)
    with ExitStack() as open_files:
        folder = Path(open_files.enter_context(TemporaryDirectory()))
        shelves = [
            Shelf(size, path, open_files.enter_context(closing(Database(str(path)))))
            for size in sizes
            for path in [folder / f"{size}.db"]
        ]
        levels = [shelf.fill() for shelf in shelves]
        pages = {
            name: interleaved({str(shelf.size): shelf.pages()[name] for shelf in shelves}, rounds=40)
            for name in shelves[0].pages()
        }
    milliseconds = {
        name: {size: summary([cost.wall for cost in costs]) for size, costs in by_size.items()}
        for name, by_size in pages.items()
    }
    first, last = str(sizes[0]), str(sizes[-1])
    ratios = {
        f"{name}: p50 at {sizes[-1]:,} / at {sizes[0]:,}": round(
            statistics.median(cost.wall for cost in by_size[last])
            / statistics.median(cost.wall for cost in by_size[first]),
            2,
        )
        for name, by_size in pages.items()
    }
    return {"levels": levels, "milliseconds": milliseconds, "ratios": ratios}
