"""A catalog of many images: made records with a natural mix of labels, for our table and the baseline's."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.ports import Catalog

NAMES = 500
LABELS_PER_IMAGE = 16
CATEGORIES = ("Animals and Pets", "Nature and Outdoors", "Person Description", "Transport and Logistics", "Home")
THREADS = 8
START = datetime(2026, 1, 1, tzinfo=UTC)

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
            labels=tuple(sorted(labels, key=lambda label: -label.confidence)),
        )


def _label(rank: int, chance: random.Random) -> Label:
    confidence = round(chance.uniform(55, 100), 4)
    return Label(label_name(rank), confidence, categories=(CATEGORIES[rank % len(CATEGORIES)],))


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
