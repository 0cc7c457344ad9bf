"""`viewfinder reconcile`, `redrive` and `reanalyze`: put right what differs, failed or is out of date."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._dead_letters import dead_letter_queues, dead_letters
from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import complain, new_console, print_json, print_rows, say
from viewfinder.cli._target import Target, confirm_calls, on_stack

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from viewfinder.usecases.differences import Differences
    from viewfinder.usecases.reanalyze import Selection
    from viewfinder.usecases.reconcile import Repair

_SHOWN_IMAGES = 10


@on_stack
def reconcile(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences, and change nothing.")] = False,
    rewrite: Annotated[
        bool,
        typer.Option(
            "--rewrite",
            help="Write every record again, from analyses that are known: images get vectors of another model.",
        ),
    ] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds without any answer before giving up.")] = 900,
    as_json: AsJson = False,
) -> None:
    """Compare bucket and catalog, and have each difference repaired once. Exit with 1 where some remain.

    The same command goes on after an interruption. Lists of millions are sorted on disk, in the temporary directory.
    """
    from viewfinder.usecases.differences import find_differences
    from viewfinder.usecases.reconcile import Repair, repair

    target.require("emulator", "engine")
    stores, console = target.application.stores, new_console(stderr=as_json)
    with (
        console.status("Comparing bucket and catalog") as status,
        find_differences(stores, lambda found: status.update(_compared(found)), rewrite=rewrite) as found,
    ):
        done = Repair()
        if found and not dry_run:
            done = repair(found, stores, patience=patience, on_progress=lambda done: status.update(_repaired(done)))
        differs, counts = bool(found), {"Objects": found.objects, **found.counts()}
    _print_repair(counts, done, target, dry_run=dry_run, as_json=as_json)
    if done.remaining or (dry_run and differs):
        raise typer.Exit(1)


def _compared(found: Differences) -> str:
    return (
        f"Compared: {found.records:,} records, {found.objects:,} objects, {found.thumbnails:,} thumbnails; "
        f"{len(found):,} images differ"
    )


def _repaired(done: Repair) -> str:
    return f"{done.answered:,} of {done.total:,} images answered, {done.calls:,} detector calls"


def _print_repair(counts: dict[str, int], done: Repair, target: Target, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        remaining = {"Remaining": dict(done.remaining), "RemainingImages": dict(done.named)}
        print_json({**counts, "Answered": done.answered, "DetectorCalls": done.calls, **remaining}, indent=None)
        return
    say(_sentence(counts, done, dry_run=dry_run))
    for image_id, reason in done.named[:_SHOWN_IMAGES]:
        complain(f"Still differs: {image_id}: {reason}")
    if (more := done.remaining.total() - _SHOWN_IMAGES) > 0:
        complain(f"... and {more:,} more. List them: {target.command('reconcile --dry-run --json')}")


def _sentence(counts: dict[str, int], done: Repair, *, dry_run: bool) -> str:
    objects, *kinds = counts.items()
    found = ", ".join(f"{count:,} {_KINDS.get(kind, kind.lower())}" for kind, count in kinds if count)
    if not found:
        return f"Bucket and catalog agree about {objects[1]:,} images."
    if dry_run:
        return f"{objects[1]:,} images: {found}. Nothing was changed."
    left = f"{done.remaining.total():,} still differ" if done.remaining else "They agree now"
    return f"{objects[1]:,} images: {found}. {done.answered:,} were looked at, {done.calls:,} detector calls. {left}."


_KINDS = {
    "Old": "in the format of an earlier release",
    "Chosen": "to be written again",
    "OrphanedThumbnails": "orphaned thumbnails",
}


@on_stack
def redrive(
    target: Target,
    *,
    listed: Annotated[
        bool, typer.Option("--list", help="Name each dead letter's image, reason and time, and change nothing.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Dead letters to list.")] = 100,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how many there are, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Move dead letters back to the queue of their stage, or list them."""
    from rich.progress import Progress

    from viewfinder.adapters.dead_letters import count_messages
    from viewfinder.adapters.dead_letters import redrive as move

    client = target.application.sqs_client
    if listed:
        _print_dead_letters(target, limit, as_json=as_json)
        return
    waiting, moved = 0, 0
    for dead, queue in dead_letter_queues(target.outputs):
        letters = count_messages(client, dead)
        waiting += letters
        if letters and not dry_run:
            with Progress(console=new_console(stderr=as_json), transient=True) as bar:
                task = bar.add_task("Moving", total=letters)
                moved += move(client, dead, queue, partial(_show, bar, task))
    counts = {"DeadLetters": waiting, "Moved": moved}
    say(json.dumps(counts) if as_json else f"{waiting:,} dead letters, {moved:,} moved back to the queue.")


def _show(bar: Progress, task: TaskID, count: int) -> None:
    bar.update(task, completed=count)


def _print_dead_letters(target: Target, limit: int, *, as_json: bool) -> None:
    letters = dead_letters(target, limit)
    if as_json:
        print_json({"DeadLetters": letters})
        return
    columns = ("ImageId", "SentAt", "Reason", "Message")
    print_rows(columns, ([letter[column] for column in columns] for letter in letters))


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
    from viewfinder.usecases.reanalyze import select_images

    target.require("emulator", "engine")
    console, records = new_console(stderr=as_json), target.application.records
    with (
        console.status("Looking at the catalog") as status,
        select_images(
            records,
            model_version_below=model_version_below,
            prefix=prefix,
            on_progress=lambda number: status.update(f"{number:,} records looked at"),
        ) as images,
    ):
        status.stop()
        price = target.price(images.calls)
        if not dry_run and not yes:
            confirm_calls(images.calls, price, err=as_json)
        answered = 0 if dry_run else _run(images, target, patience, console)
        counts = {"Images": len(images), "Calls": images.calls, "Dollars": price, "Answered": answered}
    sentence = f"{counts['Images']:,} images with {counts['Calls']:,} contents, {answered:,} analysed again."
    say(json.dumps(counts) if as_json else sentence)


def _run(images: Selection, target: Target, patience: float, console: Console) -> int:
    """Analyse the images again, and return how many there were."""
    from rich.progress import Progress

    from viewfinder.usecases.reanalyze import reanalyze_images

    application = target.application
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Analysing", total=len(images))
        reanalyze_images(
            images,
            application.records,
            application.requests,
            application.clock,
            patience=patience,
            on_answered=lambda _: bar.advance(task),
        )
    return len(images)
