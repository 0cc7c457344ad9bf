"""What the image function's traces say: images and latency by the minute, and the steps of the last images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

MINUTES = 15
RECENT = 20

Document = dict[str, Any]


def minutes_of(traces: Sequence[Document], now: float) -> list[Document]:
    """Gives the last minutes, the current one last: how many images, and how long they took (seconds)."""
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
    """Gives the last images, newest first; times of steps count from the image's start (seconds)."""
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
