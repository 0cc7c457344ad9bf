"""`viewfinder export`: the whole catalog as a file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.adapters.exports import WRITERS, ExportFormat
from viewfinder.cli._printing import tell
from viewfinder.cli._target import Target, on_stack

if TYPE_CHECKING:
    from viewfinder.domain.image import Image


@on_stack
def export(
    target: Target,
    *,
    kind: Annotated[ExportFormat, typer.Option("--format", help="Format of the file.")] = ExportFormat.JSONL,
    since: Annotated[
        int, typer.Option(min=0, metavar="VERSION", help="Only images saved after this version.", show_default="all")
    ] = 0,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE|s3://...|-", help="Where to write; - is the standard output.")
    ] = "-",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write every image of the catalog with the members of the API; the last line tells the version for --since."""
    from viewfinder.usecases.export import Exported, pages

    done = Exported(version=since)
    if kind is ExportFormat.PARQUET and output == "-":
        raise typer.BadParameter("a Parquet file needs a name", param_hint="--output")
    with _opened(target, output, overwrite=overwrite) as out:
        found = pages(target.application.records, done, since=since)
        WRITERS[kind](([_document(image) for image in page] for page in found), out)
    tell(f"{done.images:,} images. The next export of what changes: --since {done.version}")


def _document(image: Image) -> dict[str, Any]:
    from viewfinder.adapters.http.responses import image_document

    return image_document(image) | {"Version": image.version}


@contextmanager
def _opened(target: Target, output: str, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Open a file that appears when it is whole, at its place or in S3; the standard output for -."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if output.startswith("s3://"):
        bucket, _, key = output.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise typer.BadParameter("an address like s3://BUCKET/KEY is wanted", param_hint="--output")
        with tempfile.TemporaryFile(prefix="viewfinder-") as file:
            yield file
            file.seek(0)
            target.application.s3_client.upload_fileobj(file, bucket, key)
        return
    path = Path(output)
    if path.exists() and not overwrite:
        raise typer.BadParameter(f"{path} is there already; --overwrite replaces it", param_hint="--output")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
