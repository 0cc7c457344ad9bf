"""`viewfinder status`: what runs, where, and how much work is waiting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from viewfinder.cli._stack import AsJson, DataDir, local_stack, print_pairs

if TYPE_CHECKING:
    from viewfinder.local.stack import LocalStack


def status(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the local stack; the exit code is 1 where something that should run does not."""
    stack = local_stack(data_dir)
    facts = _facts(stack)
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
    else:
        _show(facts)
    if not facts["Running"]:
        raise typer.Exit(1)


def _facts(stack: LocalStack) -> dict[str, Any]:
    record = stack.record
    return {
        "Running": record.running,
        "Components": [
            {"Name": process.name, "Running": process.alive, "Pid": process.pid, "Log": process.log}
            for process in record.processes
        ],
        "Queues": _queues(stack) if record.running else {},
        "Urls": {"Gallery": record.gateway_url, "Api": record.api_url, "Aws": record.endpoint_url},
        "DataDirectory": str(stack.data.path),
    }


def _queues(stack: LocalStack) -> dict[str, int]:
    """Messages that wait, that are worked on, and that were given up."""
    outputs = stack.record.outputs
    client = stack.session.client("sqs", endpoint_url=stack.record.endpoint_url)

    def count(queue: str, attribute: Any) -> int:
        answer = client.get_queue_attributes(QueueUrl=outputs[queue], AttributeNames=[attribute])
        return int(answer["Attributes"][attribute])

    return {
        "Waiting": count("QueueUrl", "ApproximateNumberOfMessages"),
        "InWork": count("QueueUrl", "ApproximateNumberOfMessagesNotVisible"),
        "DeadLetters": count("DeadLetterQueueUrl", "ApproximateNumberOfMessages"),
    }


def _show(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("Component", "State", "Process", "Log", box=None)
    for component in facts["Components"]:
        state = "[green]running[/]" if component["Running"] else "[red]ended[/]"
        table.add_row(component["Name"], state, str(component["Pid"]), component["Log"])
    console.print(table)
    print_pairs(console, "Messages", {name: str(number) for name, number in facts["Queues"].items()})
    print_pairs(console, "Where", facts["Urls"] | {"Data": facts["DataDirectory"]})
