"""`viewfinder package`: one function's package as a zip, for AWS's own tools."""

from __future__ import annotations

import base64
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from viewfinder.cli._options import template
from viewfinder.cli._printing import new_console, say


class Function(StrEnum):
    """The functions of the template, by their folders."""

    IMAGE_PROCESSING = "image_processing"
    API_HANDLER = "api_handler"
    LABEL_STATISTICS = "label_statistics"


def package(
    function: Annotated[Function, typer.Argument(help="Folder of the function in lambdas/.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip file to write.", dir_okay=False)],
    engine: Annotated[
        bool, typer.Option("--engine", help="Include the engine, for a stack with Detector=Engine.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a function's package as `deploy` builds it, for `aws lambda update-function-code`.

    It builds for Lambda, or for this machine if AWS_ENDPOINT_URL names an emulator (`viewfinder env`).
    """
    from viewfinder.deployment.packages import AWS, build_package, carries_engine, project, this_machine

    if engine and not carries_engine(project(), function):
        raise typer.BadParameter(f"{function} can't contain the engine", param_hint="--engine")
    if output.exists() and not overwrite:
        raise typer.BadParameter(f"{output} is there already; --overwrite replaces it", param_hint="--output")
    platform = this_machine() if os.environ.get("AWS_ENDPOINT_URL") else AWS
    with new_console(stderr=True).status(f"Building {function}"):
        built = build_package(template().parents[1], function, platform, engine=engine)
        content = built.zip.read_bytes()
        output.write_bytes(content)
    digest = base64.b64encode(bytes.fromhex(built.digest)).decode()
    say(f"{output}: {len(content) / 1e6:,.1f} MB, CodeSha256 {digest}")
