"""`viewfinder logs`: what the functions and the components of the local stack say."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import DataDir, local_stack

if TYPE_CHECKING:
    from types_boto3_logs.client import CloudWatchLogsClient

FOLLOW_SECONDS = 1.0
BUILT_IN = {"level", "message", "timestamp", "location", "service"}
"""Fields of a structured line that are shown in a place of their own, or not at all."""


def logs(
    *,
    data_dir: DataDir = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    component: Annotated[
        str | None, typer.Option(help="The end of a component's own log: engine, emulator or gallery.")
    ] = None,
    since: Annotated[int, typer.Option(help="Minutes to look back.")] = 10,
) -> None:
    """Show what the functions say, oldest first."""
    stack = local_stack(data_dir)
    if component:
        typer.echo(stack.record.process(component).last_words(lines=100))
        return
    client = stack.session.client("logs", endpoint_url=stack.record.endpoint_url)
    start = int((time.time() - since * 60) * 1000)
    for event in _events(client, start, follow=follow):
        typer.echo(line(event))


def _events(client: CloudWatchLogsClient, start: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Events of all functions from a time on, in milliseconds; without end where they are followed."""
    seen: set[str] = set()
    while True:
        for event in _recent(client, start):
            if (identity := repr(event)) not in seen:  # the emulator gives no eventId
                seen.add(identity)
                yield event
        if not follow:
            return
        time.sleep(FOLLOW_SECONDS)


def _recent(client: CloudWatchLogsClient, start: int) -> list[dict[str, Any]]:
    events = []
    for groups in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/viewfinder-"):
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=name, startTime=start):
                events += [{**event, "function": name.rpartition("/")[2]} for event in page["events"]]
    return sorted(events, key=lambda event: event["timestamp"])


def line(event: dict[str, Any]) -> str:
    """One line: time, function, level and message; the rest of a structured line behind it."""
    clock = datetime.fromtimestamp(event["timestamp"] / 1000).astimezone().strftime("%H:%M:%S")
    text = event["message"].rstrip()
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if isinstance(fields, dict) and "message" in fields:
        others = " ".join(f"{name}={value}" for name, value in fields.items() if name not in BUILT_IN)
        text = f"{fields.get('level', '')} {fields['message']} {others}"
    return f"{clock} {event['function'].removeprefix('viewfinder-')}: {text}"
