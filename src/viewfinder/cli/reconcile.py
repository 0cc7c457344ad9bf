"""`viewfinder reconcile`, `redrive` and `reanalyze`: put right what differs, failed or is out of date."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import new_console, say
from viewfinder.cli._target import Target, confirm_calls, on_stack

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.domain.image import Image


@on_stack
def reconcile(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences, and change nothing.")] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds without any change before giving up.")] = 900,
    as_json: AsJson = False,
) -> None:
    """Compare bucket and catalog, and repair the differences. Exit with 1 while differences remain."""
    from viewfinder.usecases.reconcile import find_differences

    target.require("emulator", "engine")
    console = new_console(stderr=as_json)
    stores = target.application.stores
    with console.status("Comparing bucket and catalog"):
        found = find_differences(stores)
    if found and not dry_run:
        _repair(stores, patience, console)
    say(json.dumps({"Objects": found.objects, **found.counts()}) if as_json else _sentence(found, dry_run))
    if dry_run and found:
        raise typer.Exit(1)


def _repair(stores: Any, patience: float, console: Any) -> None:
    from viewfinder.usecases.reconcile import reconcile as repair

    with console.status("Repairing the differences") as status:
        repair(
            stores,
            patience=patience,
            on_progress=lambda left: status.update(f"{len(left.images):,} images left"),
        )


def _sentence(found: Any, dry_run: bool) -> str:
    if not found:
        return f"Bucket and catalog agree about {found.objects:,} images."
    return f"{found.objects:,} images: {found.in_words()}. " + (
        "Nothing was changed." if dry_run else "They agree now."
    )


@on_stack
def redrive(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how many there are, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Move the messages of the dead-letter queue back to the queue."""
    from rich.progress import Progress

    from viewfinder.adapters.dead_letters import count_messages
    from viewfinder.adapters.dead_letters import redrive as move

    client, dead = target.application.sqs_client, target.outputs["DeadLetterQueueUrl"]
    waiting, moved = count_messages(client, dead), 0
    if waiting and not dry_run:
        with Progress(console=new_console(stderr=as_json), transient=True) as bar:
            task = bar.add_task("Moving", total=waiting)
            moved = move(client, dead, target.outputs["QueueUrl"], lambda count: bar.update(task, completed=count))
    counts = {"DeadLetters": waiting, "Moved": moved}
    say(json.dumps(counts) if as_json else f"{waiting:,} dead letters, {moved:,} moved back to the queue.")


@on_stack
def reanalyze(
    target: Target,
    *,
    model_version_below: Annotated[
        str,
        typer.Option(
            metavar="V", help="Only images analysed by a model older than this version.", show_default="any model"
        ),
    ] = "",
    prefix: Annotated[str, typer.Option(help="Only images whose key has this prefix.", show_default="all")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how many there are, and change nothing.")] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds without any answer before giving up.")] = 900,
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Analyse images again; each distinct content costs a detector call."""
    from viewfinder.usecases.reanalyze import find_images

    target.require("emulator", "engine")
    console = new_console(stderr=as_json)
    images = list(find_images(target.application.records, model_version_below=model_version_below, prefix=prefix))
    calls = len({image.sha256 for image in images})
    price = target.price(calls)
    if not dry_run and not yes:
        confirm_calls(calls, price, err=as_json)
    answered = [] if dry_run else _run(images, target, patience, console)
    counts = {"Images": len(images), "Calls": calls, "Dollars": price, "Answered": len(answered)}
    sentence = f"{len(images):,} images with {calls:,} contents, {len(answered):,} analysed again."
    say(json.dumps(counts) if as_json else sentence)


def _run(images: list[Image], target: Target, patience: float, console: Console) -> list[Image]:
    from rich.progress import Progress

    from viewfinder.usecases.import_images import await_images
    from viewfinder.usecases.reanalyze import reanalyze_images

    application = target.application
    sent = reanalyze_images(images, application.requests, application.clock)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Analysing", total=len(sent))
        return await_images(sent, application.records, patience=patience, on_answered=lambda _: bar.advance(task))
