"""How the images bucket, the derived bucket and the catalog differ, found in constant memory.

Three lists are merged: S3's listings, which are in order, and the catalog's records, which are sorted on disk. What is
found goes to the disk as well: a catalog that is lost differs about every image.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.image import UNREADABLE, Status, image_digest, is_folder_marker
from viewfinder.domain.record_state import RecordState
from viewfinder.domain.thumbnail import outdated_thumbnails
from viewfinder.ports import Objects, ObjectSummary, Records, Requests
from viewfinder.usecases.disk import DiskSort, Spool

_GRACE_SECONDS = 3600
"""A thumbnail of no image may be of one whose record is yet to be written: it is an orphan when it is older."""

_TOLD_AFTER = 1000


class UnsortedListingError(ViewfinderError):
    """A bucket does not list its keys in the order of their UTF-8 bytes, as S3's general purpose buckets do."""


class Difference(StrEnum):
    """How bucket and catalog differ about one image."""

    MISSING = "MISSING"  # an object without a record
    OUTDATED = "OUTDATED"  # the record is about another content, or a rendition is gone
    FAILED = "FAILED"  # the record says so
    UNREADABLE = "UNREADABLE"  # the object could not be read, for a reason that may have passed
    INCOMPLETE = "INCOMPLETE"  # a feature that is asked for now was not, failed, or is to come: its message may be lost
    ORPHANED = "ORPHANED"  # a record without an object
    OLD = "OLD"  # the record is in the format of an earlier release
    CHOSEN = "CHOSEN"  # nothing differs, and every record is to be written again


@dataclass(frozen=True, slots=True)
class Differing:
    """An image about which bucket and catalog differ.

    `etag` is that of its object ("": none), `version` that of its record (0: none).
    """

    image_id: str
    kind: Difference
    etag: str
    version: int


@dataclass
class Differences:
    """What was compared, and what was found. Iterate over it for the images."""

    records: int = 0
    objects: int = 0
    thumbnails: int = 0
    kinds: Counter[Difference] = field(default_factory=Counter)
    orphaned_thumbnails: Spool = field(default_factory=Spool)
    _images: Spool = field(default_factory=Spool)

    def __bool__(self) -> bool:
        return bool(len(self._images) or len(self.orphaned_thumbnails))

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[Differing]:
        return (Differing(image_id, Difference(kind), *rest) for image_id, kind, *rest in self._images)

    def add(self, image: Differing) -> None:
        """Note an image."""
        self.kinds[image.kind] += 1
        self._images.add([image.image_id, image.kind, image.etag, image.version])

    def counts(self) -> dict[str, int]:
        """Count each kind."""
        kinds = {kind.title(): self.kinds[kind] for kind in Difference}
        return kinds | {"OrphanedThumbnails": len(self.orphaned_thumbnails)}

    def close(self) -> None:
        """Delete what is on the disk."""
        self._images.close()
        self.orphaned_thumbnails.close()


@dataclass(frozen=True, slots=True)
class Stores:
    """What is compared, and the way to put it right; `features` are those that images are to be analysed for.

    `second_stage` takes those that lack no other; None where images have one stage. `restore` gives the catalog what is
    kept beside the images: what has been said of people.
    """

    images: Objects
    derived: Objects
    records: Records
    requests: Requests
    features: tuple[str, ...] = ()
    second_stage: Requests | None = None
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    restore: Callable[[], object] = lambda: None


@contextmanager
def find_differences(
    stores: Stores, on_progress: Callable[[Differences], None] = lambda _: None, *, rewrite: bool = False
) -> Iterator[Differences]:
    """Read buckets and catalog once, write nothing, and give what differs; raise UnsortedListingError.

    With `rewrite` every analysed image that does not differ is CHOSEN: what follows from the settings is made anew.
    `on_progress` gets the numbers so far. What was found is on the disk as long as the context lasts.
    """
    found = Differences()
    try:
        with DiskSort() as states, DiskSort() as by_digest:
            for found.records, state in enumerate(stores.records.states(), 1):
                states.add(state.to_row())
                _tell(found.records, found, on_progress)
            for row in _compare_images(states, stores, found, rewrite=rewrite):
                by_digest.add(row)
                _tell(found.objects, found, on_progress)
            for _ in _compare_thumbnails(by_digest, stores, found):
                _tell(found.thumbnails, found, on_progress)
        yield found
    finally:
        found.close()


