"""`viewfinder reconcile`: makes the catalog agree with the bucket again."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._target import Target, on_stack


@on_stack
def reconcile(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences, and change nothing.")] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds without any change before giving up.")] = 900,
    as_json: AsJson = False,
) -> None:
    """Compare bucket and catalog, and repair the differences. Exit with 1 while differences remain."""
    from rich.console import Console

    from viewfinder.usecases.reconcile import find_differences

    target.require("emulator", "engine")
    console = Console(stderr=as_json)
    stores = target.application.stores
    with console.status("Comparing bucket and catalog"):
        found = find_differences(stores)
    if found and not dry_run:
        _repair(stores, patience, console)
    typer.echo(json.dumps({"Objects": found.objects, **found.counts()}) if as_json else _sentence(found, dry_run))
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
    kinds = ", ".join(f"{count:,} {kind.lower()}" for kind, count in found.counts().items() if count)
    return f"{found.objects:,} images: {kinds}. " + ("Nothing was changed." if dry_run else "They agree now.")
