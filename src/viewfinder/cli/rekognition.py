"""`viewfinder rekognition`: runs the open DetectLabels engine as a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from viewfinder.rekognition.settings import PREFIX, Settings, help_of

app = typer.Typer(help="The open DetectLabels engine, on Amazon Rekognition's wire.", no_args_is_help=True)


@app.callback()
def rekognition() -> None:
    """The open DetectLabels engine, on Amazon Rekognition's wire."""


def _help(name: str) -> str:
    return f"{help_of(name)}; also by the environment: {PREFIX}{name.upper()}"


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help=_help("host"))] = None,
    port: Annotated[int | None, typer.Option(help=_help("port"))] = None,
    workers: Annotated[int | None, typer.Option(help=_help("workers"))] = None,
    queue: Annotated[int | None, typer.Option(help=_help("queue"))] = None,
    timeout: Annotated[float | None, typer.Option(help=_help("timeout"))] = None,
    max_pixels: Annotated[int | None, typer.Option(help=_help("max_pixels"))] = None,
    passes: Annotated[int | None, typer.Option(min=1, max=2, help=_help("passes"))] = None,
    detector: Annotated[Path | None, typer.Option(help=_help("detector"), exists=True, dir_okay=False)] = None,
    labels: Annotated[Path | None, typer.Option(help=_help("labels"), exists=True, dir_okay=False)] = None,
    s3_endpoint: Annotated[str | None, typer.Option(help=_help("s3_endpoint"))] = None,
    allow_bucket: Annotated[list[str] | None, typer.Option(help=_help("allow_buckets"))] = None,
    region: Annotated[str | None, typer.Option(help=_help("region"))] = None,
) -> None:
    """Serve DetectLabels until Ctrl-C; the key pair that verifies callers comes from the environment only."""
    from viewfinder.rekognition.errors import ModelFileError
    from viewfinder.rekognition.server import serve as run

    try:
        settings = Settings.from_environment(
            os.environ,
            host=host,
            port=port,
            workers=workers,
            queue=queue,
            timeout=timeout,
            max_pixels=max_pixels,
            passes=passes,
            detector=str(detector) if detector else None,
            labels=str(labels) if labels else None,
            s3_endpoint=s3_endpoint,
            allow_buckets=tuple(allow_bucket) if allow_bucket else None,
            region=region,
        )
        run(settings)
    except (ModelFileError, ValueError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
