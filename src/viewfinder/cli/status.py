"""`viewfinder status`: the components, queues and recent work of a stack."""

from __future__ import annotations

from typing import Any

import typer

from viewfinder.cli._api import LARGEST_PAGE, ApiError
from viewfinder.cli._options import AsJson
from viewfinder.cli._printing import new_console, print_json, print_line, print_pairs, print_rows
from viewfinder.cli._target import Target, on_stack
from viewfinder.domain.image import UNREADABLE, Status

_NAMED = 10
_QUEUES = {
    "SecondStageWaiting": "Waiting for text and other features",
    "SecondStageInWork": "In work for those",
    "SecondStageDeadLetters": "Dead letters of those",
}


@on_stack
def status(target: Target, *, as_json: AsJson = False) -> None:
    """Show a stack's components, queues and recent work; exit with 1 if a component has ended or work fails."""
    facts = _facts(target)
    if as_json:
        print_json(facts)
    else:
        _show(facts)
    if facts["Problems"]:
        raise typer.Exit(1)


def _facts(target: Target) -> dict[str, Any]:
    processes = target.local.record.processes if target.local else ()
    dead = [process.name for process in processes if not process.alive]
    reachable = "emulator" not in dead
    queues = _queues(target) if reachable else {}
    minutes = _last_minutes(target) if reachable else {}
    return {
        "Stack": target.stack,
        "Running": not dead,
        "Problems": [
            *(target.local.problems() if target.local else ()),
            *(f"{name} has ended. Start it again with: {target.command('up')}" for name in dead),
            *_failures(target, queues, minutes),
        ],
        "Components": [
            {"Name": process.name, "Running": process.alive, "Pid": process.pid, "Log": process.log}
            for process in processes
        ],
        "Recovery": target.local.recovery if target.local else None,
        "Attached": target.local.attached if target.local else None,
        "Queues": queues,
        "LastMinutes": minutes,
        "Urls": _urls(target),
    }


def _failures(target: Target, queues: dict[str, int], minutes: dict[str, Any]) -> list[str]:
    problems = []
    if dead_letters := queues.get("DeadLetters", 0) + queues.get("SecondStageDeadLetters", 0):
        look, again = target.command("redrive --list"), target.command("redrive")
        problems.append(f"{dead_letters:,} dead letters. Look: {look}. Then: {again}")
    if queues and (unreadable := _unreadable(target)):
        names = ", ".join(f"{key} ({reason})" for key, reason in unreadable[:_NAMED])
        more = f" and {len(unreadable) - _NAMED:,} more" if len(unreadable) > _NAMED else ""
        again = target.command("reconcile")
        problems.append(f"The pipeline may not read {names}{more}. Give it access, then: {again}")
    if failed := minutes.get("Failures"):
        problems.append(
            f"{failed:,} attempts failed in the last {minutes['Minutes']} minutes. See: {target.command('logs')}"
        )
    return problems


def _unreadable(target: Target) -> list[tuple[str, str]]:
    """Return which of the last rejected images could not be read, and why; none where the API does not answer."""
    try:
        rejected, _ = target.api.entries("/images", "Images", {"status": Status.REJECTED}, LARGEST_PAGE)
    except ApiError:
        return []
    return [(image["ImageId"], image["Reason"]) for image in rejected if image.get("Reason") in UNREADABLE]


def _urls(target: Target) -> dict[str, str]:
    if target.local is None:
        return {"Api": target.outputs["ApiUrl"]}
    record = target.local.record
    urls = {"Gallery": record.gallery_url, "Api": record.api_url, "Aws": record.endpoint_url}
    return urls | {"DataDirectory": str(target.local.data.path)}


def _queues(target: Target) -> dict[str, int]:
    """Return the number of messages that wait, are in progress, and are dead letters, of both stages."""
    from viewfinder.operations.activity import queue_counts

    client = target.client("sqs")
    counts = queue_counts(client, target.outputs["QueueUrl"])
    dead_letters = queue_counts(client, target.outputs["DeadLetterQueueUrl"])
    found = {"Waiting": counts["Waiting"], "InWork": counts["InWork"], "DeadLetters": dead_letters["Waiting"]}
    if "SecondStageQueueUrl" not in target.outputs:  # a stack of an earlier release
        return found
    second = queue_counts(client, target.outputs["SecondStageQueueUrl"])
    dead_letters = queue_counts(client, target.outputs["SecondStageDeadLetterQueueUrl"])
    return found | {
        "SecondStageWaiting": second["Waiting"],
        "SecondStageInWork": second["InWork"],
        "SecondStageDeadLetters": dead_letters["Waiting"],
    }


def _last_minutes(target: Target) -> dict[str, Any]:
    """Return the dashboard's metrics, computed from the log; times in milliseconds."""
    from viewfinder.operations.activity import activity

    return activity(target.client("logs"), target.stack).to_document()


def _in_words(minutes: dict[str, Any]) -> dict[str, str]:
    images = ", ".join(f"{number} {status.lower()}" for status, number in minutes["Images"].items()) or "none"
    words = {
        "Images": f"{images}; {minutes['Reused']} of them by a known content; {minutes['Failures']} attempts failed"
    }
    if minutes["Completed"]:
        words["Completed"] = f"{minutes['Completed']} images got text or other features after their labels"
    if minutes["LatencyP50"] is not None:
        words["Function"] = f"half within {minutes['LatencyP50']:,.0f} ms, 95 % within {minutes['LatencyP95']:,.0f} ms"
    if minutes["DetectorP50"] is not None:
        words["Detector"] = f"half within {minutes['DetectorP50']:,.0f} ms"
    return words


def _show(facts: dict[str, Any]) -> None:
    console = new_console()
    if facts["Components"]:
        rows = (
            (part["Name"], "running" if part["Running"] else "ended", part["Pid"], part["Log"])
            for part in facts["Components"]
        )
        print_rows(("Component", "State", "Process", "Log"), rows, whole=(0, 3))
    if recovery := facts["Recovery"]:
        left = f"{recovery['Left']:,} of {recovery['Images']:,} images left" if "Left" in recovery else ""
        print_pairs(console, "The catalog's recovery", {recovery["State"].lower(): recovery.get("Message", left)})
    if attached := facts["Attached"]:
        seen = f"{attached['Pictures']:,} pictures, {sum(attached['LeftOut'].values()):,} other files"
        print_pairs(console, f"Attached: {attached['Folder']}", {attached["State"].lower(): seen})
    if facts["Queues"]:
        print_pairs(console, "Messages", {_QUEUES.get(name, name): str(n) for name, n in facts["Queues"].items()})
    if facts["LastMinutes"]:
        print_pairs(console, f"The last {facts['LastMinutes']['Minutes']} minutes", _in_words(facts["LastMinutes"]))
    print_pairs(console, f"Where {facts['Stack']} is", facts["Urls"])
    for problem in facts["Problems"]:
        print_line(console, ("✗ ", "red"), problem)
