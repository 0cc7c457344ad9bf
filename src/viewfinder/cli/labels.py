"""`viewfinder labels`: the labels in use, with the number of images that have them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from viewfinder.cli._options import AsJson, print_rows
from viewfinder.cli._target import Target, complete_label, on_stack


@on_stack
def labels(
    target: Target,
    prefix: Annotated[str | None, typer.Argument(help="Prefix of the names.", autocompletion=complete_label)] = None,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the labels in use, in alphabetical order."""
    found, more = target.api.entries("/labels", "Labels", {"prefix": prefix}, limit)
    if as_json:
        typer.echo(json.dumps({"Labels": found}, indent=2, ensure_ascii=False))
    else:
        rows = (
            (
                label["Name"],
                str(label["Count"]),
                *(
                    ", ".join(entry["Name"] for entry in label[member])
                    for member in ("Parents", "Categories", "Aliases")
                ),
            )
            for label in found
        )
        print_rows(("Label", "Images", "Parents", "Categories", "Aliases"), rows)
    if more:
        typer.echo(f"Labels shown: {len(found):,}. More with --limit {2 * len(found)}.", err=True)
