"""The image function's traces, put together for the status page."""

from __future__ import annotations

from typing import Any

from viewfinder.operations.activity import minutes_of, recent_of

NOON = 1_800_000_000.0  # the start of a minute


def trace(start: float, seconds: float, image_id: str = "dog.jpg", **members: Any) -> dict[str, Any]:
    steps = [{"name": "detect", "start_time": start + 0.1, "end_time": start + seconds}]
    place = {"name": "image", "start_time": start, "end_time": start + seconds}
    return {**place, "annotations": {"image_id": image_id}, "subsegments": steps, **members}


def test_minutes_count_and_time_the_images_that_ended_in_them() -> None:
    minutes = minutes_of([trace(NOON - 60.5, 1.0), trace(NOON - 30, 2.0), trace(NOON - 30, 4.0)], NOON + 1)

    assert [minute["Images"] for minute in minutes] == [0] * 13 + [3, 0]
    assert minutes[-2] == {"Start": NOON - 60, "Images": 3, "Median": 2.0, "P95": 4.0}
    assert minutes[-1] == {"Start": NOON, "Images": 0, "Median": None, "P95": None}


def test_recent_images_are_the_newest_with_their_steps() -> None:
    traces = [trace(NOON + number, 0.5, f"{number}.jpg") for number in range(30)]

    recent = recent_of([*traces, trace(NOON + 99, 1.0, "late.jpg", fault=True)])

    assert [image["ImageId"] for image in recent[:2]] == ["late.jpg", "29.jpg"]
    assert len(recent) == 20
    assert recent[0]["Failed"]
    assert recent[1] == {
        "ImageId": "29.jpg",
        "StartedAt": NOON + 29,
        "Seconds": 0.5,
        "Failed": False,
        "Steps": [{"Name": "detect", "Start": 0.1, "Seconds": 0.4}],
    }