def difference(state: RecordState, etag: str, features: tuple[str, ...]) -> Difference | None:
    """Return how a visible record differs from its object ("": there is none)."""
    if not etag:
        return Difference.ORPHANED
    if not state.status.is_final:
        return Difference.FAILED
    if state.etag != etag:
        return Difference.OUTDATED
    if state.status is Status.REJECTED and state.reason in UNREADABLE:
        return Difference.UNREADABLE
    if state.status is Status.ANALYZED and (state.pending or not set(features) <= set(state.features)):
        return Difference.INCOMPLETE
    return Difference.OLD if state.stored_format < formats.RECORD else None


def _compare_images(states: DiskSort, stores: Stores, found: Differences, *, rewrite: bool) -> Iterator[list[Any]]:
    """Note what differs, and yield a row for each image: digest, whether it differs, ETag, state (None: no record)."""
    objects = (each for each in _in_order(stores.images, "") if not is_folder_marker(each.key, each.size))
    for image_id, rows, summaries in _merged(states, ((each.key, each) for each in objects)):
        found.objects += len(summaries)
        etag = summaries[0].etag if summaries else ""
        known = [RecordState.from_row(row) for row in rows]
        state = max(known, key=lambda each: each.version, default=None)  # one that changes may be listed twice
        kind = difference(state, etag, stores.features) if state else Difference.MISSING
        if rewrite and state and kind is None and state.status is Status.ANALYZED:
            kind = Difference.CHOSEN
        if kind:
            found.add(Differing(image_id, kind, etag, state.version if state else 0))
        yield [image_digest(image_id), kind is not None, etag, state and state.to_row()]


def _compare_thumbnails(by_digest: DiskSort, stores: Stores, found: Differences) -> Iterator[None]:
    """Note images whose thumbnail is gone, outdated thumbnails, and old ones of no image; yield after each image."""
    before = stores.now() - _GRACE_SECONDS
    listing = ((each.key.split("/")[1], each) for each in _in_order(stores.derived, "thumbnails/"))
    for _, rows, thumbnails in _merged(by_digest, listing):
        found.thumbnails += len(thumbnails)
        keys = [thumbnail.key for thumbnail in thumbnails]
        if not rows:
            _note_orphans((each.key for each in thumbnails if each.modified < before), found)
        elif rows[0][3]:
            _, differs, etag, row = rows[0]
            state = RecordState.from_row(row)
            _note_orphans(outdated_thumbnails(state, keys), found)
            if any(key and key not in keys for key in (state.thumbnail, state.screen)) and not differs:
                found.add(Differing(state.image_id, Difference.OUTDATED, etag, state.version))
        yield


def _note_orphans(keys: Iterable[str], found: Differences) -> None:
    for key in keys:
        found.orphaned_thumbnails.add([key])


def _merged(
    rows: Iterable[list[Any]], others: Iterable[tuple[str, ObjectSummary]]
) -> Iterator[tuple[str, list[list[Any]], list[ObjectSummary]]]:
    """Yield each key of two sorted lists, with all that both have of it."""
    left = ((row[0], 0, row) for row in rows)
    right = ((key, 1, other) for key, other in others)
    for key, group in groupby(heapq.merge(left, right, key=itemgetter(0)), key=itemgetter(0)):
        sides: tuple[list[Any], list[Any]] = [], []
        for _, side, thing in group:
            sides[side].append(thing)
        yield key, *sides


def _in_order(objects: Objects, prefix: str) -> Iterator[ObjectSummary]:
    """List a bucket; raise UnsortedListingError. Code points are in the order of their UTF-8 bytes."""
    last = ""
    for found in objects.list(prefix):
        if found.key <= last:
            raise UnsortedListingError(
                f"the bucket lists {found.key!r} behind {last!r}: it is not in the order of UTF-8"
            )
        last = found.key
        yield found


def _tell(number: int, found: Differences, on_progress: Callable[[Differences], None]) -> None:
    if number % _TOLD_AFTER == 0:
        on_progress(found)
