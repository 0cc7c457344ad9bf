"""`viewfinder import`: import photos of folders or buckets into the pipeline."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson, Yes, specific_first
from viewfinder.cli._printing import complain, new_console, passed_over, print_json, print_line, print_rows, say
from viewfinder.cli._target import Target, confirm_calls, on_stack
from viewfinder.domain.abilities import Ability
from viewfinder.domain.errors import ObjectRefusedError
from viewfinder.domain.feature import detector_calls

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.domain.image import Image
    from viewfinder.ports import ImportSource
    from viewfinder.usecases.import_images import Import, Plan, Summary

_SHOWN_LABELS = 6
_SHOWN_IMAGES = 20
_SHOWN_REJECTED = 10
_PATIENCE_SECONDS = 900.0


@on_stack
def import_images(
    target: Target,
    paths: Annotated[list[str], typer.Argument(metavar="PATH|s3://BUCKET/PREFIX...", help="Files, folders, buckets.")],
    *,
    prefix: Annotated[str, typer.Option(help="Prefix for the keys of imported files, such as `holiday/`.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite images that have the same key and other content.")
    ] = False,
    max_rate: Annotated[float, typer.Option(min=0, help="Images per second.", show_default="as fast as it goes")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the actions, and change nothing.")] = False,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds without progress before the command gives up.")
    ] = _PATIENCE_SECONDS,
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Import photos: send those that the pipeline does not have yet, and wait until they are analysed.

    They can be searched for by their labels first; text and other features follow, also when the command has ended.
    A folder's name is part of the keys of its files; hidden and system folders are left out. Nothing is overwritten: of
    two contents for one key the second gets a key of its own. The same command goes on after an interruption. Exit with
    1 if a file can't be read or an image fails.
    """
    target.require("emulator", "engine")
    console = new_console(stderr=as_json)
    work = _import(target, _source(paths, prefix, target), replace=replace, per_second=max_rate)
    with _ctrl_c_told(work, console):
        if dry_run or target.price(1):
            plan = _plan(work, target, console)
            if dry_run:
                _report(_plan_document(plan, target), work.source, as_json)
                _fail_where(work.source.problems)
                return
            if not yes:
                calls = detector_calls(target.application.features, plan.calls)
                confirm_calls(calls, target.price(calls), err=as_json)
        answers = _run(work, patience, console)
    _group_people(target, console)
    _conclude(work, answers, target, as_json=as_json)


def _group_people(target: Target, console: Console) -> None:
    """Group the faces that came, where the stack keeps faces: the images follow within seconds."""
    if target.application.keeps_people:
        from viewfinder.usecases.keep_people import keep_people

        with console.status("Grouping faces into people"):
            keep_people(target.application.unused)


def import_folder(target: Target, folder: Path, console: Console) -> None:
    """Import a folder of photos, and print their labels."""
    work = _import(target, _source([str(folder)], "", target))
    _conclude(work, _run(work, _PATIENCE_SECONDS, console), target, as_json=False)


def _require_uploads(target: Target) -> None:
    """Raise ObjectRefusedError where the images bucket takes no uploads, with the reason."""
    if reason := target.application.settings.absent_abilities.get(Ability.UPLOADS):
        raise ObjectRefusedError(f"Nothing can be imported: {reason}. See: {target.command('backfill')}")


def _import(target: Target, source: ImportSource, **options: Any) -> Import:
    from viewfinder.usecases.import_images import Import

    return Import(source, target.application.records, target.application.requests, **options)


def _source(paths: list[str], prefix: str, target: Target) -> ImportSource:
    from viewfinder.adapters.import_sources import Files, OtherBucket, SameBucket
    from viewfinder.adapters.s3 import S3Objects

    application = target.application
    own = f"s3://{application.settings.images_bucket}"
    if not all(path == own or path.startswith(f"{own}/") for path in paths):
        _require_uploads(target)
    if not any(path.startswith("s3://") for path in paths):
        return Files(tuple(map(Path, paths)), prefix, application.image_objects)
    if len(paths) > 1:
        raise typer.BadParameter("name one s3:// address, or files and folders")
    bucket, _, start = paths[0].removeprefix("s3://").partition("/")
    if bucket == application.settings.images_bucket:
        return SameBucket(application.image_objects, start, application.requests)
    return OtherBucket(S3Objects(application.s3_client, bucket), start, application.image_objects)


def _plan(work: Import, target: Target, console: Console) -> Plan:
    application = target.application
    with _progress("Comparing", work.source, console) as show:
        return work.plan(application.derived, application.parameters, on_checked=show)


@dataclass
class _Answers:
    """The images to report: the first that were analysed, and all that were rejected."""

    first: list[Image] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)

    def keep(self, image: Image) -> None:
        if len(self.first) <= _SHOWN_IMAGES:
            self.first.append(image)
        if image.status == "REJECTED":
            self.rejected.append({"ImageId": image.image_id, "Reason": image.reason, "Message": image.message})


def _run(work: Import, patience: float, console: Console) -> _Answers:
    answers = _Answers()
    with _progress("Importing", work.source, console) as show:
        work.run(patience=patience, on_answered=answers.keep, on_progress=partial(_show, show))
    return answers


def _show(show: Any, summary: Summary) -> None:
    show(summary.settled, summary.completed, summary.halves)


