"""`viewfinder search`: find images by what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._target import Target, on_stack
from viewfinder.domain.image import VISIBLE_STATUSES
from viewfinder.domain.query import Match, Order

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most so many.")]

_LABELS_SHOWN = 5


@on_stack
def search(
    target: Target,
    labels: Annotated[list[str] | None, typer.Argument(help="Labels that an image has, all of them.")] = None,
    *,
    match_any: Annotated[bool, typer.Option("--any", help="Any of the labels is enough.")] = False,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="A label that an image has not.")] = None,
    category: Annotated[str | None, typer.Option(help="A category of its labels.")] = None,
    min_confidence: Annotated[float | None, typer.Option(min=0, max=100, help="Least confidence, percent.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What the image's key starts with.")] = None,
    status: Annotated[str | None, typer.Option(help=f"One of {', '.join(VISIBLE_STATUSES)}.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Analysed at or after this time or date.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Analysed before this time or date.")] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="Words that are read in it, all of them.")] = None,
    taken_since: Annotated[
        str | None, typer.Option("--taken-from", help="Taken at or after this local time or date.")
    ] = None,
    taken_until: Annotated[str | None, typer.Option("--taken-to", help="Taken before this local time or date.")] = None,
    order: Annotated[Order, typer.Option(help="What comes first.")] = Order.NEWEST,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Find images by label, newest first; all images without a label."""
    query = {
        "label": labels,
        "match": Match.ANY.value if match_any else None,
        "exclude": exclude,
        "category": category,
        "minConfidence": min_confidence,
        "prefix": prefix,
        "status": status,
        "from": since,
        "to": until,
        "text": text,
        "takenFrom": taken_since,
        "takenTo": taken_until,
        "order": order.value,
    }
    images = target.api.entries("/images", "Images", query, limit)
    if as_json:
        typer.echo(json.dumps({"Images": images}, indent=2, ensure_ascii=False))
    else:
        _show(images)


def _show(images: Iterable[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("Image", "Analysed", "Labels", box=None)
    table.columns[0].overflow = "fold"
    for image in images:
        table.add_row(escape(image["ImageId"]), image["AnalyzedAt"][:19].replace("T", " "), escape(_labels(image)))
    Console().print(table)


def _labels(image: dict[str, Any]) -> str:
    """Return the surest labels, or why there are none."""
    shown = [f"{label['Name']} {label['Confidence']:.0f}" for label in image["Labels"][:_LABELS_SHOWN]]
    more = len(image["Labels"]) - len(shown)
    return (
        ", ".join(shown) + (f" and {more} more" if more > 0 else "") or f"{image['Status']} {image.get('Reason', '')}"
    )
