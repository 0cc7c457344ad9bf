"""`viewfinder up`, `down` and `env`: the pipeline on this machine."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson, DataDir, ProgressLines, local_stack, print_pairs, template

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.local.stack import LocalStack


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when all is up.")] = False,
    port: Annotated[
        int | None, typer.Option(help="Port of the AWS emulator.", show_default="4566, or as last time")
    ] = None,
    gallery_port: Annotated[
        int | None, typer.Option(help="Port of the gallery.", show_default="8080, or as last time")
    ] = None,
    data_dir: DataDir = None,
    detector: Annotated[Path | None, typer.Option(help="A better ONNX detector.", exists=True, dir_okay=False)] = None,
    samples: Annotated[bool, typer.Option("--samples/--no-samples", help="Analyse the sample photos.")] = False,
) -> None:
    """Start the pipeline on this machine, and stay until Ctrl-C."""
    from rich.console import Console

    from viewfinder.local.stack import Options

    console = Console()
    stack = local_stack(data_dir)
    # A polite kill is a Ctrl-C: what was started is stopped in order.
    signal.signal(signal.SIGTERM, _interrupt)
    started = _start(stack, Options(port, gallery_port, str(detector.absolute()) if detector else None), console)
    stays = started and not detach
    with _stopped_at_the_end(stack, console) if stays else nullcontext():
        console.print("[bold green]Up.[/]" if started else "Up already.")
        if samples:
            _import_samples(stack, console)
        _show(stack, console)
        if stays:
            console.print("Ctrl-C stops it.")
            stack.watch()


def _start(stack: LocalStack, options: Any, console: Console) -> bool:
    with console.status("Starting") as status:
        return stack.up(template(), options, ProgressLines(console, status, brief=True), recover)


def _import_samples(stack: LocalStack, console: Console) -> None:
    from viewfinder.cli._target import on_this_machine
    from viewfinder.cli.import_ import import_folder

    import_folder(on_this_machine(stack), template().parents[1] / "samples", console)


def _show(stack: LocalStack, console: Console) -> None:
    record, environment = stack.record, stack.environment()
    urls = {
        "Gallery": record.gallery_url,
        "REST API": record.api_url,
        "API without a signature": f"{record.gallery_url}/prod/images",
        "Put images into": f"s3://{environment['VIEWFINDER_BUCKET']}",
        "Data": str(stack.data.path),
        "For AWS's tools": f'eval "$({stack.data.command("env")})"',
    }
    print_pairs(console, "Viewfinder", urls)


@contextmanager
def _stopped_at_the_end(stack: LocalStack, console: Console) -> Iterator[None]:
    """Stop the stack, whatever ends the block; a Ctrl-C is no failure."""
    try:
        with suppress(KeyboardInterrupt, typer.Abort):
            yield
    finally:
        with console.status("Stopping"):
            stack.down()
        console.print("Stopped; the data stays.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


PATIENCE_SECONDS = 300


def recover(stack: LocalStack) -> None:
    """Make the catalog agree with the bucket again; analyses that were made are found in the derived bucket."""
    from viewfinder.cli._target import on_this_machine
    from viewfinder.usecases.reconcile import reconcile

    reconcile(on_this_machine(stack).application.stores, patience=PATIENCE_SECONDS)


def down(*, data_dir: DataDir = None) -> None:
    """Stop the pipeline on this machine; its data stays."""
    from rich.console import Console

    console = Console()
    with console.status("Stopping"):
        stopped = local_stack(data_dir).down()
    console.print("Stopped; the data stays." if stopped else "Nothing was running.")


def env(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print what a shell needs to reach the local stack: eval "$(viewfinder env)"."""
    variables = local_stack(data_dir).environment()
    if as_json:
        typer.echo(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
