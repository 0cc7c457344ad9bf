"""Compares the images bucket with the catalog, and has the queue put right what differs.

The bucket is the truth. What is missing, outdated, failed or orphaned gets a request; the image function reads the
object as it is then, so that it does not matter what else happens meanwhile. There is no state file: a pass that was
interrupted begins again, and sends only what still differs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from viewfinder.domain.image import Effort, Image
from viewfinder.domain.record_state import RecordState
from viewfinder.ports import Objects
from viewfinder.usecases.answers import Answers, Sent
from viewfinder.usecases.differences import (
    Difference,
    Differences,
    Differing,
    Stores,
    difference,
    find_differences,
)

_NAMED = 100


@dataclass
class Repair:
    """What a pass did: images to send, sent and answered, detector calls, and what still differs and why.

    `named` has the first of what still differs, with the reason.
    """

    total: int = 0
    sent: int = 0
    answered: int = 0
    calls: int = 0
    remaining: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, str]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Images that have no answer yet."""
        return self.total - self.answered


def repair(
    found: Differences, stores: Stores, *, patience: float, on_progress: Callable[[Repair], None] = lambda _: None
) -> Repair:
    """Delete the thumbnails of none, have each image looked at again once, and wait for the answers.

    An answer is a record that was written since, by the second stage where there are two. One that still differs (it
    failed again, its object can't be read) is reported and not sent again. Raises PipelineStalledError when there is no
    answer for `patience` seconds.
    """
    stores.restore()
    for (key,) in found.orphaned_thumbnails:
        stores.derived.delete(key)
    done = Repair(len(found))
    in_flight: dict[str, Differing] = {}

    def sent() -> Iterator[Sent]:
        for image in found:
            in_flight[image.image_id] = image
            done.sent += 1
            yield Sent(image.image_id, "", image.version)

    def answered(image: Image) -> None:
        _note_answer(image, in_flight.pop(image.image_id), stores, done)
        on_progress(done)

    def send(image_ids: Sequence[str]) -> None:
        """Send what lacks nothing but the second stage's features to that one: the first would only pass it on."""
        by_kind: defaultdict[bool, list[str]] = defaultdict(list)
        for image_id in image_ids:
            by_kind[in_flight[image_id].kind is Difference.INCOMPLETE].append(image_id)
        (stores.second_stage or stores.requests).send(by_kind[True])
        stores.requests.send(by_kind[False])

    answers = Answers(stores.records, patience, on_whole=answered, now=stores.now, sleep=stores.sleep)
    answers.send_all(sent(), send)
    return done


def reconcile(
    stores: Stores, *, patience: float, on_progress: Callable[[Repair, int], None] = lambda _, __: None
) -> Repair:
    """Compare and repair; `on_progress` gets the numbers so far, and that of the objects.

    Raises PipelineStalledError or UnsortedListingError.
    """
    with find_differences(stores) as found:
        return repair(found, stores, patience=patience, on_progress=lambda done: on_progress(done, found.objects))


def _note_answer(image: Image, was: Differing, stores: Stores, done: Repair) -> None:
    done.answered += 1
    done.calls += image.effort is Effort.DETECTED
    kind = _difference(image, was.etag, stores.features)
    if kind:  # unless its object has changed since it was listed
        kind = _difference(image, _etag(image.image_id, stores.images), stores.features)
    if kind:
        reason = (image.is_visible and image.reason) or kind
        done.remaining[reason] += 1
        done.named += [(image.image_id, reason)] if len(done.named) < _NAMED else []


def _difference(image: Image, etag: str, features: tuple[str, ...]) -> Difference | None:
    if image.is_visible:
        return difference(RecordState.of(image), etag, features)
    return Difference.MISSING if etag else None


def _etag(image_id: str, images: Objects) -> str:
    """Return the ETag of an object as it is now ("": there is none): from the listing, for it may not be readable.

    Of the keys that begin with a key, S3 lists that one first.
    """
    first = next(iter(images.list(image_id)), None)
    return first.etag if first and first.key == image_id else ""
