"""`viewfinder labels`: the labels in use, with the number of images that have them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._target import Target, on_stack


@on_stack
def labels(
    target: Target,
    prefix: Annotated[str | None, typer.Argument(help="What the names start with.")] = None,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the labels in use, in alphabetical order."""
    found = target.api.entries("/labels", "Labels", {"prefix": prefix}, limit)
    if as_json:
        typer.echo(json.dumps({"Labels": found}, indent=2, ensure_ascii=False))
    else:
        _show(found)


def _show(found: Iterable[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("Label", "Images", "Parents", "Categories", "Aliases", box=None)
    for label in found:
        names = (", ".join(entry["Name"] for entry in label[member]) for member in ("Parents", "Categories", "Aliases"))
        table.add_row(escape(label["Name"]), str(label["Count"]), *(escape(text) for text in names))
    Console().print(table)
