"""`viewfinder redrive`: moves dead letters back to the queue."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._target import Target, on_stack


@on_stack
def redrive(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how many there are, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Move the messages of the dead-letter queue back to the queue."""
    from rich.console import Console
    from rich.progress import Progress

    from viewfinder.adapters.sqs import count_messages
    from viewfinder.adapters.sqs import redrive as move

    client, dead = target.application.sqs_client, target.outputs["DeadLetterQueueUrl"]
    waiting, moved = count_messages(client, dead), 0
    if waiting and not dry_run:
        with Progress(console=Console(stderr=as_json), transient=True) as bar:
            task = bar.add_task("Moving", total=waiting)
            moved = move(client, dead, target.outputs["QueueUrl"], lambda count: bar.update(task, completed=count))
    counts = {"DeadLetters": waiting, "Moved": moved}
    typer.echo(json.dumps(counts) if as_json else f"{waiting:,} dead letters, {moved:,} moved back to the queue.")
