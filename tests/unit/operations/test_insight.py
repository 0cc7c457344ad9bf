"""Rules of what is read from the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from viewfinder.operations.activity import Step, activity, recent_traces


class Logs:
    """A log in pages of two events; like the emulator's, it takes a filter pattern and gives everything."""

    def __init__(self, *messages: dict[str, Any] | str) -> None:
        self.events = [{"message": text if isinstance(text, str) else json.dumps(text)} for text in messages]

    def get_paginator(self, operation: str) -> Logs:
        assert operation == "filter_log_events"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        assert request["logGroupName"] == "/aws/lambda/my-stack-image-processing"
        for start in range(0, len(self.events), 2):
            yield {"events": self.events[start : start + 2]}


def _trace(image_id: str, start: float, seconds: float, **more: Any) -> dict[str, Any]:
    document = {
        "name": "image",
        "start_time": start,
        "end_time": start + seconds,
        "annotations": {"image_id": image_id},
    }
    return {"message": "trace", "trace": document | more}


def _indexed(status: str, effort: str) -> dict[str, Any]:
    return {"message": "image indexed", "status": status, "effort": effort}


def test_the_last_images_come_newest_last_whatever_the_order_of_the_log() -> None:
    logs: Any = Logs("START RequestId: 1", _trace("c", 30, 1), _trace("a", 10, 1), {"message": "x"}, _trace("b", 20, 1))
    assert [trace.image_id for trace in recent_traces(logs, "my-stack", limit=2)] == ["b", "c"]


def test_a_step_is_told_by_its_place_in_the_image() -> None:
    steps = [
        {"name": "fetch", "start_time": 100.25, "end_time": 100.5},
        {"name": "detect", "start_time": 100.5, "end_time": 101.5},
    ]
    steps[1]["fault"] = True
    logs: Any = Logs(_trace("a", 100, 2, subsegments=steps, fault=True))
    (trace,) = recent_traces(logs, "my-stack")
    assert trace.steps == (Step("fetch", 0.25, 0.25, False), Step("detect", 0.5, 1.0, True))
    assert (trace.seconds, trace.failed) == (2, True)


def test_images_are_counted_by_outcome_and_effort() -> None:
    logs: Any = Logs(_indexed("ANALYZED", "DETECTED"), _indexed("ANALYZED", "REUSED"), _indexed("REJECTED", "RECORD"))
    found = activity(logs, "my-stack", minutes=2)
    assert found.outcomes == {"ANALYZED": 2, "REJECTED": 1}
    assert found.efforts == {"DETECTED": 1, "REUSED": 1, "RECORD": 1}
    assert found.images_per_minute == 1.5


def test_times_are_told_in_milliseconds() -> None:
    traces = [_trace(str(number), 0, number / 100) for number in range(1, 101)]
    found = activity(Logs(*traces), "my-stack")  # type: ignore[arg-type]
    assert found.latency_p50 == pytest.approx(505)
    assert found.latency_p95 == pytest.approx(950.5)


def test_where_nothing_happened_nothing_is_timed() -> None:
    found = activity(Logs(), "my-stack")  # type: ignore[arg-type]
    assert (found.outcomes, found.failures, found.latency_p50, found.detector_p50) == ({}, 0, None, None)


def test_a_single_image_is_its_own_median() -> None:
    found = activity(Logs(_trace("a", 0, 0.2)), "my-stack")  # type: ignore[arg-type]
    assert (found.latency_p50, found.latency_p95) == (200, 200)
