"""`viewfinder images`: everything known of one image, its removal, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from viewfinder.cli._api import Api, ApiError, Document, image_path
from viewfinder.cli._options import AsJson, print_rows, specific_first
from viewfinder.cli._target import Target, complete_label, on_stack

app = typer.Typer(help="Show, remove and restore single images.", no_args_is_help=True)

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
def label(
    target: Target,
    image_id: ImageId,
    *,
    add: Annotated[
        list[str] | None, typer.Option("--add", help="A label that the image has.", autocompletion=complete_label)
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A wrong label.", autocompletion=complete_label)
    ] = None,
    undo: Annotated[list[str] | None, typer.Option("--undo", help="A label to leave to the detector again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Correct the labels of an image: add some, remove wrong ones, or take either back."""
    body = {name: given for name, given in (("Add", add), ("Remove", remove), ("Undo", undo)) if given}
    if not body:
        raise typer.BadParameter("give --add, --remove or --undo")
    image = target.api.call("PATCH", image_path(image_id), body=body)
    if as_json:
        typer.echo(json.dumps(image, indent=2, ensure_ascii=False))
    else:
        _show(image)


ImageIds = Annotated[list[str], typer.Argument(help="The objects' keys.")]


@app.command()
@on_stack
def rm(target: Target, image_ids: ImageIds, *, as_json: AsJson = False) -> None:
    """Remove images: the objects at once, what is known of them within seconds. Exit with 1 if one can't be removed.

    They are in the trash then, from which `images restore` brings them back.
    """
    _for_each(target.api, image_ids, "Removed", lambda api, key: api.call("DELETE", image_path(key)), as_json=as_json)


@app.command()
@on_stack
def trash(
    target: Target,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the removed images that can come back, the last removed first."""
    found, more = target.api.entries("/trash", "Images", {}, limit)
    if as_json:
        typer.echo(json.dumps({"Images": found}, indent=2, ensure_ascii=False))
    else:
        rows = (
            (entry["ImageId"], *map(_time, (entry["DeletedAt"], entry["ExpiresAt"])), str(entry["Bytes"]))
            for entry in found
        )
        print_rows(("Image", "Removed", "Kept until", "Bytes"), rows)
    if more:
        typer.echo(f"Images shown: {len(found):,}. More with --limit {2 * len(found)}.", err=True)


@app.command()
@on_stack
def restore(
    target: Target,
    image_ids: ImageIds,
    *,
    version: Annotated[str | None, typer.Option(help="A version of `images versions`, for one image.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring removed images back, or make an earlier version the current one. Exit with 1 if one can't be restored."""
    if version and len(image_ids) > 1:
        raise typer.BadParameter("--version is for one image")

    def call(api: Api, key: str) -> Document:
        if version:
            return api.call("POST", image_path(key, "versions"), body={"VersionId": version})
        return api.call("POST", image_path(key, "trash"))

    _for_each(target.api, image_ids, "Restored", call, as_json=as_json)


@app.command()
@on_stack
def purge(
    target: Target,
    image_ids: ImageIds,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete removed images for good, with all their versions. Exit with 1 if one can't be deleted."""
    if not yes:
        typer.confirm(
            f"Nothing can bring back {len(image_ids):,} images. Delete them for good?", abort=True, err=as_json
        )

    def call(api: Api, key: str) -> Document:
        return api.call("DELETE", image_path(key, "trash")) or {"ImageId": key}

    _for_each(target.api, image_ids, "Deleted", call, as_json=as_json)


@app.command()
@on_stack
def versions(target: Target, image_id: ImageId, *, as_json: AsJson = False) -> None:
    """List the versions of an image, newest first; those of a removed one too."""
    document = target.api.call("GET", image_path(image_id, "versions"))
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    rows = (
        (entry["VersionId"], _time(entry["LastModified"]), str(entry["Bytes"]), "current" if entry["IsLatest"] else "")
        for entry in document["Versions"]
    )
    print_rows(("Version", "Written", "Bytes", ""), rows)


def _time(text: str) -> str:
    return text[:19].replace("T", " ")


def _for_each(
    api: Api, image_ids: list[str], done: str, call: Callable[[Api, str], Document], *, as_json: bool
) -> None:
    """Call the API for each image, say what became of it, and exit with 1 if a call failed."""
    documents, failed = [], []
    for image_id in image_ids:
        try:
            documents.append(call(api, image_id))
        except ApiError as error:
            failed.append({"ImageId": image_id, "Message": str(error)})
    if as_json:
        typer.echo(json.dumps({done: documents, "Failed": failed}, indent=2, ensure_ascii=False))
    else:
        for document in documents:
            typer.echo(f"{done.lower()} {document['ImageId']}")
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
