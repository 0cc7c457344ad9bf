"""`viewfinder images`: everything known of one image, and its removal."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._target import Target, image_path, on_stack

app = typer.Typer(help="Show or remove single images.", no_args_is_help=True)

ImageId = Annotated[str, typer.Argument(help="The object's key.")]


@app.command()
@on_stack
def get(target: Target, image_id: ImageId, *, as_json: AsJson = False) -> None:
    """Show an image with its labels."""
    image = target.api.call("GET", image_path(image_id))
    if as_json:
        typer.echo(json.dumps(image, indent=2, ensure_ascii=False))
    else:
        _show(image)


@app.command()
@on_stack
def rm(
    target: Target,
    image_ids: Annotated[list[str], typer.Argument(help="The objects' keys.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Remove images: the objects at once, what is known of them within seconds."""
    api = target.api
    removed = [api.call("DELETE", image_path(image_id)) for image_id in image_ids]
    if as_json:
        typer.echo(json.dumps({"Removed": removed}, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(f"removed {image['ImageId']}" for image in removed))


def _show(image: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from viewfinder.cli._options import print_pairs

    console = Console()
    facts = {name: escape(str(value)) for name, value in image.items() if name not in {"ImageId", "Labels"}}
    print_pairs(console, escape(image["ImageId"]), facts)
    table = Table("Label", "Confidence", "Boxes", "Parents", "Categories", box=None)
    for label in image["Labels"]:
        table.add_row(
            escape(label["Name"]),
            f"{label['Confidence']:.1f}",
            str(len(label["Instances"]) or ""),
            *(escape(", ".join(entry["Name"] for entry in label[member])) for member in ("Parents", "Categories")),
        )
    console.print(table)
