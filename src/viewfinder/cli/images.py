"""`viewfinder images`: everything known of one image, and its removal."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from viewfinder.cli._options import AsJson, print_rows, specific_first
from viewfinder.cli._target import ApiError, Target, image_path, on_stack

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
    """Remove images: the objects at once, what is known of them within seconds. Exit with 1 if one can't be removed."""
    api = target.api
    removed, failed = [], []
    for image_id in image_ids:
        try:
            removed.append(api.call("DELETE", image_path(image_id)))
        except ApiError as error:
            failed.append({"ImageId": image_id, "Message": str(error)})
    if as_json:
        typer.echo(json.dumps({"Removed": removed, "Failed": failed}, indent=2, ensure_ascii=False))
    else:
        for image in removed:
            typer.echo(f"removed {image['ImageId']}")
        for failure in failed:
            typer.secho(f"Error: {failure['ImageId']}: {failure['Message']}", fg="red", err=True)
    if failed:
        raise typer.Exit(1)


def _show(image: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape

    from viewfinder.cli._options import print_pairs

    facts = {name: escape(str(value)) for name, value in image.items() if name not in {"ImageId", "Labels"}}
    print_pairs(Console(soft_wrap=True), escape(image["ImageId"]), facts)
    rows = (
        (
            label["Name"],
            f"{label['Confidence']:.1f}",
            str(len(label["Instances"]) or ""),
            *(", ".join(entry["Name"] for entry in label[member]) for member in ("Parents", "Categories")),
        )
        for label in specific_first(image["Labels"])
    )
    print_rows(("Label", "Confidence", "Boxes", "Parents", "Categories"), rows)
