"""What `reconcile` takes in memory and time at a million images: python -m benchmarks.reconcile_memory [IMAGES...].

Listings and records are generated as they are asked for, so that the process holds nothing but what reconciling holds.
Of 100 images one is missing and one outdated; the pipeline answers at once.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from viewfinder.domain import formats
from viewfinder.domain.image import Image, Status, image_digest
from viewfinder.domain.record_state import RecordState
from viewfinder.domain.thumbnail import thumbnail_key
from viewfinder.ports import ObjectSummary
from viewfinder.usecases.differences import Stores, find_differences
from viewfinder.usecases.reconcile import repair

SIZES = (1_000_000, 2_000_000)
_DIFFERING = 100


def main(images: int) -> None:
    """Reconcile so many images, and print peak memory and times as JSON."""
    answers = _Answers()
    stores = Stores(_Images(images), _Thumbnails(images), _Records(images, answers), answers, ("LABELS",))
    before, started = _peak(), time.perf_counter()
    with find_differences(stores) as found:
        compared = time.perf_counter()
        counts = found.counts()
        done = repair(found, stores, patience=60)
    figures = {
        "Images": images,
        "StartMegabytes": before,
        "PeakMegabytes": _peak(),
        "CompareSeconds": round(compared - started, 1),
        "RepairSeconds": round(time.perf_counter() - compared, 1),
        "Differences": counts["Missing"] + counts["Outdated"],
        "Answered": done.answered,
    }
    print(json.dumps(figures))


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _key(number: int) -> str:
    return f"holiday/2026/{number // 1000:06d}/IMG_{number:09d}.jpg"


def _hash(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _state(number: int) -> RecordState:
    key, digest = _key(number), _hash(number)
    etag = digest[:32] if number % _DIFFERING != 1 else "0" * 32
    thumbnail = thumbnail_key(key, 0, digest)
    return RecordState(
        key,
        Status.ANALYZED,
        etag,
        version=5,
        stored_format=formats.RECORD,
        features=("LABELS", "TEXT"),
        thumbnail=thumbnail,
        sha256=digest,
        model_version="3.0",
    )


class _Images:
    """The images bucket."""

    def __init__(self, images: int) -> None:
        self._images = images

    def list(self, prefix: str = "") -> Iterator[ObjectSummary]:
        """Return all objects in order, or the one of a key."""
        for number in range(self._images) if not prefix else (int(prefix[-13:-4]),):
            yield ObjectSummary(_key(number), 2_000_000, _hash(number)[:32], 0.0)

    def find(self, key: str) -> ObjectSummary | None:
        """Nobody asks."""

    def delete(self, key: str) -> None:
        """Nobody asks."""


class _Thumbnails(_Images):
    """The derived bucket, whose keys are in the order of their digests: they are sorted by a program of its own."""

    def list(self, prefix: str = "") -> Iterator[ObjectSummary]:
        """Return all thumbnails in order."""
        command = [sys.executable, "-m", "benchmarks.reconcile_memory", "--thumbnails", str(self._images)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                yield ObjectSummary(line.rstrip("\n"), 20_000, "", 0.0)


class _Answers:
    """A queue whose requests are answered at once."""

    def __init__(self) -> None:
        self.sent: set[str] = set()

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        """Keep the ids until their records are asked for."""
        self.sent.update(image_ids)


class _Records:
    """The catalog; each 100th image has no record, and another 100th that of another content."""

    def __init__(self, images: int, answers: _Answers) -> None:
        self._images = images
        self._answers = answers

    def states(self) -> Iterator[RecordState]:
        """Return the records in an order that has nothing to do with their keys."""
        step = 7_919  # prime, and no divisor of the number of images
        for place in range(self._images):
            number = place * step % self._images
            if number % _DIFFERING:
                yield _state(number)

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Return new records."""
        found = {}
        for key in self._answers.sent.intersection(image_ids):
            state = _state(int(key[-13:-4]))
            etag = state.sha256[:32]
            found[key] = Image(key, Status.ANALYZED, "", "2026", etag=etag, version=9, features=state.features)
        self._answers.sent.difference_update(found)
        return found


def _print_thumbnails(images: int) -> None:
    keys = (_key(number) for number in range(images))
    rows = sorted((image_digest(key), number) for number, key in enumerate(keys) if number % _DIFFERING)
    for _, number in rows:
        print(_state(number).thumbnail)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--thumbnails", number]:
            _print_thumbnails(int(number))
        case ["--one", number]:
            main(int(number))
        case numbers:
            for size in map(int, numbers or SIZES):
                subprocess.run([sys.executable, "-m", "benchmarks.reconcile_memory", "--one", str(size)], check=True)
