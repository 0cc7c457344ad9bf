"""What `backfill` takes in memory and time at a million keys: python -m benchmarks.backfill [OBJECTS].

Listing and queue are stand-ins for S3 and SQS that answer at once, behind the real adapters: so the figures are the
command's own. One of ten objects is no picture.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from viewfinder.adapters.listings import BucketListing
from viewfinder.adapters.s3 import S3Objects
from viewfinder.adapters.sqs import SqsRequests
from viewfinder.usecases.backfill import Backfill

_PAGE = 1000
_MODIFIED = datetime(2026, 1, 31, tzinfo=UTC)


def main(objects: int) -> None:
    """Backfill so many objects, and print peak memory and times as JSON."""
    queue: Any = _Queue()
    listing: Any = S3Objects(_Bucket(objects), "images")  # type: ignore[arg-type]
    work = Backfill(BucketListing(listing), SqsRequests(queue, "queue"), _Marks(), max_bytes=100_000_000)
    before, started = _peak(), time.perf_counter()
    counted = work.count()
    sending = time.perf_counter()
    done = work.run()
    ended = time.perf_counter()
    figures = {
        "Objects": objects,
        "Images": counted.images,
        "Sent": queue.messages,
        "StartMegabytes": before,
        "PeakMegabytes": _peak(),
        "CountSeconds": round(sending - started, 1),
        "SendSeconds": round(ended - sending, 1),
        "MessagesPerSecond": round(done.images / (ended - sending)),
        "ProcessorSeconds": round(time.process_time(), 1),
    }
    print(json.dumps(figures))


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


class _Bucket:
    """S3's client: pages of generated keys."""

    def __init__(self, objects: int) -> None:
        self._objects = objects

    def get_paginator(self, _: str) -> _Bucket:
        """Return itself."""
        return self

    def paginate(self, **_: str) -> Iterator[Mapping[str, Any]]:
        """Yield the pages."""
        for start in range(0, self._objects, _PAGE):
            numbers = range(start, min(start + _PAGE, self._objects))
            yield {"Contents": [_entry(number) for number in numbers]}


def _entry(number: int) -> Mapping[str, Any]:
    key = f"holiday/2026/{number // 1000:06d}/IMG_{number:09d}.{'jpg' if number % 10 else 'mp4'}"
    return {"Key": key, "Size": 2_000_000, "ETag": '"0123456789abcdef0123456789abcdef"', "LastModified": _MODIFIED}


class _Queue:
    """SQS's client."""

    messages = 0

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Mapping[str, Any]:  # noqa: N803 - AWS's names
        """Count the messages."""
        self.messages += len(Entries)
        return {}


class _Marks:
    """Keeps nothing."""

    def load(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def save(self, mark: Mapping[str, Any]) -> None:
        """Write the mark as it would be sent."""
        json.dumps(mark)

    def delete(self) -> None:
        """Nothing is there."""


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
