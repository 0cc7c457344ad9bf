"""Import images: send those that the pipeline does not have yet, and wait until they are analysed.

There is no state file: bucket and catalog show what was imported, so the same command resumes an interrupted import.
It processes candidates in batches, so memory does not grow with their number.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TypeVar

from viewfinder.domain.candidate import Candidate
from viewfinder.domain.errors import KeyTakenError, ObjectRefusedError
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.ports import DerivedStore, ImportSource, ObjectSummary, Records, Requests
from viewfinder.usecases.answers import Answers, Sent
from viewfinder.usecases.disk import DiskSort

_THREADS = 8
_BATCH = 200
_IN_FLIGHT = 1000
"""Images that may wait for their answer while others are sent."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of an import: present images, images to send, and the maximum number of contents to analyse."""

    present: int
    missing: int
    calls: int


@dataclass(slots=True)
class Summary:
    """The result of an import.

    `present` and `answered` count images by status, `beside` those that got a key of their own because another content
    holds the one that they would have had. Of the answered images, `halves` counts those that had features to come,
    `whole` those that have none to come any more, and `lacking` those of which a feature failed.
    """

    present: Counter[Status] = field(default_factory=Counter)
    answered: Counter[Status] = field(default_factory=Counter)
    sent: int = 0
    calls: int = 0
    beside: int = 0
    halves: int = 0
    whole: int = 0
    lacking: int = 0

    @property
    def settled(self) -> int:
        """The number of present images and of answered images."""
        return self.present.total() + self.answered.total()

    @property
    def analyzed(self) -> int:
        """Sent images that were analysed."""
        return self.answered[Status.ANALYZED]

    @property
    def rejected(self) -> int:
        """Sent images that the pipeline rejected as unreadable."""
        return self.answered[Status.REJECTED]

    @property
    def failed(self) -> int:
        """Sent images that failed."""
        return self.answered[Status.FAILED]

    @property
    def saved_calls(self) -> int:
        """Detector calls that reuse has saved."""
        return self.present[Status.ANALYZED] + self.analyzed - self.calls

    @property
    def completed(self) -> int:
        """Images whose further features came after their labels."""
        return self.whole - (self.answered.total() - self.halves)

    def count(self, image: Image) -> None:
        """Add an answer to the counts."""
        self.answered[image.status] += 1
        self.calls += image.effort is Effort.DETECTED
        self.halves += bool(image.pending)

    def count_whole(self, image: Image) -> None:
        """Add an image to the counts that waits for no feature any more."""
        self.whole += 1
        self.lacking += image.status is Status.ANALYZED and bool(image.reason)


