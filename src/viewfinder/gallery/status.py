"""The status of the stack, put together from what AWS's services say of it: queues and the image function's log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boto3.session import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from viewfinder.operations.activity import minutes_of, recent_of

WINDOW_SECONDS = 15 * 60
FRESH_SECONDS = 2
"""Several open pages cost no more calls than one."""

MAX_PAGES = 20
"""Of the log, 1 MB each: a status that is late is none."""

COUNTS = {
    "Waiting": "ApproximateNumberOfMessages",
    "InWork": "ApproximateNumberOfMessagesNotVisible",
    "Delayed": "ApproximateNumberOfMessagesDelayed",
}

Document = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """Where the numbers come from; what is not named is not shown."""

    queue_url: str | None = None
    dead_letter_queue_url: str | None = None
    log_group: str | None = None


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
        now = time.time()
        traces = list(self._traces(now - WINDOW_SECONDS))
        return {
            "Queue": self._counts(self._sources.queue_url),
            "DeadLetters": self._counts(self._sources.dead_letter_queue_url),
            "Minutes": minutes_of(traces, now),
            "Recent": recent_of(traces),
        }

    def _counts(self, queue_url: str | None) -> Document | None:
        if queue_url is None:
            return None
        client = self._session.client("sqs")
        found = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[*COUNTS.values()])  # type: ignore[list-item]
        return {name: int(found["Attributes"].get(attribute, 0)) for name, attribute in COUNTS.items()}  # type: ignore[call-overload]

    def _traces(self, since: float) -> Iterator[Document]:
        """Read the timings that the image function writes into its log (`viewfinder traces` reads the same)."""
        if self._sources.log_group is None:
            return
        pages = self._session.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(
            logGroupName=self._sources.log_group, startTime=int(since * 1000), filterPattern='{ $.message = "trace" }'
        )
        for number, page in enumerate(found):
            yield from filter(None, (_trace(event["message"]) for event in page["events"]))
            if number == MAX_PAGES:
                return


def _trace(line: str) -> Document | None:
    try:
        trace = json.loads(line).get("trace")
    except (ValueError, AttributeError):
        return None
    return trace if isinstance(trace, dict) and trace.get("name") == "image" else None
