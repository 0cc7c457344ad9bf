"""`viewfinder images`: show, correct, remove and restore single images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from viewfinder.cli._api import Api, ApiError, Document, image_path
from viewfinder.cli._options import AsJson, specific_first
from viewfinder.cli._printing import complain, new_console, print_json, print_pairs, print_rows, say, tell
from viewfinder.cli._target import Target, complete_label, on_stack

app = typer.Typer(help="Show, remove and restore single images.", no_args_is_help=True)

ImageId = Annotated[str, typer.Argument(help="The object's key.")]


@app.command()
@on_stack
def get(target: Target, image_id: ImageId, *, as_json: AsJson = False) -> None:
    """Show an image with its labels."""
    image = target.api.call("GET", image_path(image_id))
    if as_json:
        print_json(image)
    else:
        _show(image)


@app.command()
@on_stack
def label(
    target: Target,
    image_id: ImageId,
    *,
    add: Annotated[list[str] | None, typer.Option("--add", help="Label to add.", autocompletion=complete_label)] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="Wrong label to remove.", autocompletion=complete_label)
    ] = None,
    undo: Annotated[list[str] | None, typer.Option("--undo", help="Label whose correction to undo.")] = None,
    as_json: AsJson = False,
) -> None:
    """Correct the labels of an image: add labels, remove wrong ones, or undo either."""
    body = {name: given for name, given in (("Add", add), ("Remove", remove), ("Undo", undo)) if given}
    if not body:
        raise typer.BadParameter("give --add, --remove or --undo")
    image = target.api.call("PATCH", image_path(image_id), body=body)
    if as_json:
        print_json(image)
    else:
        _show(image)


ImageIds = Annotated[list[str], typer.Argument(help="The objects' keys.")]


@app.command()
@on_stack
def rm(target: Target, image_ids: ImageIds, *, as_json: AsJson = False) -> None:
    """Remove images: the objects at once, the records within seconds. Exit with 1 if one can't be removed.

    The images go to the trash; `images restore` restores them.
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
    """List the removed images that can be restored, latest removal first."""
    found, more = target.api.entries("/trash", "Images", {}, limit)
    if as_json:
        print_json({"Images": found})
    else:
        rows = (
            (entry["ImageId"], *map(_time, (entry["DeletedAt"], entry["ExpiresAt"])), str(entry["Bytes"]))
            for entry in found
        )
        print_rows(("Image", "Removed", "Kept until", "Bytes"), rows)
    if more:
        tell(f"Images shown: {len(found):,}. More with --limit {2 * len(found)}.")


@app.command()
@on_stack
def restore(
    target: Target,
    image_ids: ImageIds,
    *,
    version: Annotated[
        str | None, typer.Option(help="Version to restore, from `images versions` (one image only).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore removed images, or make an earlier version the current one. Exit with 1 if one can't be restored."""
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
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete removed images permanently, with all their versions. Exit with 1 if one can't be deleted."""
    if not yes:
        typer.confirm(
            f"Delete {len(image_ids):,} images permanently? They cannot be restored.", abort=True, err=as_json
        )

    def call(api: Api, key: str) -> Document:
        return api.call("DELETE", image_path(key, "trash")) or {"ImageId": key}

    _for_each(target.api, image_ids, "Deleted", call, as_json=as_json)


@app.command()
@on_stack
def versions(target: Target, image_id: ImageId, *, as_json: AsJson = False) -> None:
    """List the versions of an image, newest first; also those of a removed image."""
    document = target.api.call("GET", image_path(image_id, "versions"))
    if as_json:
        print_json(document)
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
    """Call the API for each image, print each result, and exit with 1 if a call failed."""
    documents, failed = [], []
    for image_id in image_ids:
        try:
            documents.append(call(api, image_id))
        except ApiError as error:
            failed.append({"ImageId": image_id, "Message": str(error)})
    if as_json:
        print_json({done: documents, "Failed": failed})
    else:
        for document in documents:
            say(f"{done.lower()} {document['ImageId']}")
        for failure in failed:
            complain(f"Error: {failure['ImageId']}: {failure['Message']}")
    if failed:
        raise typer.Exit(1)


def _show(image: Document) -> None:
    facts = {name: value for name, value in image.items() if name not in {"ImageId", "Labels"}}
    print_pairs(new_console(), image["ImageId"], dict(_in_words(facts)))
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


def _in_words(facts: Document) -> Iterator[tuple[str, str]]:
    """Yield names and values for display: nested members with a dotted name, findings in short form."""
    for name, value in facts.items():
        match name, value:
            case "Texts", list():
                yield name, " / ".join(text["DetectedText"] for text in value if text["Type"] == "LINE")
            case "Faces", list():
                yield name, str(len(value))
            case _, dict():
                yield from ((f"{name}.{member}", text) for member, text in _in_words(value))
            case _, list():
                yield name, ", ".join(map(str, value))
            case _, bool():
                yield name, "yes" if value else "no"
            case _:
                yield name, str(value)
