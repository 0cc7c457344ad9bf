"""Imports images: sends those that the pipeline doesn't have yet, and waits until it has answered.

There is no state file: what was imported is what the bucket has, so that an import that was interrupted is resumed by
the same command.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from viewfinder.domain.analysis import Parameters
from viewfinder.domain.candidate import Candidate
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.ports import DerivedStore, ImportSource, Records
from viewfinder.usecases.await_images import Sent

_THREADS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `known` are the contents among `new` whose analysis is there already."""

    present: tuple[Candidate, ...]
    new: tuple[Candidate, ...]
    known: frozenset[str]

    @property
    def calls(self) -> int:
        """How often the detector is asked, at most."""
        return len({candidate.content for candidate in self.new} - self.known)

    def affordable(self, calls: int) -> Plan:
        """Gives the part of the plan that takes no more calls than that."""
        paid: set[str] = set()
        chosen = []
        for candidate in self.new:
            if candidate.content not in self.known | paid:
                if len(paid) == calls:
                    continue
                paid.add(candidate.content)
            chosen.append(candidate)
        return Plan(self.present, tuple(chosen), self.known)


def plan_import(
    source: ImportSource, derived: DerivedStore, parameters: Parameters, on_checked: Callable[[], None] = lambda: None
) -> Plan:
    """Finds out what is new; writes nothing."""

    def check(candidate: Candidate) -> tuple[Candidate, bool, bool]:
        present = source.is_present(candidate)
        known = not present and bool(candidate.sha256) and derived.has_analysis(parameters, candidate.sha256)
        on_checked()
        return candidate, present, known

    with ThreadPoolExecutor(_THREADS) as pool:
        checked = list(pool.map(check, source.candidates()))
    return Plan(
        present=tuple(candidate for candidate, present, _ in checked if present),
        new=tuple(candidate for candidate, present, _ in checked if not present),
        known=frozenset(candidate.content for candidate, _, known in checked if known),
    )


def send_images(
    plan: Plan,
    source: ImportSource,
    records: Records,
    *,
    per_second: float = 0.0,
    on_sent: Callable[[], None] = lambda: None,
) -> list[Sent]:
    """Sends what is new, at most `per_second` of them (0: as fast as it goes)."""
    before = records.find_many([candidate.image_id for candidate in plan.new])

    def send(candidate: Candidate) -> Sent:
        known = before.get(candidate.image_id)
        sent = Sent(candidate.image_id, source.send(candidate), known.version if known else 0)
        on_sent()
        return sent

    with ThreadPoolExecutor(_THREADS) as pool:
        return [future.result() for future in [pool.submit(send, one) for one in _paced(plan.new, per_second)]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import came to."""

    images: int
    present: int
    analyzed: int
    rejected: int
    failed: int
    calls: int

    @property
    def saved_calls(self) -> int:
        """Calls that analysing every picture anew would have taken on top."""
        return self.present + self.analyzed - self.calls

    @classmethod
    def of(cls, plan: Plan, answered: Iterable[Image]) -> Summary:
        """Counts the records."""
        images = list(answered)
        by_status = [image.status for image in images]
        return cls(
            images=len(plan.present) + len(plan.new),
            present=len(plan.present),
            analyzed=by_status.count(Status.ANALYZED),
            rejected=by_status.count(Status.REJECTED),
            failed=by_status.count(Status.FAILED),
            calls=sum(image.effort is Effort.DETECTED for image in images),
        )


def _paced(candidates: Iterable[Candidate], per_second: float) -> Iterator[Candidate]:
    due = time.monotonic()
    for candidate in candidates:
        if per_second:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + 1 / per_second
        yield candidate
