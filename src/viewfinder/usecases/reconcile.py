"""Compares the images bucket with the catalog, and has the queue put right what differs.

The bucket is the truth. What is missing, outdated, failed or orphaned gets a request; the image function reads the
object as it is then, so that it does not matter what else happens meanwhile.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from viewfinder.domain import formats
from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.image import Image, Status, image_digest, is_folder_marker
from viewfinder.domain.thumbnail import outdated_thumbnails
from viewfinder.ports import Objects, ObjectSummary, Records, Requests

_GRACE_SECONDS = 3600
"""A thumbnail of no image may be of one whose record is yet to be written: it is an orphan when it is older."""

_POLL_SECONDS = 0.5
_SHARE = 3
"""A look is followed by a pause this many times as long."""


class Difference(StrEnum):
    """How bucket and catalog differ about one image."""

    MISSING = "MISSING"  # an object without a record
    OUTDATED = "OUTDATED"  # the record is about another content, or a rendition is gone
    FAILED = "FAILED"  # the record says so
    INCOMPLETE = "INCOMPLETE"  # a feature that is asked for now was not, or failed
    ORPHANED = "ORPHANED"  # a record without an object
    OLD = "OLD"  # the record is in the format of an earlier release


@dataclass(frozen=True, slots=True)
class Differences:
    """What was found: images by id, and thumbnails that belong to none."""

    objects: int
    images: dict[str, Difference]
    thumbnails: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.images or self.thumbnails)

    def counts(self) -> dict[str, int]:
        """Count each kind."""
        kinds = list(self.images.values())
        return {kind.title(): kinds.count(kind) for kind in Difference} | {"OrphanedThumbnails": len(self.thumbnails)}

    def in_words(self) -> str:
        """Return how many there are of each kind that there is."""
        words = {kind: re.sub(r"(?<!^)([A-Z])", r" \1", kind).lower() for kind in self.counts()}
        return ", ".join(f"{count:,} {words[kind]}" for kind, count in self.counts().items() if count)


@dataclass(frozen=True, slots=True)
class Stores:
    """What is compared, and the way to put it right."""

    images: Objects
    derived: Objects
    records: Records
    requests: Requests
    features: tuple[str, ...] = ()
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class ReconciliationStalledError(ViewfinderError):
    """Differences remain, and nothing has changed about them for too long."""


def find_differences(stores: Stores) -> Differences:
    """Read bucket and catalog once; write nothing."""
    objects = {found.key: found for found in stores.images.list() if not is_folder_marker(found.key, found.size)}
    thumbnails = {found.key: found for found in stores.derived.list("thumbnails/")}
    images = dict.fromkeys(objects, Difference.MISSING)
    named: dict[str, Image] = {}
    for image in stores.records.list_all():
        named[image_digest(image.image_id)] = image
        difference = _difference(image, objects.get(image.image_id), thumbnails, stores.features)
        images.pop(image.image_id, None)
        images |= {image.image_id: difference} if difference else {}
    expected = {image_digest(key) for key in objects}
    orphans = _orphans(thumbnails.values(), named, expected, stores.now() - _GRACE_SECONDS)
    return Differences(len(objects), images, tuple(orphans))


def repair(differences: Differences, stores: Stores) -> None:
    """Have each image looked at again, and delete the thumbnails of none."""
    stores.requests.send(list(differences.images))
    for key in differences.thumbnails:
        stores.derived.delete(key)


def reconcile(
    stores: Stores, *, patience: float, on_progress: Callable[[Differences], None] = lambda _: None
) -> Differences:
    """Repairs, and gives what was found at first, once no difference is left.

    Raises ReconciliationStalledError when for `patience` seconds the differences have stayed the same.
    """
    first = last = find_differences(stores)
    repair(first, stores)
    deadline = stores.now() + patience
    while last:
        current = _look_again(stores)
        on_progress(current)
        repair(_new(current, last), stores)
        if current.images != last.images:
            deadline = stores.now() + patience
        elif stores.now() > deadline and current:
            raise ReconciliationStalledError(f"differences remain: {current.in_words()}")
        last = current
    return first


def _look_again(stores: Stores) -> Differences:
    """Look after a pause, which is the longer the more there is to look at: the pipeline needs the catalog too."""
    start = stores.now()
    found = find_differences(stores)
    stores.sleep(_POLL_SECONDS + _SHARE * (stores.now() - start))
    return found


def _new(current: Differences, last: Differences) -> Differences:
    """Return what came up since the last look: one request an image is enough, the queue repeats it."""
    images = {image_id: kind for image_id, kind in current.images.items() if image_id not in last.images}
    return Differences(current.objects, images, current.thumbnails)


def _difference(
    image: Image, found: ObjectSummary | None, thumbnails: dict[str, ObjectSummary], features: tuple[str, ...]
) -> Difference | None:
    if found is None:
        return Difference.ORPHANED
    if not image.status.is_final:
        return Difference.FAILED
    if image.etag != found.etag or any(key and key not in thumbnails for key in (image.thumbnail, image.screen)):
        return Difference.OUTDATED
    if image.status is Status.ANALYZED and not set(features) <= set(image.features):
        return Difference.INCOMPLETE
    return Difference.OLD if image.stored_format < formats.RECORD else None


def _orphans(
    thumbnails: Iterable[ObjectSummary], images: dict[str, Image], expected: set[str], before: float
) -> Iterator[str]:
    for thumbnail in thumbnails:
        digest = thumbnail.key.split("/")[1]
        if image := images.get(digest):
            yield from outdated_thumbnails(image, [thumbnail.key])
        elif digest not in expected and thumbnail.modified < before:
            yield thumbnail.key
