"""`viewfinder rekognition`: runs the open Rekognition as a server."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from viewfinder.rekognition.settings import PREFIX, Settings, help_of

app = typer.Typer(
    help="The open Rekognition: labels, text and faces on Amazon Rekognition's wire.", no_args_is_help=True
)


@app.callback()
def rekognition() -> None:
    """The open Rekognition: labels, text and faces on Amazon Rekognition's wire."""


def _option(name: str, **rules: Any) -> Any:
    """Return the option of a setting, with its help and default."""
    default = next(field.default for field in fields(Settings) if field.name == name)
    told = f"{help_of(name)} Environment: {PREFIX}{name.upper()}."
    return typer.Option(help=told, show_default=str(default) if default or default == 0 else "none", **rules)


@app.command()
def serve(
    *,
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    workers: Annotated[int | None, _option("workers")] = None,
    queue: Annotated[int | None, _option("queue")] = None,
    timeout: Annotated[float | None, _option("timeout")] = None,
    max_pixels: Annotated[int | None, _option("max_pixels")] = None,
    passes: Annotated[int | None, _option("passes", min=1, max=2)] = None,
    detector: Annotated[Path | None, _option("detector", exists=True, dir_okay=False)] = None,
    labels: Annotated[Path | None, _option("labels", exists=True, dir_okay=False)] = None,
    s3_endpoint: Annotated[str | None, _option("s3_endpoint")] = None,
    allow_bucket: Annotated[list[str] | None, _option("allow_buckets")] = None,
    region: Annotated[str | None, _option("region")] = None,
) -> None:
    """Serve the operations until Ctrl-C; the key pair that verifies callers comes from the environment only."""
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
