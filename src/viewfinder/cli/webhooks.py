"""`viewfinder webhooks`: where the local stack's events go, how many wait, and which were given up."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson, DataDir, local_stack
from viewfinder.cli._printing import new_console, print_json, print_pairs, print_rows, say
from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    from viewfinder.ports import OutboxEvent


class NoWebhookError(ViewfinderError):
    """The stack sends no events."""


def webhooks(
    *,
    show_secret: Annotated[
        bool, typer.Option("--show-secret", help="Print the secret that receivers verify signatures with.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Send all events again that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Events to list.")] = 100,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the webhook of the stack on this machine: events that wait, and those given up after a day."""
    from viewfinder.local.webhooks import outbox_of

    stack = local_stack(data_dir)
    record = stack.running.record
    if not record.webhook:
        raise NoWebhookError(f"No webhook is set. Set one with: {stack.data.command('up --webhook URL')}")
    outbox = outbox_of(stack.data)
    if retry:
        say(f"{outbox.revive(time.time()):,} events are sent again.")
        return
    counts, dead = outbox.counts(), [_document(event) for event in outbox.dead(limit)]
    facts: dict[str, Any] = {"Url": record.webhook, "Waiting": counts.waiting, "Dead": counts.dead}
    facts |= {"Secret": record.webhook_secret} if show_secret else {}
    if as_json:
        print_json(facts | {"DeadEvents": dead})
        return
    print_pairs(new_console(), "Webhook", {name: str(value) for name, value in facts.items()})
    if dead:
        columns = ("ImageId", "Type", "SavedAt", "Attempts", "Problem")
        print_rows(columns, ([event[column] for column in columns] for event in dead))
        say(f"Send them again with: {stack.data.command('webhooks --retry')}")


def _document(event: OutboxEvent) -> dict[str, Any]:
    return {
        "ImageId": event.image_id,
        "Version": event.version,
        "Type": event.document["Type"],
        "SavedAt": datetime.fromtimestamp(event.saved_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Attempts": event.attempts,
        "Problem": event.problem,
    }
