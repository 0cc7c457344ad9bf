"""Recent activity of a stack: traces and results from the log of its image function, and its queues."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient
    from types_boto3_sqs.client import SQSClient

LOG_GROUP = "/aws/lambda/{stack}-image-processing"
MINUTES = 15
RECENT = 20
MAX_PAGES = 50
"""Of the log, at most 1 MB each: a status that takes long is of no use."""

GIVEN_BACK = "message given back"

_COUNTS = {
    "Waiting": "ApproximateNumberOfMessages",
    "InWork": "ApproximateNumberOfMessagesNotVisible",
    "Delayed": "ApproximateNumberOfMessagesDelayed",
}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the processing of an image: start (since the image's) and duration in seconds."""

    name: str
    start: float
    seconds: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """The processing of one image by the function, in one of its stages; `started` is in epoch seconds."""

    image_id: str
    started: float
    seconds: float
    failed: bool
    steps: tuple[Step, ...]
    is_second_stage: bool = False

    @classmethod
    def from_document(cls, document: Document) -> Trace:
        """Read X-Ray's segment document from a log line."""
        start, annotations = document["start_time"], document.get("annotations", {})
        return cls(
            image_id=annotations.get("image_id", ""),
            is_second_stage=annotations.get("stage") == "2",
            started=start,
            seconds=document["end_time"] - start,
            failed=bool(document.get("fault")),
            steps=tuple(
                Step(
                    step["name"],
                    step["start_time"] - start,
                    step["end_time"] - step["start_time"],
                    bool(step.get("fault")),
                )
                for step in document.get("subsegments", ())
            ),
        )

    def to_document(self) -> Document:
        """Return it for the status page."""
        return {
            "ImageId": self.image_id,
            "StartedAt": self.started,
            "Seconds": round(self.seconds, 4),
            "Failed": self.failed,
            "Steps": [
                {"Name": step.name, "Start": round(step.start, 4), "Seconds": round(step.seconds, 4)}
                for step in self.steps
            ],
        }


@dataclass(frozen=True, slots=True)
class Activity:
    """The last minutes: traces, oldest first, and how many images had each status and each effort (DETECTED, ...).

    `completed` counts images that got the features of their second stage. Rates and times of images are those of the
    first, by which they are found.
    """

    minutes: int
    traces: tuple[Trace, ...]
    outcomes: dict[str, int]
    efforts: dict[str, int]
    completed: int = 0

    @property
    def first_stages(self) -> tuple[Trace, ...]:
        """The traces of first stages."""
        return tuple(trace for trace in self.traces if not trace.is_second_stage)

    @property
    def failures(self) -> int:
        """Attempts that failed."""
        return sum(trace.failed for trace in self.traces)

    @property
    def images_per_minute(self) -> float:
        """Images that were answered."""
        return sum(self.outcomes.values()) / self.minutes

    def latency(self, percent: int) -> float | None:
        """Return the time, in milliseconds, within which so many of 100 images were done; None without one."""
        return _milliseconds([trace.seconds for trace in self.first_stages], percent)

    def to_document(self) -> Document:
        """Return the numbers that `viewfinder status` and the status page show; times in milliseconds."""
        detector = [step.seconds for trace in self.traces for step in trace.steps if step.name == "detect"]
        return {
            "Minutes": self.minutes,
            "Images": self.outcomes,
            "Reused": self.efforts.get("REUSED", 0),
            "Completed": self.completed,
            "Failures": self.failures,
            "ImagesPerMinute": self.images_per_minute,
            "LatencyP50": self.latency(50),
            "LatencyP95": self.latency(95),
            "DetectorP50": _milliseconds(detector, 50),
        }

    def by_minute(self, now: float) -> list[Document]:
        """Return each minute, the current one last: how many images, and how long they took, in milliseconds."""
        seconds: defaultdict[int, list[float]] = defaultdict(list)
        for trace in self.first_stages:
            seconds[int((trace.started + trace.seconds) // 60)].append(trace.seconds)
        this_minute = int(now // 60)
        return [_minute(number, seconds[number]) for number in range(this_minute - self.minutes + 1, this_minute + 1)]

    def recent(self) -> list[Document]:
        """Return the last images, newest first."""
        return [trace.to_document() for trace in reversed(self.traces[-RECENT:])]


def activity(client: CloudWatchLogsClient, stack: str, *, minutes: int = MINUTES) -> Activity:
    """Return counts and times from the image function's log."""
    lines = list(_lines(client, stack, minutes, "trace", "image indexed", "image completed"))
    indexed = [line for line in lines if line["message"] == "image indexed"]
    traces = (Trace.from_document(line["trace"]) for line in lines if line["message"] == "trace")
    return Activity(
        minutes=minutes,
        traces=tuple(sorted(traces, key=lambda trace: trace.started)),
        outcomes=dict(Counter(line["status"] for line in indexed)),
        efforts=dict(Counter(line["effort"] for line in indexed)),
        completed=sum(line["message"] == "image completed" and line["effort"] != "NONE" for line in lines),
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was given back: a reason code, and a sentence."""

    reason: str
    message: str


def failures(client: CloudWatchLogsClient, stack: str, *, since: float) -> dict[str, Failure]:
    """Return the last failure of each message that was given back after `since` (epoch seconds), by its id."""
    lines = _lines(client, stack, (time.time() - since) / 60, GIVEN_BACK)
    return {
        line["correlation_id"]: Failure(line.get("reason", ""), str(line.get("error", "")))
        for line in lines
        if "correlation_id" in line
    }


def recent_traces(client: CloudWatchLogsClient, stack: str, *, minutes: int = 60, limit: int = 10) -> list[Trace]:
    """Return the last images, newest last."""
    return list(activity(client, stack, minutes=minutes).traces[-limit:])


def queue_counts(client: SQSClient, queue_url: str) -> dict[str, int]:
    """Return the numbers of messages that wait, are in progress, and are delayed."""
    attributes: Any = [*_COUNTS.values()]
    found: Any = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=attributes)["Attributes"]
    return {name: int(found.get(attribute, 0)) for name, attribute in _COUNTS.items()}


def _lines(client: CloudWatchLogsClient, stack: str, minutes: float, *messages: str) -> Iterator[Document]:
    """Yield the structured lines with one of these messages."""
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=LOG_GROUP.format(stack=stack),
        startTime=int((time.time() - minutes * 60) * 1000),
        filterPattern="{ " + " || ".join(f'$.message = "{message}"' for message in messages) + " }",
    )
    for page in islice(pages, MAX_PAGES):
        for event in page["events"]:
            # MiniStack: it takes the pattern and returns every line, Lambda's own among them.
            line = _structured(event["message"])
            if line.get("message") in messages:
                yield line


def _structured(text: str) -> Document:
    """Return the fields of a line; none of one that is no JSON object, as when a process was killed while it wrote."""
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _minute(number: int, seconds: list[float]) -> Document:
    """Return one minute; times are None if nothing happened."""
    return {
        "Start": number * 60,
        "Images": len(seconds),
        "LatencyP50": _milliseconds(seconds, 50),
        "LatencyP95": _milliseconds(seconds, 95),
    }


def _milliseconds(seconds: list[float], percent: int) -> float | None:
    """Return the percentile, between the two nearest values."""
    if not seconds:
        return None
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    return round(cuts[percent - 1] * 1000, 1)
