"""Images on their way through the pipeline: wait for the records that answer for them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.image import Image
from viewfinder.ports import Records
from viewfinder.usecases.disk import Spool

IN_FLIGHT = 10_000
"""Requests that may wait for their answers while others are sent: the queue stays short, and memory as well."""

_SENT_AT_ONCE = 1000
_ASKED_AT_ONCE = 100
_POLL_SECONDS = 0.5


class PipelineStalledError(ViewfinderError):
    """The pipeline did not answer for too long."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An image on its way: its record is awaited that has a later version than before, and this ETag ("": any).

    With `is_whole` the record is awaited that waits for no second stage any more.
    """

    image_id: str
    etag: str
    version: int
    is_beside: bool = False
    is_whole: bool = False

    def is_answered_by(self, image: Image | None) -> bool:
        """Whether the record is about what was sent."""
        if image is None or image.version <= self.version or (self.is_whole and image.pending):
            return False
        return not self.etag or image.etag == self.etag


@dataclass
class Answers:
    """The images that were sent and have no answer yet.

    `on_answered` gets the first record of each; `on_whole` gets each again, at once or when its second stage is done.
    Those that wait for that are on the disk, for they may be all of a large import.
    """

    records: Records
    patience: float
    on_answered: Callable[[Image], None] = lambda _: None
    waiting: deque[Sent] = field(default_factory=deque)
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    on_whole: Callable[[Image], None] = lambda _: None
    _half: Spool | None = None

    def send_all(self, sent: Iterable[Sent], send: Callable[[Sequence[str]], None]) -> None:
        """Send each, so that at most IN_FLIGHT wait at a time, and return once all are answered, and whole.

        Raises PipelineStalledError as `await_all_but` does.
        """
        self._send_all(sent, send)
        self.await_whole()

    def await_whole(self) -> None:
        """Return once no image that was answered waits for its second stage; raise PipelineStalledError."""
        if self._half is None:
            return
        with self._half as half:
            self._send_all((Sent(*row) for row in half), lambda _: None)
        self._half = None

    def _send_all(self, sent: Iterable[Sent], send: Callable[[Sequence[str]], None]) -> None:
        rest = iter(sent)
        while batch := list(islice(rest, _SENT_AT_ONCE)):
            send([each.image_id for each in batch])
            self.waiting.extend(batch)
            self.await_all_but(IN_FLIGHT - _SENT_AT_ONCE)
        self.await_all_but(0)

    def await_all_but(self, count: int) -> None:
        """Return when at most `count` images wait for their answers.

        Raise PipelineStalledError after `patience` seconds without an answer. It asks for 100 images at a time.
        """
        deadline = self.now() + self.patience
        while len(self.waiting) > count:
            asked = [self.waiting.popleft() for _ in range(min(_ASKED_AT_ONCE, len(self.waiting)))]
            answered = self._ask(asked)
            if answered:
                deadline = self.now() + self.patience
            elif self.now() > deadline:
                raise PipelineStalledError(
                    f"{len(self.waiting):,} images are not answered yet, among them {self.waiting[0].image_id}"
                )
            if answered < len(asked) / 2 and self.waiting:
                self.sleep(_POLL_SECONDS)

    def _ask(self, asked: list[Sent]) -> int:
        """Return how many are answered; the others wait on."""
        found = self.records.find_many([sent.image_id for sent in asked])
        unanswered = 0
        for sent in asked:
            image = found.get(sent.image_id)
            if image is not None and sent.is_answered_by(image):
                self._answered(sent, image)
            else:
                self.waiting.append(sent)
                unanswered += 1
        return len(asked) - unanswered

    def _answered(self, sent: Sent, image: Image) -> None:
        if not sent.is_whole:
            self.on_answered(image)
        if image.pending:
            self._half = Spool() if self._half is None else self._half
            self._half.add([image.image_id, "", image.version, sent.is_beside, True])
        else:
            self.on_whole(image)
