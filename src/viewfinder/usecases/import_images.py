"""Imports images: sends those that the pipeline doesn't have yet.

There is no state file: what was imported is what the bucket and the catalog have, so that an import that was
interrupted is resumed by the same command.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from viewfinder.domain.analysis import Parameters
from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.ports import Candidate, DerivedStore, ImportSource, Records, Requests

_WINDOW = 200
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Sent:
    """An image on its way: its record is awaited that has this ETag and a later version than before."""

    image_id: str
    etag: str
    version: int

    def is_answered_by(self, image: Image | None) -> bool:
        """Whether the record is about what was sent."""
        return image is not None and image.etag == self.etag and image.version > self.version


class ImportStalledError(ViewfinderError):
    """The pipeline did not answer for too long."""


def await_images(
    sent: Iterable[Sent], records: Records, *, patience: float, on_answered: Callable[[Image], None] = lambda _: None
) -> list[Image]:
    """Return the records once all are there; raise ImportStalledError after `patience` seconds without any."""
    waiting, answered = deque(sent), list[Image]()
    deadline = time.monotonic() + patience
    while waiting:
        window = [waiting.popleft() for _ in range(min(_WINDOW, len(waiting)))]
        found = records.find_many([one.image_id for one in window])
        done = [found[one.image_id] for one in window if one.is_answered_by(found.get(one.image_id))]
        waiting.extend(one for one in window if not one.is_answered_by(found.get(one.image_id)))
        for image in done:
            on_answered(image)
        answered += done
        if done:
            deadline = time.monotonic() + patience
        elif time.monotonic() > deadline:
            raise ImportStalledError(f"{len(waiting)} images are not answered yet, among them {waiting[0].image_id}")
        else:
            time.sleep(_POLL_SECONDS)
    return answered


_THREADS = 8
_AT_ONCE = 100

Step = Callable[[], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do.

    `present` is how each image that is in bucket and catalog stands there. `unanswered` are in the bucket only, `new`
    in neither. `known` are the contents whose analysis is there already.
    """

    present: tuple[Status, ...]
    unanswered: tuple[Candidate, ...]
    new: tuple[Candidate, ...]
    known: frozenset[str]

    @property
    def calls(self) -> int:
        """How often the detector is asked, at most."""
        return len({candidate.content for candidate in (*self.unanswered, *self.new)} - self.known)


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import came to; `known` of the present images were analysed before."""

    images: int
    present: int
    known: int
    analyzed: int
    rejected: int
    failed: int
    calls: int

    @property
    def saved_calls(self) -> int:
        """Call that analysing every picture anew would have taken on top."""
        return self.known + self.analyzed - self.calls

    @classmethod
    def of(cls, plan: Plan, answered: Sequence[Image]) -> Summary:
        """Count the records."""
        statuses = [image.status for image in answered]
        return cls(
            images=len(plan.present) + len(answered),
            present=len(plan.present),
            known=plan.present.count(Status.ANALYZED),
            analyzed=statuses.count(Status.ANALYZED),
            rejected=statuses.count(Status.REJECTED),
            failed=statuses.count(Status.FAILED),
            calls=sum(image.effort is Effort.DETECTED for image in answered),
        )


class SameKeyError(ViewfinderError):
    """Two candidates would become one image."""


def plan_import(
    source: ImportSource,
    derived: DerivedStore,
    records: Records,
    parameters: Parameters,
    on_checked: Step = lambda: None,
) -> Plan:
    """Find out what is new; write nothing. Raises SameKeyError."""

    def is_stored(candidate: Candidate) -> bool:
        stored = source.is_stored(candidate)
        on_checked()
        return stored

    def is_known(candidate: Candidate) -> bool:
        return bool(candidate.sha256) and derived.has_analysis(parameters, candidate.sha256)

    candidates = list(source.candidates())
    _check_keys(candidates)
    with ThreadPoolExecutor(_THREADS) as pool:
        new, stored = _parted(candidates, pool.map(is_stored, candidates))
        statuses = list(_statuses(stored, records))
        unanswered, _ = _parted(stored, (status is not None for status in statuses))
        present = tuple(status for status in statuses if status is not None)
        missing = (*unanswered, *new)
        _, known = _parted(missing, pool.map(is_known, missing))
    return Plan(present, unanswered, new, frozenset(candidate.content for candidate in known))


def send_images(
    plan: Plan,
    source: ImportSource,
    records: Records,
    requests: Requests,
    *,
    per_second: float = 0.0,
    on_sent: Step = lambda: None,
) -> list[Sent]:
    """Put what is not answered yet before the pipeline, at most `per_second` images (0: as fast as it goes)."""
    before = records.find_many([candidate.image_id for candidate in (*plan.unanswered, *plan.new)])

    def send(candidate: Candidate, put: Callable[[Candidate], str]) -> Sent:
        known = before.get(candidate.image_id)
        sent = Sent(candidate.image_id, put(candidate), known.version if known else 0)
        on_sent()
        return sent

    def request(candidate: Candidate) -> str:
        requests.send([candidate.image_id])
        return candidate.etag

    work = [(candidate, request) for candidate in plan.unanswered]
    work += [(candidate, source.send) for candidate in plan.new]
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [pool.submit(send, candidate, put) for candidate, put in _paced(work, per_second)]
        return [future.result() for future in futures]


def _check_keys(candidates: Iterable[Candidate]) -> None:
    locations: dict[str, str] = {}
    for candidate in candidates:
        other = locations.setdefault(candidate.image_id, candidate.location)
        if other != candidate.location:
            raise SameKeyError(f"{other} and {candidate.location} would both become {candidate.image_id}")


def _parted(
    candidates: Iterable[Candidate], answers: Iterable[bool]
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Parts those with the answer no from those with yes."""
    parts: tuple[list[Candidate], list[Candidate]] = ([], [])
    for candidate, answer in zip(candidates, answers, strict=True):
        parts[answer].append(candidate)
    return tuple(parts[0]), tuple(parts[1])


def _statuses(candidates: Sequence[Candidate], records: Records) -> Iterator[Status | None]:
    """Yield each candidate's status, None where the catalog has no final answer for this content."""
    for chunk in _chunks(candidates):
        found = records.find_many([candidate.image_id for candidate in chunk])
        for candidate in chunk:
            image = found.get(candidate.image_id)
            yield image.status if image and image.status.is_final and image.etag == candidate.etag else None


def _chunks(candidates: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    return (candidates[start : start + _AT_ONCE] for start in range(0, len(candidates), _AT_ONCE))


def _paced(things: Iterable[T], per_second: float) -> Iterator[T]:
    due = time.monotonic()
    for thing in things:
        if per_second:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + 1 / per_second
        yield thing
