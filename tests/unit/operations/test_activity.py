"""Rules of what is read from the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from viewfinder.operations.activity import Activity, Step, Trace, activity, recent_traces


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


def _activity(*messages: dict[str, Any]) -> Activity:
    """Return the activity that a log of these messages tells of; the log has the one operation that is used."""
    logs: Any = Logs(*messages)
    return activity(logs, "my-stack")


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


def test_the_second_stage_of_an_image_counts_as_completed_and_in_no_rate() -> None:
    second = _trace("a", 10, 4)
    second["trace"]["annotations"]["stage"] = "2"
    completed = {"message": "image completed", "status": "ANALYZED", "effort": "DETECTED"}
    twice = completed | {"effort": "NONE"}
    logs: Any = Logs(_trace("a", 0, 1), _indexed("ANALYZED", "DETECTED"), second, completed, twice)

    found = activity(logs, "my-stack")

    assert (found.outcomes, found.completed, found.latency(95)) == ({"ANALYZED": 1}, 1, 1000)
    assert sum(minute["Images"] for minute in found.by_minute(60)) == 1
    assert [trace["Seconds"] for trace in found.recent()] == [4, 1]


def test_times_are_in_milliseconds() -> None:
    traces = [_trace(str(number), 0, number / 100) for number in range(1, 101)]
    found = _activity(*traces)
    assert found.latency(50) == pytest.approx(505)
    assert found.latency(95) == pytest.approx(950.5)


def test_where_nothing_happened_nothing_is_timed() -> None:
    found = _activity()
    assert (found.outcomes, found.failures, found.latency(50)) == ({}, 0, None)
    assert found.to_document()["DetectorP50"] is None


def test_a_single_image_is_its_own_median() -> None:
    found = _activity(_trace("a", 0, 0.2))
    assert (found.latency(50), found.latency(95)) == (200, 200)


def test_a_line_that_was_cut_short_is_passed_over() -> None:
    logs: Any = Logs('{"message": "trace", "trace": {', "[]", "5", "", _trace("a", 10, 1))
    assert [trace.image_id for trace in recent_traces(logs, "my-stack")] == ["a"]


NOON = 1_800_000_000.0  # the start of a minute


def of(*traces: tuple[float, float]) -> Activity:
    """Return the activity of images that started then and took so long."""
    return Activity(15, tuple(Trace(f"{start}.jpg", start, seconds, False, ()) for start, seconds in traces), {}, {})


def test_minutes_count_and_time_the_images_that_ended_in_them() -> None:
    minutes = of((NOON - 60.5, 1.0), (NOON - 30, 2.0), (NOON - 30, 4.0)).by_minute(NOON + 1)

    assert [minute["Images"] for minute in minutes] == [0] * 13 + [3, 0]
    assert minutes[-2] == {"Start": NOON - 60, "Images": 3, "LatencyP50": 2000.0, "LatencyP95": 3800.0}
    assert minutes[-1] == {"Start": NOON, "Images": 0, "LatencyP50": None, "LatencyP95": None}


def test_a_minute_with_everything_in_it_has_the_percentiles_of_the_whole() -> None:
    found = of(*((NOON - 50, number / 7) for number in range(1, 40)))

    (minute,) = [minute for minute in found.by_minute(NOON - 1) if minute["Images"]]

    summary = found.to_document()
    assert (minute["LatencyP50"], minute["LatencyP95"]) == (summary["LatencyP50"], summary["LatencyP95"])


def test_recent_images_are_the_newest_with_their_steps() -> None:
    steps = [{"name": "detect", "start_time": 99.1, "end_time": 99.5}]
    traces = [_trace(f"{number}.jpg", number, 0.5) for number in range(30)]

    late = _trace("late.jpg", 99, 0.5, fault=True, subsegments=steps)
    recent = _activity(*traces, late).recent()

    assert [image["ImageId"] for image in recent[:2]] == ["late.jpg", "29.jpg"]
    assert len(recent) == 20
    assert recent[0] == {
        "ImageId": "late.jpg",
        "StartedAt": 99,
        "Seconds": 0.5,
        "Failed": True,
        "Steps": [{"Name": "detect", "Start": 0.1, "Seconds": 0.4}],
    }
