"""`viewfinder reanalyze`: analyses images again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._target import Target, confirm_calls, on_stack

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.domain.image import Image


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
    from rich.console import Console

    from viewfinder.usecases.reanalyze_images import find_images

    target.require("emulator", "engine")
    console = Console(stderr=as_json)
    images = list(find_images(target.application.records, model_version_below=model_version_below, prefix=prefix))
    calls = len({image.sha256 for image in images})
    price = target.price(calls)
    if not dry_run and not yes:
        confirm_calls(calls, price, err=as_json)
    answered = [] if dry_run else _run(images, target, patience, console)
    counts = {"Images": len(images), "Calls": calls, "Dollars": price, "Answered": len(answered)}
    sentence = f"{len(images):,} images with {calls:,} contents, {len(answered):,} analysed again."
    typer.echo(json.dumps(counts) if as_json else sentence)


def _run(images: list[Image], target: Target, patience: float, console: Console) -> list[Image]:
    from rich.progress import Progress

    from viewfinder.usecases.import_images import await_images
    from viewfinder.usecases.reanalyze_images import reanalyze_images

    application = target.application
    sent = reanalyze_images(images, application.requests, application.clock)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Analysing", total=len(sent))
        return await_images(sent, application.records, patience=patience, on_answered=lambda _: bar.advance(task))
