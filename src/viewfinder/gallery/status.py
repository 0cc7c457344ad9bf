"""The gallery's status page: queues, and recent work of the image function."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.session import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from viewfinder.operations.activity import MINUTES, Activity, activity, queue_counts

FRESH_SECONDS = 2
"""Several open pages cost no more calls than one."""

Document = dict[str, Any]

QUEUES = ("QueueUrl", "DeadLetterQueueUrl", "SecondStageQueueUrl", "SecondStageDeadLetterQueueUrl")
"""The outputs of a stack that name its queues."""


@dataclass(frozen=True)
class Sources:
    """The sources of the numbers; the page omits those that are None or empty."""

    queue_url: str | None = None
    dead_letter_queue_url: str | None = None
    second_stage_queue_url: str | None = None
    second_stage_dead_letter_queue_url: str | None = None
    stack: str | None = None
    recovery: Path | None = None

    @classmethod
    def of(cls, outputs: Mapping[str, str], stack: str | None = None, recovery: Path | None = None) -> Sources:
        """Return the queues that a stack's outputs name; one of an earlier release has no second stage."""
        queue, dead_letters, second_stage, its_dead_letters = map(outputs.get, QUEUES)
        return cls(queue, dead_letters, second_stage, its_dead_letters, stack, recovery)


class Status:
    """The numbers of one stack, at most two seconds old."""

    def __init__(self, session: Session, sources: Sources) -> None:
        self._session = session
        self._sources = sources
        self._document: Document = {}
        self._read_at = float("-inf")

    async def answer(self, _: Request) -> Response:
        """Return the status as JSON."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._document = await run_in_threadpool(self._read)
            self._read_at = time.monotonic()
        return JSONResponse(self._document, headers={"cache-control": "no-store"})

    def _read(self) -> Document:
        found = self._activity()
        return {
            "Queue": self._counts(self._sources.queue_url),
            "DeadLetters": self._counts(self._sources.dead_letter_queue_url),
            "SecondStage": self._counts(self._sources.second_stage_queue_url),
            "SecondStageDeadLetters": self._counts(self._sources.second_stage_dead_letter_queue_url),
            "LastMinutes": found.to_document(),
            "Minutes": found.by_minute(time.time()),
            "Recent": found.recent(),
            "Recovery": self._recovery(),
        }

    def _recovery(self) -> Document | None:
        """Return how far the catalog's recovery is (`State`, `Left`, `Images`); None if there is none."""
        try:
            return None if self._sources.recovery is None else dict(json.loads(self._sources.recovery.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            return {"State": "WAITING"}  # that the file is there says enough

    def _counts(self, queue_url: str | None) -> Document | None:
        return None if queue_url is None else queue_counts(self._session.client("sqs"), queue_url)

    def _activity(self) -> Activity:
        if self._sources.stack is None:
            return Activity(MINUTES, (), {}, {})
        return activity(self._session.client("logs"), self._sources.stack)
