"""`viewfinder status`: what runs, where, and how much work is waiting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from viewfinder.cli._options import AsJson, DataDir, local_stack, print_pairs

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
        "LastMinutes": _last_minutes(stack) if record.running else {},
        "Urls": {"Gallery": record.gallery_url, "Api": record.api_url, "Aws": record.endpoint_url},
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


def _last_minutes(stack: LocalStack) -> dict[str, Any]:
    """What the metrics on the dashboard say on AWS, read from the log; times in milliseconds."""
    from viewfinder.local.components import STACK_NAME
    from viewfinder.operations.activity import activity

    found = activity(stack.session.client("logs", endpoint_url=stack.record.endpoint_url), STACK_NAME)
    return {
        "Minutes": found.minutes,
        "Images": found.outcomes,
        "Reused": found.efforts.get("REUSED", 0),
        "Failures": found.failures,
        "ImagesPerMinute": found.images_per_minute,
        "LatencyP50": found.latency_p50,
        "LatencyP95": found.latency_p95,
        "DetectorP50": found.detector_p50,
    }


def _in_words(minutes: dict[str, Any]) -> dict[str, str]:
    images = ", ".join(f"{number} {status.lower()}" for status, number in minutes["Images"].items()) or "none"
    words = {"Images": f"{images}; {minutes['Reused']} by a known content; {minutes['Failures']} tries failed"}
    if minutes["LatencyP50"] is not None:
        words["Function"] = f"half within {minutes['LatencyP50']:,.0f} ms, 95 % within {minutes['LatencyP95']:,.0f} ms"
    if minutes["DetectorP50"] is not None:
        words["Detector"] = f"half within {minutes['DetectorP50']:,.0f} ms"
    return words


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
    if facts["LastMinutes"]:
        print_pairs(console, f"The last {facts['LastMinutes']['Minutes']} minutes", _in_words(facts["LastMinutes"]))
    print_pairs(console, "Where", facts["Urls"] | {"Data": facts["DataDirectory"]})
