"""`viewfinder env`: the variables by which AWS's tools find the local stack."""

from __future__ import annotations

import json
import shlex

import typer

from viewfinder.cli._stack import AsJson, DataDir, local_stack


def env(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print what a shell needs to reach the local stack: eval "$(viewfinder env)"."""
    variables = local_stack(data_dir).environment()
    if as_json:
        typer.echo(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
