"""`viewfinder import`: photos of a folder or a bucket, through the pipeline."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._target import Target, confirm_calls, on_stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from viewfinder.domain.image import Image
    from viewfinder.ports import ImportSource
    from viewfinder.usecases.import_images import Plan, Sent, Summary

_SHOWN_LABELS = 6
_SHOWN_IMAGES = 20


@on_stack
def import_images(
    target: Target,
    paths: Annotated[list[str], typer.Argument(metavar="PATH|s3://BUCKET/PREFIX...", help="Files, folders, buckets.")],
    *,
    prefix: Annotated[str, typer.Option(help="Put before the keys of imported files, as in `holiday/`.")] = "",
    max_rate: Annotated[float, typer.Option(min=0, help="Images per second.", show_default="as fast as it goes")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds without any answer before giving up.")] = 900,
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Import photos: send what the pipeline does not have yet, and wait until it is analysed."""
    from rich.console import Console

    target.require("emulator", "engine")
    console = Console(stderr=as_json)
    plan, source = _plan(paths, prefix, target, console)
    price = target.price(plan.calls)
    if dry_run:
        _report(_plan_document(plan, price), as_json)
        return
    if not yes:
        confirm_calls(plan.calls, price, err=as_json)
    sent = _send(plan, source, target, max_rate, console)
    images = _await(sent, target, patience, console)
    _conclude(plan, images, target, console, as_json)


def _plan(paths: list[str], prefix: str, target: Target, console: Console) -> tuple[Plan, ImportSource]:
    from viewfinder.usecases.import_images import plan_import

    source = _source(paths, prefix, target)
    application = target.application
    with _progress(console) as bar:
        task = bar.add_task("Comparing", total=None)
        stores = (application.derived, application.records, application.parameters)
        return plan_import(source, *stores, on_checked=lambda: bar.advance(task)), source


def _source(paths: list[str], prefix: str, target: Target) -> ImportSource:
    from viewfinder.adapters.import_sources import Files, OtherBucket, SameBucket
    from viewfinder.adapters.s3 import S3Objects

    application = target.application
    if not any(path.startswith("s3://") for path in paths):
        return Files(tuple(_existing(path) for path in paths), prefix, application.image_objects)
    if len(paths) > 1:
        raise typer.BadParameter("name one s3:// address, or files and folders")
    bucket, _, start = paths[0].removeprefix("s3://").partition("/")
    if bucket == application.settings.images_bucket:
        return SameBucket(application.image_objects, start)
    return OtherBucket(S3Objects(application.s3_client, bucket), start, application.image_objects)


def _existing(path: str) -> Path:
    if not Path(path).exists():
        raise typer.BadParameter(f"{path} does not exist")
    return Path(path)


def _send(plan: Plan, source: ImportSource, target: Target, max_rate: float, console: Console) -> list[Sent]:
    from viewfinder.usecases.import_images import send_images

    with _progress(console) as bar:
        task = bar.add_task("Sending", total=len(plan.unanswered) + len(plan.new))
        ways = (source, target.application.records, target.application.requests)
        return send_images(plan, *ways, per_second=max_rate, on_sent=lambda: bar.advance(task))


def _await(sent: list[Sent], target: Target, patience: float, console: Console) -> list[Image]:
    from viewfinder.usecases.import_images import await_images

    with _progress(console) as bar:
        task = bar.add_task("Analysing", total=len(sent))
        records = target.application.records
        return await_images(sent, records, patience=patience, on_answered=lambda _: bar.advance(task))


def _conclude(plan: Plan, images: list[Image], target: Target, console: Console, as_json: bool) -> None:
    from viewfinder.usecases.import_images import Summary

    summary = Summary.of(plan, images)
    saved = target.price(summary.saved_calls)
    if as_json:
        _report(_document(summary, saved), as_json)
    else:
        if len(images) <= _SHOWN_IMAGES:
            _print_labels(images, console)
        console.print(_sentence(summary, saved), highlight=False)
    if summary.failed:
        raise typer.Exit(1)


def _plan_document(plan: Plan, price: float | None) -> dict[str, Any]:
    counts = {"New": len(plan.new), "Unanswered": len(plan.unanswered), "Present": len(plan.present)}
    return counts | {"Calls": plan.calls, "Dollars": price}


def _document(summary: Summary, saved: float) -> dict[str, Any]:
    counts = {name.title().replace("_", ""): value for name, value in asdict(summary).items()}
    return counts | {"SavedCalls": summary.saved_calls, "SavedDollars": saved}


def _sentence(summary: Summary, saved: float) -> str:
    return (
        f"{summary.images:,} images: {summary.present:,} were there already, {summary.analyzed:,} analysed, "
        f"{summary.rejected:,} rejected, {summary.failed:,} failed. "
        f"{summary.calls:,} detector calls; {summary.saved_calls:,} saved by reuse"
        + (f" (${saved:,.3f})." if saved else ".")
    )


def _print_labels(images: Iterable[Image], console: Console) -> None:
    from rich.table import Table

    table = Table("Image", "Status", "Labels")
    for image in sorted(images, key=lambda image: image.image_id):
        labels = [f"{label.name} {label.confidence:.0f}" for label in image.labels[:_SHOWN_LABELS]]
        table.add_row(image.image_id, str(image.status), ", ".join(labels) or image.reason)
    if table.row_count:
        console.print(table)


def _report(document: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(document) if as_json else "\n".join(f"{name}: {value}" for name, value in document.items()))


def _progress(console: Console) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    return Progress(*columns, console=console, transient=True)
