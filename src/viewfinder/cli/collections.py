"""`viewfinder rekognition collections`: the collections of faces in a data directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import print_json, print_rows, say, tell
from viewfinder.rekognition.settings import PREFIX, Settings

if TYPE_CHECKING:
    from viewfinder.rekognition import Engines


def collections(
    *,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Folder of the collections' file. Environment: {PREFIX}DATA_DIR."),
    ] = None,
    delete: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Delete this collection with its faces; can be repeated.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """List the collections of faces in a data directory, or delete some."""
    from viewfinder.rekognition.errors import EngineError, StoreError

    try:
        engines = _engines_of(data_dir)
        if delete:
            _delete(delete, engines, yes=yes)
        else:
            _print_collections(engines, as_json=as_json)
    except (EngineError, StoreError) as error:
        tell(f"Error: {error}")
        raise typer.Exit(1) from error


def _engines_of(data_dir: Path | None) -> Engines:
    """Return the engines of a data directory that has collections."""
    from viewfinder.rekognition import Engines
    from viewfinder.rekognition.errors import StoreError
    from viewfinder.rekognition.faces.store import FILE

    settings = Settings.from_environment(os.environ, data_dir=str(data_dir) if data_dir else None)
    if not settings.data_dir:
        raise typer.BadParameter("name the folder of the collections", param_hint="--data-dir")
    if not (Path(settings.data_dir) / FILE).exists():
        raise StoreError(f"{settings.data_dir} has no collections")
    return Engines(settings)


def _delete(names: list[str], engines: Engines, *, yes: bool) -> None:
    from viewfinder.rekognition import delete_collection, describe_collection

    for name in names:
        count = describe_collection(name, engines=engines)["FaceCount"]
        if not yes:
            typer.confirm(f"Delete {name} with {count} faces? They can't be restored.", abort=True)
        delete_collection(name, engines=engines)
        say(f"Deleted {name} with {count} faces.")


def _print_collections(engines: Engines, *, as_json: bool) -> None:
    from viewfinder.rekognition import describe_collection

    found = {name: describe_collection(name, engines=engines) for name in sorted(_names(engines))}
    if as_json:
        print_json([{"CollectionId": name, **described} for name, described in found.items()])
        return
    rows = (
        (
            name,
            described["FaceCount"],
            described["UserCount"],
            datetime.fromtimestamp(described["CreationTimestamp"], UTC).isoformat(timespec="seconds"),
            described["FaceModelVersion"],
        )
        for name, described in found.items()
    )
    print_rows(("Collection", "Faces", "Users", "Created", "Face model"), rows)


def _names(engines: Engines) -> Iterator[str]:
    """Yield the names of all collections."""
    from viewfinder.rekognition import list_collections

    page = list_collections(engines=engines)
    yield from page["CollectionIds"]
    while "NextToken" in page:
        page = list_collections(next_token=page["NextToken"], engines=engines)
        yield from page["CollectionIds"]
