"""`viewfinder logs` and `traces`: the functions' log lines, and the time of their steps."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._printing import Part, new_console, print_json, print_line, say, say_lines
from viewfinder.cli._target import Target, on_stack
from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    from rich.table import Table
    from types_boto3_logs.client import CloudWatchLogsClient

    from viewfinder.operations.activity import Trace

FOLLOW_SECONDS = 1.0
BUILT_IN = {"level", "message", "timestamp", "location", "service"}
"""Fields of a structured line that `line` prints in their own place, or omits."""


class Component(StrEnum):
    """The processes of a local stack."""

    EMULATOR = "emulator"
    ENGINE = "engine"
    GALLERY = "gallery"


@on_stack
def logs(
    target: Target,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new lines.")] = False,
    component: Annotated[
        Component | None,
        typer.Option(help="Show the end of a local component's own log.", show_default="the functions' logs"),
    ] = None,
    since: Annotated[int, typer.Option(min=1, help="Minutes to look back.")] = 10,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each line of the functions' logs as a JSON object.")
    ] = False,
) -> None:
    """Show the log lines of the functions, oldest first."""
    if component and as_json:
        raise typer.BadParameter("a component's log is text", param_hint="--json")
    if component:
        say_lines(_end_of_log(target, component))
        return
    start = int((time.time() - since * 60) * 1000)
    for event in _events(target.client("logs"), target.stack, start, follow=follow):
        if as_json:
            print_json(event_document(event, target.stack), indent=None)
        else:
            say_lines(line(event, target.stack))


def event_document(event: dict[str, Any], stack: str) -> dict[str, Any]:
    """Return time (ISO 8601, UTC), function and message; the message of a structured line is an object."""
    time = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).isoformat(timespec="milliseconds")
    text = event["message"].rstrip()
    try:
        message: Any = json.loads(text)
    except ValueError:
        message = text
    function = event["function"].removeprefix(f"{stack}-")
    return {"Time": time.replace("+00:00", "Z"), "Function": function, "Message": message}


def _end_of_log(target: Target, component: Component) -> str:
    if target.local is None:
        raise ViewfinderError(f"{target.stack} is on AWS, and has no {component}: leave --component out.")
    return target.local.record.process(component).last_words(lines=100)


def _events(client: CloudWatchLogsClient, stack: str, start: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Yield the events of all functions since a time (milliseconds); with `follow`, do not end."""
    seen: set[str] = set()
    while True:
        for event in _recent(client, stack, start):
            if (identity := repr(event)) not in seen:  # MiniStack: its events have no eventId
                seen.add(identity)
                yield event
        if not follow:
            return
        time.sleep(FOLLOW_SECONDS)


def _recent(client: CloudWatchLogsClient, stack: str, start: int) -> list[dict[str, Any]]:
    events = []
    for groups in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{stack}-"):
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=name, startTime=start):
                events += [{**event, "function": name.rpartition("/")[2]} for event in page["events"]]
    return sorted(events, key=lambda event: event["timestamp"])


def line(event: dict[str, Any], stack: str) -> str:
    """Return one line: time, function, level and message; the rest of a structured line behind it."""
    clock = datetime.fromtimestamp(event["timestamp"] / 1000).astimezone().strftime("%H:%M:%S")
    text = event["message"].rstrip()
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if isinstance(fields, dict) and "message" in fields:
        others = " ".join(f"{name}={value}" for name, value in fields.items() if name not in BUILT_IN)
        text = f"{fields.get('level', '')} {fields['message']} {others}"
    return f"{clock} {event['function'].removeprefix(f'{stack}-')}: {text}"


WIDTH = 48
"""Characters of the longest bar."""


@on_stack
def traces(
    target: Target,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Images to show.")] = 5,
    since: Annotated[int, typer.Option(min=1, help="Minutes to look back.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Show how long each step of the last images took."""
    from viewfinder.operations.activity import recent_traces

    found = recent_traces(target.client("logs"), target.stack, minutes=since, limit=limit)
    if as_json:
        print_json({"Traces": [_document(trace) for trace in found]})
    elif found:
        _show(found)
    else:
        say(f"No image was processed in the last {since} minutes.")


def _document(trace: Trace) -> dict[str, Any]:
    steps = [{name.capitalize(): value for name, value in asdict(step).items()} for step in trace.steps]
    return {
        "ImageId": trace.image_id,
        "Started": trace.started,
        "Seconds": trace.seconds,
        "Failed": trace.failed,
        "Steps": steps,
    }


def _show(found: list[Trace]) -> None:
    console = new_console()
    scale = WIDTH / max(trace.seconds for trace in found)
    for trace in found:
        clock = datetime.fromtimestamp(trace.started).astimezone().strftime("%H:%M:%S")
        mark: Part = ("failed ", "red") if trace.failed else ""
        print_line(console, mark, (trace.image_id, "bold"), (f" {clock}", "dim"), f" {trace.seconds * 1000:,.0f} ms")
        console.print(_waterfall(trace, scale))


def _waterfall(trace: Trace, scale: float) -> Table:
    """Draw one row per step, with a bar for its start and duration; all images share one scale."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="cyan", width=8)
    table.add_column(width=WIDTH + 1, no_wrap=True)
    table.add_column(justify="right", width=10)
    for step in trace.steps:
        colour = "red" if step.failed else "green"
        bar = " " * round(step.start * scale) + f"[{colour}]{'━' * max(1, round(step.seconds * scale))}[/]"
        table.add_row(step.name, bar, f"{step.seconds * 1000:,.1f} ms")
    return table
