"""What the pipeline did lately, read from the log of its image function; the same in both homes."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient

LOG_GROUP = "/aws/lambda/{stack}-image-processing"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an image's way: when it began after the image did, and how long it took, in seconds."""

    name: str
    start: float
    seconds: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one image through the function; `started` is epoch seconds."""

    image_id: str
    started: float
    seconds: float
    failed: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """The last minutes in numbers; times in milliseconds, None where nothing was measured.

    `outcomes` counts images by status, `efforts` by what they took (DETECTED, REUSED, ...).
    """

    minutes: int
    outcomes: dict[str, int]
    efforts: dict[str, int]
    failures: int
    latency_p50: float | None
    latency_p95: float | None
    detector_p50: float | None

    @property
    def images_per_minute(self) -> float:
        """Images that were answered."""
        return sum(self.outcomes.values()) / self.minutes


def recent_traces(client: CloudWatchLogsClient, stack: str, *, minutes: int = 60, limit: int = 10) -> list[Trace]:
    """Return the last images, newest last."""
    traces = [_trace(line["trace"]) for line in _lines(client, stack, minutes, "trace")]
    return sorted(traces, key=lambda trace: trace.started)[-limit:]


def activity(client: CloudWatchLogsClient, stack: str, *, minutes: int = 5) -> Activity:
    """Count and times what the function logged."""
    indexed = list(_lines(client, stack, minutes, "image indexed"))
    traces = [_trace(line["trace"]) for line in _lines(client, stack, minutes, "trace")]
    latencies = [trace.seconds for trace in traces]
    return Activity(
        minutes=minutes,
        outcomes=dict(Counter(line["status"] for line in indexed)),
        efforts=dict(Counter(line["effort"] for line in indexed)),
        failures=sum(trace.failed for trace in traces),
        latency_p50=_percentile(latencies, 50),
        latency_p95=_percentile(latencies, 95),
        detector_p50=_percentile(
            [step.seconds for trace in traces for step in trace.steps if step.name == "detect"], 50
        ),
    )


def _lines(client: CloudWatchLogsClient, stack: str, minutes: int, message: str) -> Iterator[dict[str, Any]]:
    """Yield the log's lines of this message."""
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=LOG_GROUP.format(stack=stack),
        startTime=int((time.time() - minutes * 60) * 1000),
        filterPattern=f'{{ $.message = "{message}" }}',
    )
    for page in pages:
        for event in page["events"]:
            # The emulator takes the pattern and gives every line, Lambda's own among them.
            if event["message"].startswith("{") and (line := json.loads(event["message"])).get("message") == message:
                yield line


def _trace(document: dict[str, Any]) -> Trace:
    start = document["start_time"]
    return Trace(
        image_id=document["annotations"]["image_id"],
        started=start,
        seconds=document["end_time"] - start,
        failed=document.get("fault", False),
        steps=tuple(
            Step(
                step["name"],
                step["start_time"] - start,
                step["end_time"] - step["start_time"],
                step.get("fault", False),
            )
            for step in document.get("subsegments", [])
        ),
    )


def _percentile(seconds: list[float], percent: int) -> float | None:
    """Return the value in milliseconds."""
    if not seconds:
        return None
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    return round(cuts[percent - 1] * 1000, 1)


MINUTES = 15
RECENT = 20

Document = dict[str, Any]


def minutes_of(traces: Sequence[Document], now: float) -> list[Document]:
    """Return the last minutes, the current one last: how many images, and how long they took (seconds)."""
    seconds: defaultdict[int, list[float]] = defaultdict(list)
    for trace in traces:
        seconds[int(trace["end_time"] // 60)].append(trace["end_time"] - trace["start_time"])
    this_minute = int(now // 60)
    return [_minute(number, sorted(seconds[number])) for number in range(this_minute - MINUTES + 1, this_minute + 1)]


def _minute(number: int, seconds: list[float]) -> Document:
    """`P95` is the nearest rank; None where nothing happened."""
    return {
        "Start": number * 60,
        "Images": len(seconds),
        "Median": round(median(seconds), 4) if seconds else None,
        "P95": round(seconds[int(0.95 * (len(seconds) - 1) + 0.5)], 4) if seconds else None,
    }


def recent_of(traces: Sequence[Document]) -> list[Document]:
    """Return the last images, newest first; times of steps count from the image's start (seconds)."""
    newest = sorted(traces, key=lambda trace: float(trace["start_time"]), reverse=True)[:RECENT]
    return [_image(trace) for trace in newest]


def _image(trace: Document) -> Document:
    return {
        "ImageId": trace.get("annotations", {}).get("image_id", ""),
        "StartedAt": trace["start_time"],
        "Seconds": round(trace["end_time"] - trace["start_time"], 4),
        "Failed": bool(trace.get("fault")),
        "Steps": [_step(step, trace["start_time"]) for step in trace.get("subsegments", ())],
    }


def _step(step: Document, origin: float) -> Document:
    return {
        "Name": step["name"],
        "Start": round(step["start_time"] - origin, 4),
        "Seconds": round(step["end_time"] - step["start_time"], 4),
    }