@dataclass
class Import:
    """One import. If a key holds other content, the image gets a new key; with `replace` it overwrites the object.
    `per_second` is the maximum number of images sent per second (0: no limit).
    """

    source: ImportSource
    records: Records
    requests: Requests
    replace: bool = False
    per_second: float = 0.0
    summary: Summary = field(default_factory=Summary)
    _keys: set[str] = field(default_factory=set)

    def plan(
        self, derived: DerivedStore, parameters: Parameters, on_checked: Callable[[int], None] = lambda _: None
    ) -> Plan:
        """Return the plan of the import; write nothing."""
        present = missing = 0

        def unknown(candidate: Candidate) -> str | None:
            with self._reported(candidate):
                sha256 = self.source.sha256(candidate)
                if not (sha256 and derived.has_analysis(parameters, sha256)):
                    return sha256 or candidate.etag
            return None

        with _pool() as pool, DiskSort() as contents:
            for batch in _batches(self.source.candidates(), _BATCH):
                there, lacking = self._compare(batch)
                present, missing = present + len(there), missing + len(lacking)
                for content in filter(None, pool.map(unknown, (candidate for candidate, _ in lacking))):
                    contents.add([content])
                on_checked(present + missing)
            return Plan(present, missing, sum(1 for _ in groupby(contents)))

    def run(
        self,
        *,
        patience: float,
        on_answered: Callable[[Image], None] = lambda _: None,
        on_progress: Callable[[Summary], None] = lambda _: None,
    ) -> Summary:
        """Send what is missing, and wait until all images are whole; raise PipelineStalledError.

        `on_answered` gets the first record of each, by which it can be searched for.
        """

        def answered(image: Image) -> None:
            self.summary.count(image)
            on_answered(image)
            on_progress(self.summary)

        def whole(image: Image) -> None:
            self.summary.count_whole(image)
            on_progress(self.summary)

        answers = Answers(self.records, patience, answered, on_whole=whole)
        with _pool() as pool:
            for batch in _batches(self.source.candidates(), _BATCH):
                present, missing = self._compare(batch)
                self.summary.present.update(present)
                for turn in _turns(missing):
                    futures = [pool.submit(self._send, *each) for each in _paced(turn, self.per_second)]
                    for sent in filter(None, (future.result() for future in futures)):
                        answers.waiting.append(sent)
                        self.summary.sent += 1
                        self.summary.beside += sent.is_beside
                on_progress(self.summary)
                answers.await_all_but(_IN_FLIGHT)
        answers.await_all_but(0)
        answers.await_whole()
        return self.summary

    def _compare(self, batch: list[Candidate]) -> tuple[list[Status], list[tuple[Candidate, int]]]:
        """Part a batch: the statuses of those that are there, the others with their record's version (0: none)."""
        known = self.records.find_many([candidate.image_id for candidate in batch])
        present: list[Status] = []
        missing: list[tuple[Candidate, int]] = []
        beside: list[Candidate] = []
        for candidate in batch:
            with self._reported(candidate):
                image = known.get(candidate.image_id)
                if image is None or not image.is_visible:
                    missing.append((candidate, image.version if image else 0))
                elif self.source.is_content_of(candidate, image):
                    present += [image.status] if image.status.is_final else []
                    missing += [] if image.status.is_final else [(candidate, image.version)]
                elif self.replace:
                    missing.append((candidate, image.version))
                else:
                    beside.append(self.source.identified(candidate).beside())
        if beside:
            more_present, more_missing = self._compare(beside)
            present, missing = present + more_present, missing + more_missing
        return present, missing

    def _send(self, candidate: Candidate, version: int) -> Sent | None:
        """Send one image; None if it can't be read or sent."""
        sent: Sent | None = None
        with self._reported(candidate):
            try:
                if self.replace and candidate.image_id in self._keys:  # two files of one import, neither of them old
                    raise KeyTakenError(candidate.image_id)
                self._keys.update({candidate.image_id} if self.replace else ())
                etag = self.source.send(candidate, replace=self.replace)
                sent = Sent(candidate.image_id, etag, version, candidate.is_beside)
            except KeyTakenError:
                sent = self._resolve(self.source.identified(candidate), version)
        return sent

    @contextmanager
    def _reported(self, candidate: Candidate) -> Iterator[None]:
        """Record the error of one candidate as a problem of the source; the others continue."""
        try:
            yield
        except OSError as error:
            self.source.problems.append(f"{candidate.location}: {error.strerror or error}")
        except ObjectRefusedError as error:
            self.source.problems.append(f"{candidate.location}: {error}")

    def _resolve(self, candidate: Candidate, version: int) -> Sent | None:
        """Handle a taken key: request an answer for the same content, or send other content under a new key."""
        stored = self.source.find(candidate.image_id)
        if stored and (candidate.is_beside or _is_same(candidate, stored)):
            self.requests.send([candidate.image_id])
            return Sent(candidate.image_id, stored.etag, version, candidate.is_beside)
        return self._send(candidate.beside(), 0)


def _is_same(candidate: Candidate, stored: ObjectSummary) -> bool:
    if "-" in candidate.etag:  # uploaded in parts: the ETag is no hash of the content, and a copy has another
        return stored.size == candidate.size and stored.modified >= candidate.modified
    return stored.size == candidate.size and stored.etag == candidate.etag


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that nobody waits for after an error or a Ctrl-C."""
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch


def _turns(missing: list[tuple[Candidate, int]]) -> Iterator[list[tuple[Candidate, int]]]:
    """Part a batch, so that of two files of one key the first gets it, whichever is sent faster."""
    while missing:
        turn: dict[str, tuple[Candidate, int]] = {}
        later = [each for each in missing if turn.setdefault(each[0].image_id, each) is not each]
        yield list(turn.values())
        missing = later


def _paced(things: Iterable[T], per_second: float) -> Iterator[T]:
    due = time.monotonic()
    for thing in things:
        if per_second:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + 1 / per_second
        yield thing
