"""What the commands share: the options that name a stack, and how a deployment's progress looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from viewfinder.deployment.progress import Progress
    from viewfinder.local.stack import LocalStack

DATA_DIR_VARIABLE = "VIEWFINDER_DATA_DIR"

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help=f"Folder of the local stack. [env: {DATA_DIR_VARIABLE}]",
        show_default="the user's data folder",
        file_okay=False,
        rich_help_panel="Which stack",
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

StackName = Annotated[str, typer.Option("--stack", help="Name of the CloudFormation stack.")]

Region = Annotated[str | None, typer.Option("--region", help="AWS region.", show_default="as configured for AWS")]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def local_stack(data_dir: Path | None) -> LocalStack:
    """Return the stack of a data directory, or of the user's own."""
    import os

    from viewfinder.local.data_directory import DataDirectory, default_path
    from viewfinder.local.stack import LocalStack

    path = data_dir or os.environ.get(DATA_DIR_VARIABLE) or default_path()
    return LocalStack(DataDirectory(Path(path).absolute()))


def template() -> Path:
    """Return the stack's template; a ViewfinderError where only the package is installed, not the project."""
    import viewfinder
    from viewfinder.domain.errors import ViewfinderError

    path = Path(viewfinder.__file__).parents[2] / "infrastructure" / "template.yaml"
    if not path.is_file():
        raise ViewfinderError(f"{path} is missing: run viewfinder from a clone of the project (make setup).")
    return path


class ProgressLines:
    """Shows progress: a line for each step that is done, a spinner for what goes on.

    `brief` shows components and failures only, not every resource of the stack.
    """

    def __init__(self, console: Console, status: Status, *, brief: bool = False) -> None:
        self.console = console
        self.status = status
        self.brief = brief

    def __call__(self, progress: Progress) -> None:
        """Take one step."""
        from rich.markup import escape

        text = escape(f"{progress.subject}: {progress.status.lower().replace('_', ' ')} {progress.detail}".strip())
        if progress.failed:
            self.console.print(f"[red]✗[/] {text}", highlight=False)
        elif progress.status.endswith("IN_PROGRESS") or (self.brief and progress.status != "RUNNING"):
            self.status.update(text)
        else:
            self.console.print(f"[green]✓[/] {text}", highlight=False)


def print_pairs(console: Console, title: str, pairs: Mapping[str, str]) -> None:
    """Print names with their values."""
    from rich.table import Table

    table = Table(title=title, show_header=False, box=None, title_justify="left", title_style="bold")
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs.items():
        table.add_row(name, value)
    console.print(table)
