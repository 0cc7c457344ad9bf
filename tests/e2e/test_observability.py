"""What one sees of a running stack: correlated lines, traces, metrics, alarms, and the commands that show them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.waiting import wait_for
from viewfinder.cli.main import app
from viewfinder.operations.activity import activity

IMAGE_ID = "observed/cat.jpg"


def _eventually(find: Callable[[], list[Any]]) -> list[Any]:
    return wait_for(find, seconds=60, what="a line in the log")


def _documents(stack: RunningStack, function: str, needle: str) -> list[dict[str, Any]]:
    """Return the lines of a function's log that are documents with this text in them."""
    pages = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=f"/aws/lambda/viewfinder-{function}")
    )
    lines = [event["message"] for page in pages for event in page["events"]]
    return [json.loads(line) for line in lines if line.startswith("{") and needle in line]


@pytest.fixture(scope="module")
def lines(stack: RunningStack) -> list[dict[str, Any]]:
    """The image function's lines of one image."""
    stack.client("s3").upload_file(str(PROJECT / "samples" / "cat.jpg"), stack.bucket, IMAGE_ID)
    _eventually(
        lambda: [line for line in _documents(stack, "image-processing", IMAGE_ID) if line["message"] == "trace"]
    )
    return _documents(stack, "image-processing", IMAGE_ID)


def test_all_lines_of_an_image_have_one_correlation_id(lines: list[dict[str, Any]]) -> None:
    assert {line["message"] for line in lines} == {"image indexed", "trace"}
    assert len({line["correlation_id"] for line in lines}) == 1
    assert {(line["service"], line["image_id"]) for line in lines} == {("viewfinder", IMAGE_ID)}


def test_an_image_is_traced_step_by_step(lines: list[dict[str, Any]]) -> None:
    (trace,) = (line["trace"] for line in lines if line["message"] == "trace")
    assert [step["name"] for step in trace["subsegments"]] in (
        ["fetch", "decode", "detect", "store"],
        ["fetch", "store"],  # where another test had the same content analysed
    )


@pytest.mark.usefixtures("lines")
def test_an_invocation_publishes_its_metrics(stack: RunningStack) -> None:
    published = _eventually(lambda: _documents(stack, "image-processing", '"ImagesAnalyzed"'))
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in published} == {"Viewfinder"}
    assert {line["service"] for line in published} == {"viewfinder"}


def test_an_api_call_is_logged_with_the_id_that_its_caller_gets(stack: RunningStack) -> None:
    request_id = stack.call("GET", "/images/not-there.jpg").json()["Error"]["RequestId"]
    (line,) = _eventually(lambda: _documents(stack, "api-handler", request_id))
    assert (line["correlation_id"], line["route"], line["status"]) == (request_id, "/images/{ImageId+}", 404)


def test_a_batch_of_the_stream_is_logged_with_the_id_of_its_first_record(rehearsal: RunningStack) -> None:
    rehearsal.client("s3").upload_file(str(PROJECT / "samples" / "cat.jpg"), rehearsal.bucket, "counted.jpg")
    counted = _eventually(lambda: _documents(rehearsal, "label-statistics", "labels counted"))
    assert {len(line["correlation_id"]) >= 32 for line in counted} == {True}


@pytest.mark.usefixtures("lines")
def test_the_last_minutes_are_told_in_numbers(stack: RunningStack) -> None:
    found = activity(stack.client("logs"), "viewfinder", minutes=10)
    assert found.outcomes["ANALYZED"] >= 1
    middle, high = found.latency(50), found.latency(95)
    assert middle is not None
    assert high is not None
    assert 0 < middle <= high


@pytest.mark.usefixtures("lines")
def test_traces_are_drawn(stack: RunningStack) -> None:
    answer = CliRunner().invoke(app, ["traces", "--limit", "500", "--data-dir", str(stack.local.data.path)])
    assert answer.exit_code == 0, answer.output
    assert IMAGE_ID in answer.output
    assert "━" in answer.output
    told = CliRunner().invoke(app, ["traces", "--limit", "500", "--json", "--data-dir", str(stack.local.data.path)])
    trace = next(trace for trace in json.loads(told.output)["Traces"] if trace["ImageId"] == IMAGE_ID)
    assert {"Name", "Start", "Seconds", "Failed"} == trace["Steps"][0].keys()


@pytest.mark.usefixtures("lines")
def test_the_log_is_printed_as_an_object_a_line(stack: RunningStack) -> None:
    told = CliRunner().invoke(app, ["logs", "--json", "--data-dir", str(stack.local.data.path)])
    assert told.exit_code == 0, told.output
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert {*map(frozenset, events)} == {frozenset({"Time", "Function", "Message"})}
    messages = [event["Message"] for event in events if isinstance(event["Message"], dict)]
    assert any(message.get("image_id") == IMAGE_ID for message in messages)


@pytest.mark.usefixtures("lines")
def test_status_tells_the_last_minutes(stack: RunningStack) -> None:
    words = CliRunner().invoke(app, ["status", "--data-dir", str(stack.local.data.path)])
    told = CliRunner().invoke(app, ["status", "--json", "--data-dir", str(stack.local.data.path)])
    facts = json.loads(told.output)
    # Other tests of the session may have left dead letters.
    assert words.exit_code == told.exit_code == bool(facts["Problems"]), words.output + told.output
    assert "The last 15 minutes" in words.output
    assert facts["LastMinutes"]["Images"]["ANALYZED"] >= 1


@pytest.mark.usefixtures("lines")
def test_status_and_gallery_show_the_same_numbers(stack: RunningStack) -> None:
    def both_agree() -> bool:
        told = CliRunner().invoke(app, ["status", "--json", "--data-dir", str(stack.local.data.path)])
        shown = httpx.get(f"{stack.gallery_url}/status.json", timeout=30).json()
        assert shown["LastMinutes"]["LatencyP95"] > 0
        return bool(json.loads(told.output)["LastMinutes"] == shown["LastMinutes"])

    wait_for(both_agree, seconds=30, what="no image between the two answers")


def test_every_alarm_is_there_and_tells_the_topic(stack: RunningStack) -> None:
    alarms = stack.client("cloudwatch").describe_alarms(AlarmNamePrefix="viewfinder-")["MetricAlarms"]
    assert {alarm["AlarmName"].removeprefix("viewfinder-") for alarm in alarms} == {
        *("dead-letters", "oldest-message", "label-statistics-age", "api-server-errors", "api-latency"),
        *("image-processing-errors", "label-statistics-errors", "api-handler-errors"),
        *("image-processing-throttles", "label-statistics-throttles", "api-handler-throttles"),
        *("second-stage-dead-letters", "second-stage-oldest-message", "uncounted-records"),
        *(f"{part}-{what}-throttles" for part in ("table", "gsi1", "gsi2") for what in ("read", "write")),
    }
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(stack.outputs["AlarmTopicArn"],)}


def test_the_dashboard_names_what_the_stack_has(stack: RunningStack) -> None:
    body = json.loads(stack.client("cloudwatch").get_dashboard(DashboardName="viewfinder")["DashboardBody"])
    assert [widget["properties"]["title"] for widget in body["widgets"]] == [
        "Images",
        "Detector",
        "Cost of detection (US dollars) and labels per image",
        "Queue",
        "Functions: errors and throttles",
        "API",
    ]
    assert "${" not in json.dumps(body)