@contextmanager
def _ctrl_c_told(work: Import, console: Console) -> Iterator[None]:
    """On Ctrl-C, print how to resume, and exit without waiting for uploads in progress."""
    try:
        yield
    except KeyboardInterrupt:
        print_line(console, _interrupted(work.summary))
        sys.stdout.flush()
        sys.stderr.flush()
        _leave(130)  # by the shells' convention, 128 and the number of SIGINT


def _interrupted(summary: Summary) -> str:
    waiting = summary.halves - summary.completed
    if waiting and summary.sent == summary.answered.total():
        return (
            f"All {summary.sent:,} images sent can be searched for by their labels. {waiting:,} of them wait for text "
            "or other features, which the stack goes on with."
        )
    return (
        f"Interrupted: {summary.sent:,} images are sent, {summary.answered.total():,} of them analysed. "
        "Run the same command to continue."
    )


def _leave(code: int) -> None:
    """End the process at once: an orderly exit waits for the threads that send."""
    os._exit(code)


def _conclude(work: Import, answers: _Answers, target: Target, *, as_json: bool) -> None:
    summary, source = work.summary, work.source
    saved = target.price(summary.saved_calls)
    if as_json:
        _report(_document(summary, saved) | {"RejectedImages": answers.rejected}, source, as_json)
    else:
        if 0 < len(answers.first) <= _SHOWN_IMAGES:
            _print_labels(answers.first)
        say(_sentence(summary, saved))
        _print_rejected(answers.rejected, target)
        _print_left_out(source)
    _fail_where(summary.failed or summary.lacking or source.problems)


def _fail_where(anything: object) -> None:
    if anything:
        raise typer.Exit(1)


def _plan_document(plan: Plan, target: Target) -> dict[str, Any]:
    calls = detector_calls(target.application.features, plan.calls)
    counts = {"Present": plan.present, "Missing": plan.missing, "Calls": calls}
    return counts | {"Dollars": target.price(calls)}


def _document(summary: Summary, saved: float) -> dict[str, Any]:
    return {
        "Images": summary.settled,
        "Present": summary.present.total(),
        "Analyzed": summary.analyzed,
        "Rejected": summary.rejected,
        "Failed": summary.failed,
        "Completed": summary.completed,
        "LackingFeatures": summary.lacking,
        "KeptBeside": summary.beside,
        "Calls": summary.calls,
        "SavedCalls": summary.saved_calls,
        "SavedDollars": saved,
    }


def _sentence(summary: Summary, saved: float) -> str:
    beside = f"{summary.beside:,} got a new key, because their key held other content. "
    return (
        f"{summary.settled:,} images: {summary.present.total():,} were there already{_rejected_before(summary)}, "
        f"{summary.analyzed:,} analysed, "
        f"{summary.rejected:,} rejected, {summary.failed:,} failed. "
        + (beside if summary.beside else "")
        + (f"Of {summary.lacking:,} a feature failed: their Reason says why. " if summary.lacking else "")
        + f"{summary.calls:,} detector calls; {summary.saved_calls:,} saved by reuse"
        + (f" (${saved:,.3f})." if saved else ".")
    )


def _rejected_before(summary: Summary) -> str:
    rejected = sum(count for status, count in summary.present.items() if status == "REJECTED")
    return f" ({rejected:,} of them rejected)" if rejected else ""


def _print_labels(images: Sequence[Image]) -> None:
    rows = []
    for image in sorted(images, key=lambda image: image.image_id):
        ordered = specific_first(label.to_document() for label in image.corrected_labels)
        labels = [f"{label['Name']} {label['Confidence']:.0f}" for label in ordered[:_SHOWN_LABELS]]
        rows.append((image.image_id, image.status, ", ".join(labels) or image.reason))
    print_rows(("Image", "Status", "Labels"), rows)


def _print_rejected(rejected: Sequence[dict[str, str]], target: Target) -> None:
    for image in rejected[:_SHOWN_REJECTED]:
        complain(f"Rejected: {image['ImageId']}: {image['Message'] or image['Reason']}")
    if (more := len(rejected) - _SHOWN_REJECTED) > 0:
        complain(f"... and {more:,} more rejected (--json has all).")
    if rejected:
        say(f"List rejected images: {target.command('search --status REJECTED')}")


def _report(document: dict[str, Any], source: ImportSource, as_json: bool) -> None:
    if as_json:
        left_out = {"PassedOver": dict(sorted(source.passed_over.items())), "Problems": source.problems}
        print_json(document | left_out, indent=None)
    else:
        for name, value in document.items():
            say(f"{name}: {value}")
        _print_left_out(source)


def _print_left_out(source: ImportSource) -> None:
    if source.passed_over:
        say(passed_over(source.passed_over))
    for problem in source.problems[:_SHOWN_IMAGES]:
        complain(f"Not imported: {problem}")
    if (more := len(source.problems) - _SHOWN_IMAGES) > 0:
        complain(f"... and {more:,} more (--json has all).")


@contextmanager
def _progress(title: str, source: ImportSource, console: Console) -> Iterator[Any]:
    """Show a progress bar; the yielded function takes the number of images done.

    It also takes how many images have the features of their second stage, and of how many these were to come: a
    second bar shows them.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as bar:
        task = bar.add_task(title, total=source.count())
        rest = bar.add_task("Text and other features", total=0, visible=False)

        def show(done: int, completed: int = 0, halves: int = 0) -> None:
            bar.update(task, completed=done + source.passed_over.total() + len(source.problems))
            bar.update(rest, completed=completed, total=halves, visible=halves > 0)

        yield show
