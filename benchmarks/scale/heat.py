"""The heat of DynamoDB's partitions: which writes are throttled when images come fast, with few shards and with many.

A simulation in steps of a second. A partition takes 1,000 write units a second (Amazon DynamoDB Developer Guide,
"Burst and adaptive capacity"); what it keeps for bursts is not counted, since it is gone after minutes. A key of the
table or of the index that is hot has a partition of its own, and the transaction of an image is refused as a whole when
any of its keys' partitions has no units left; it comes again in the next second.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.crowd import LABELS_PER_IMAGE, NAMES, ZIPF

PARTITION_UNITS = 1000
UNIT_BYTES = 1024
TRANSACTION = 2
"""Write units per kilobyte in a transaction; the index repeats each write once, at one unit."""

CATEGORIES = 40
"""As many as Rekognition has, of the labels' ranks in turn."""


@dataclass(frozen=True)
class Sizes:
    """Write units of a record and of a posting, each once (not yet doubled by the transaction)."""

    record: int
    posting: int

    @classmethod
    def of(cls, record_bytes: int, posting_bytes: int) -> Sizes:
        """Round up, as DynamoDB does."""
        return cls(math.ceil(record_bytes / UNIT_BYTES), math.ceil(posting_bytes / UNIT_BYTES))


@dataclass
class Heat:
    """What came of a number of seconds."""

    attempts: int = 0
    throttled: int = 0
    written: int = 0
    blamed: Counter[str] | None = None

    @property
    def share(self) -> float:
        """The part of the attempts that was throttled, 0 to 1."""
        return self.throttled / self.attempts if self.attempts else 0.0


def simulate(per_second: int, shards: int, sizes: Sizes, *, seconds: int = 10, seed: int = 0) -> Heat:
    """Write images at a steady rate; what is throttled comes again before what is new."""
    chance, heat, waiting = random.Random(seed), Heat(blamed=Counter()), []
    for _ in range(seconds):
        waiting += [dict(_writes(chance, shards, sizes)) for _ in range(per_second)]
        units: Counter[str] = Counter()
        waiting = [image for image in waiting if not _written(image, units, heat)]
    return heat


def _written(image: dict[str, int], units: Counter[str], heat: Heat) -> bool:
    heat.attempts += 1
    full = next((key for key, wanted in image.items() if units[key] + wanted > PARTITION_UNITS), None)
    if full is not None:
        heat.throttled += 1
        assert heat.blamed is not None
        heat.blamed[full.split("#")[0]] += 1
        return False
    units.update(image)
    heat.written += 1
    return True


def _writes(chance: random.Random, shards: int, sizes: Sizes) -> Iterator[tuple[str, int]]:
    """Yield the hot keys that an image writes, with their units; its own record's key is never hot."""
    shard = chance.randrange(shards)
    yield f"listing#{shard}", sizes.record  # of the index only: in the table the record has a key of its own
    ranks = set(chance.choices(range(NAMES), ZIPF, k=LABELS_PER_IMAGE))
    for rank in ranks:
        yield f"label#{rank}#{shard}", TRANSACTION * sizes.posting
    for category in {rank % CATEGORIES for rank in ranks}:
        yield f"category#{category}#{shard}", TRANSACTION * sizes.posting


def sustained(shards: int, sizes: Sizes, *, tolerance: float = 0.001) -> int:
    """Return the largest rate, to two digits, at which next to nothing is throttled."""
    low, high = 1, 64 * PARTITION_UNITS
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        if simulate(middle, shards, sizes, seconds=2).share <= tolerance:
            low = middle
        else:
            high = middle
    return round(low, 1 - int(math.log10(low))) if low >= 10 else low
