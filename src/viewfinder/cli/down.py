"""`viewfinder down`: stops the local pipeline."""

from __future__ import annotations

from viewfinder.cli._stack import DataDir, local_stack


def down(*, data_dir: DataDir = None) -> None:
    """Stop the pipeline on this machine; its data stays."""
    from rich.console import Console

    console = Console()
    with console.status("Stopping"):
        stopped = local_stack(data_dir).down()
    console.print("Stopped; the data stays." if stopped else "Nothing was running.")
