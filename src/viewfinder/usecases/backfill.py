"""Backfill: have the pipeline look at what the images bucket holds already, at a rate, in constant memory.

Nothing is copied and no answer is awaited: each object is a message in the queue. A mark says how far the listing has
come, so that the same command goes on after an interruption; it sends at most one portion twice, which costs no
detector call.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from viewfinder.domain.picture_names import why_no_picture
from viewfinder.ports import Listing, Marks, ObjectSummary, Requests

OLDER = "older"
"""Reason for leaving an object out that was not modified since the time that was asked for."""

_PORTION = 1000
_AT_ONCE = 10
_THREADS = 8


@dataclass
class Tally:
    """What was found: the images, their bytes, and how many objects were left out by reason."""

    images: int = 0
    bytes: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def to_mark(self, position: str) -> dict[str, Any]:
        """Return what has to be kept to go on behind a position."""
        return {"Position": position, "Images": self.images, "Bytes": self.bytes, "LeftOut": dict(self.left_out)}

    @classmethod
    def from_mark(cls, mark: dict[str, Any]) -> Tally:
        """Read what `to_mark` returned; an empty one for no mark."""
        return cls(mark.get("Images", 0), mark.get("Bytes", 0), Counter(mark.get("LeftOut", {})))


@dataclass(frozen=True, slots=True)
class Backfill:
    """The objects of a listing that may be pictures, not larger than `max_bytes`, modified at `newer_than` or later.

    `max_rate` is the maximum number of messages a second, 0 for as many as the queue takes; `newer_than` is in seconds
    since 1970.
    """

    listing: Listing
    requests: Requests
    marks: Marks
    max_bytes: int
    newer_than: float = 0.0
    max_rate: float = 0.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def count(self, on_progress: Callable[[Tally], None] = lambda _: None) -> Tally:
        """Count what is left to do, and send nothing."""
        tally = Tally()
        for number, _ in enumerate(self._wanted(self.marks.load().get("Position", ""), tally)):
            if number % _PORTION == 0:
                on_progress(tally)
        return tally

    def run(self, on_progress: Callable[[Tally], None] = lambda _: None) -> Tally:
        """Send a message for each object, and return the numbers, with those before an interruption."""
        mark = self.marks.load()
        tally, started, sent = Tally.from_mark(mark), self.now(), 0
        wanted = self._wanted(mark.get("Position", ""), tally)
        with ThreadPoolExecutor(_THREADS) as pool:
            while portion := list(islice(wanted, self._portion)):
                keys = [found.key for _, found in portion]
                batches = [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]
                list(pool.map(self.requests.send, batches))
                sent += len(keys)
                self.marks.save(tally.to_mark(portion[-1][0]))
                on_progress(tally)
                if self.max_rate:
                    self.sleep(max(0.0, started + sent / self.max_rate - self.now()))
        self.marks.delete()
        return tally

    @property
    def _portion(self) -> int:
        """How many messages are sent between two marks: about a second's worth where a rate is given."""
        return max(1, min(_PORTION, int(self.max_rate))) if self.max_rate else _PORTION

    def _wanted(self, after: str, tally: Tally) -> Iterator[tuple[str, ObjectSummary]]:
        for position, found in self.listing.entries(after):
            reason = why_no_picture(found.key, found.size, self.max_bytes)
            if not reason and found.modified < self.newer_than:
                reason = OLDER
            if reason:
                tally.left_out[reason] += 1
                continue
            tally.images += 1
            tally.bytes += found.size
            yield position, found
