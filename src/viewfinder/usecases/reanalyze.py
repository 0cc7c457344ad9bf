"""Analyse known images again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from viewfinder.domain.image import Image, Status
from viewfinder.domain.record_state import RecordState
from viewfinder.ports import Catalog, Clock, Quota, Records, Requests
from viewfinder.usecases.answers import Answers, Sent
from viewfinder.usecases.disk import DiskSort, Spool
from viewfinder.usecases.images import get_image


@dataclass(frozen=True, slots=True)
class Selection:
    """Images that are to be analysed again, on the disk, and the number of distinct contents: of detector calls."""

    images: Spool
    calls: int

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Sent]:
        return (Sent(*row) for row in self.images)


@contextmanager
def select_images(
    records: Records,
    *,
    model_version_below: str = "",
    prefix: str = "",
    on_progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Selection]:
    """Select the analysed images whose key starts so, and whose model is older than this version ("": all).

    `on_progress` gets the number of records that were looked at.
    """
    with Spool() as images, DiskSort() as contents:
        for number, state in enumerate(records.states(), 1):
            if _is_wanted(state, model_version_below, prefix):
                images.add([state.image_id, state.etag, state.version])
                contents.add([state.sha256])
            if number % 1000 == 0:
                on_progress(number)
        yield Selection(images, sum(1 for _ in groupby(contents)))


def _is_wanted(state: RecordState, model_version_below: str, prefix: str) -> bool:
    is_old = not model_version_below or _is_below(state.model_version, model_version_below)
    return state.status is Status.ANALYZED and state.image_id.startswith(prefix) and is_old


def reanalyze_images(
    selection: Selection,
    records: Records,
    requests: Requests,
    clock: Clock,
    *,
    patience: float,
    on_answered: Callable[[Image], None],
) -> None:
    """Queue a request for each, for which no analysis made before now is good enough, and wait until all are whole.

    Raises PipelineStalledError when there is no answer for `patience` seconds.
    """
    since = clock.now()
    answers = Answers(records, patience, on_whole=on_answered)
    answers.send_all(selection, lambda image_ids: requests.send(image_ids, analyzed_since=since))


def _is_below(version: str, other: str) -> bool:
    return _numbers(version) < _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    """Return `3.0` as (3, 0); what is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Limits:
    """What `POST /analyses` may cost: one detector call per picture in `interval_seconds`, so many requests a minute.

    `quota` counts the requests of a caller; None: any number.
    """

    interval_seconds: int = 0
    quota: Quota | None = None


def analyze_again(
    image_id: str, catalog: Catalog, *, caller: str, requests: Requests, clock: Clock, limits: Limits
) -> None:
    """Queue a known image; accept an analysis that is younger than the interval.

    Raise ImageNotFoundError, or TooManyRequestsError where the caller has had its share.
    """
    get_image(image_id, catalog)
    if limits.quota:
        limits.quota.spend(caller)
    since = datetime.fromisoformat(clock.now()) - timedelta(seconds=limits.interval_seconds)
    requests.send([image_id], analyzed_since=since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
