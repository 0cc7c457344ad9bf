"""`viewfinder traces`: the steps of the last images and their times, as a waterfall."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._target import Target, on_stack

if TYPE_CHECKING:
    from rich.table import Table

    from viewfinder.operations.activity import Trace

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
        typer.echo(json.dumps({"Traces": [_document(trace) for trace in found]}, indent=2, ensure_ascii=False))
    elif found:
        _show(found)
    else:
        typer.echo(f"No image was worked on in the last {since} minutes.")


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
    from rich.console import Console

    console = Console(highlight=False)
    scale = WIDTH / max(trace.seconds for trace in found)
    for trace in found:
        console.print(_waterfall(trace, scale))


def _waterfall(trace: Trace, scale: float) -> Table:
    """One row per step, its bar where and as long as it was; one scale for all images."""
    from rich.markup import escape
    from rich.table import Table

    clock = datetime.fromtimestamp(trace.started).astimezone().strftime("%H:%M:%S")
    mark = "[red]failed[/] " if trace.failed else ""
    title = f"{mark}[bold]{escape(trace.image_id)}[/] [dim]{clock}[/] {trace.seconds * 1000:,.0f} ms"
    table = Table(title=title, title_justify="left", title_style="", box=None, show_header=False, padding=(0, 1))
    table.add_column(style="cyan", width=8)
    table.add_column(width=WIDTH + 1, no_wrap=True)
    table.add_column(justify="right", width=10)
    for step in trace.steps:
        colour = "red" if step.failed else "green"
        bar = " " * round(step.start * scale) + f"[{colour}]{'━' * max(1, round(step.seconds * scale))}[/]"
        table.add_row(step.name, bar, f"{step.seconds * 1000:,.1f} ms")
    return table
