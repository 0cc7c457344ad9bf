"""`viewfinder logs`: the log lines of the functions, or of a component of the local stack."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._target import Target, on_stack
from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient

FOLLOW_SECONDS = 1.0
BUILT_IN = {"level", "message", "timestamp", "location", "service"}
"""Fields of a structured line that are shown in a place of their own, or not at all."""


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
) -> None:
    """Show the log lines of the functions, oldest first."""
    if component:
        typer.echo(_end_of_log(target, component))
        return
    start = int((time.time() - since * 60) * 1000)
    for event in _events(target.client("logs"), target.stack, start, follow=follow):
        typer.echo(line(event, target.stack))


def _end_of_log(target: Target, component: Component) -> str:
    if target.local is None:
        raise ViewfinderError(f"{target.stack} is on AWS, and has no {component}: leave --component out.")
    return target.local.record.process(component).last_words(lines=100)


def _events(client: CloudWatchLogsClient, stack: str, start: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Yield the events of all functions from a time on, in milliseconds; without end where they are followed."""
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
