"""A catalog of many images: made records with a natural mix of labels, for our table and the baseline's."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Facts, Image, Status
from viewfinder.domain.label import BoundingBox, Instance, Label, Text
from viewfinder.ports import Catalog

NAMES = 500
LABELS_PER_IMAGE = 16
CATEGORIES = ("Animals and Pets", "Nature and Outdoors", "Person Description", "Transport and Logistics", "Home")
THREADS = 8
BATCH = 1000
START = datetime(2026, 1, 1, tzinfo=UTC)

BOX = BoundingBox(0.123456, 0.234567, 0.345678, 0.456789)
WORDS = ("exit", "street", "coffee", "open", "sale", "stop", "hotel", "bus", "new", "park")

ZIPF = [1 / (rank + 5) for rank in range(NAMES)]
"""How often a label occurs falls with its rank (the law of Zipf and Mandelbrot): the commonest is in half of all."""


def label_name(rank: int) -> str:
    """Name the label of a rank; 0 is the commonest."""
    return f"Label {rank:03d}"


def crowd(first: int, last: int) -> Iterator[Image]:
    """Make the images of these numbers, the same in every run."""
    for number in range(first, last):
        chance = random.Random(number)
        ranks = sorted(set(chance.choices(range(NAMES), ZIPF, k=LABELS_PER_IMAGE)))
        labels = [_label(rank, chance) for rank in ranks]
        yield Image(
            image_id=f"crowd/{number:06d}.jpg",
            status=Status.ANALYZED,
            sequencer=f"{number:016X}",
            analyzed_at=(START + timedelta(seconds=number)).isoformat(timespec="microseconds"),
            width=1600,
            height=1200,
            findings={Feature.LABELS: tuple(sorted(labels, key=lambda label: -label.confidence))},
        )


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
    return replace(
        image,
        findings={Feature.LABELS: labels, Feature.TEXT: texts},
        facts=facts,
        model_version="1.0",
        format="JPEG",
        etag=f"{number:032x}",
        sha256=f"{number:064x}",
        thumbnail=f"thumbnails/{number:024x}/0-0.webp",
    )


def _label(rank: int, chance: random.Random) -> Label:
    confidence = round(chance.uniform(55, 100), 4)
    return Label(label_name(rank), confidence, categories=(CATEGORIES[rank % len(CATEGORIES)],))


class Shelf(Database):
    """A catalog's file, with many images to a transaction: twice as fast, and the same file in the end."""

    _batched: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write within the batch, where there is one."""
        if self._batched:
            yield self._batched
        else:
            with super().transaction() as connection:
                yield connection

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make one transaction of all that the block writes."""
        with super().transaction() as connection:
            self._batched = connection
            try:
                yield
            finally:
                self._batched = None


def fill_shelf(path: Path, first: int, last: int) -> None:
    """Save the images of these numbers by the catalog's own code."""
    with closing(Shelf(str(path))) as shelf:
        catalog = SqliteCatalog(shelf, tombstone_seconds=0)
        for start in range(first, last, BATCH):
            with shelf.batch():
                for image in crowd(start, min(start + BATCH, last)):
                    catalog.save(complete(image), replacing=None)


def fill(catalog: Catalog, images: Sequence[Image]) -> None:
    """Write the records and postings."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda image: catalog.save(image, replacing=None), images))


def fill_baseline(table: Any, images: Sequence[Image]) -> None:
    """Write the baseline's items: the same labels."""
    with table.batch_writer() as batch:
        for image in images:
            labels = [{"Name": label.name, "Confidence": Decimal(str(label.confidence))} for label in image.labels]
            batch.put_item(Item={"ImageId": image.image_id, "Labels": labels})
