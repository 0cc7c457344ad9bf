"""What the commands share: the options that name a stack, and how a deployment's progress looks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._printing import print_line, printable
from viewfinder.domain.feature import FURTHER, read_features

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
        help=f"Folder of the local stack, also by the environment: {DATA_DIR_VARIABLE}.",
        show_default="the user's data folder",
        file_okay=False,
        rich_help_panel="Which stack",
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _features(text: str) -> str:
    try:
        return ",".join(read_features(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def features_option(**options: Any) -> Any:
    """Return an option that reads a list of features, into the order of their table."""
    metavar = f"LABELS[,{','.join(FURTHER)}]"
    return typer.Option(
        "--features", parser=_features, metavar=metavar, help="What the detector looks for in each image.", **options
    )


StackName = Annotated[
    str, typer.Option("--stack", help="Name of the CloudFormation stack.", rich_help_panel="Which stack")
]

Region = Annotated[
    str | None,
    typer.Option("--region", help="AWS region.", show_default="as configured for AWS", rich_help_panel="Which stack"),
]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


def local_stack(data_dir: Path | None) -> LocalStack:
    """Return the stack of a data directory, or of the user's own."""
    import os

    from viewfinder.local.data_directory import DataDirectory, default_path
    from viewfinder.local.stack import LocalStack

    path = data_dir or os.environ.get(DATA_DIR_VARIABLE) or default_path()
    return LocalStack(DataDirectory(Path(path).absolute()))


def template() -> Path:
    """Return the stack's template."""
    from viewfinder.deployment.packages import project

    return project() / "infrastructure" / "template.yaml"


SHOWN = {"RUNNING", "REPAIRED"}
"""Steps of a start that are shown where it is to be brief."""


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

        text = f"{progress.subject}: {progress.status.lower().replace('_', ' ')} {progress.detail}".strip()
        if progress.failed:
            print_line(self.console, ("✗ ", "red"), text)
        elif progress.status.endswith("IN_PROGRESS") or (self.brief and progress.status not in SHOWN):
            self.status.update(escape(printable(text)))
        else:
            print_line(self.console, ("✓ ", "green"), text)


def specific_first(labels: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort labels by confidence, but each before its ancestors: `Dog` tells more than `Animal`, which is as certain.

    Ancestors are those that a label names, else those of the engine's taxonomy, whose names are Amazon Rekognition's.
    """
    from viewfinder.rekognition.labels.merging import load_taxonomy

    known = load_taxonomy().labels
    names = {label["Name"]: label for label in labels}

    def ancestors(name: str) -> set[str]:
        if "Parents" in names[name]:
            return {parent["Name"] for parent in names[name]["Parents"]}
        return set(known[name].parents) if name in known else set()

    above = {name: ancestors(name) & names.keys() for name in names}

    def height(name: str) -> int:
        """Return how many of these labels are below this one."""
        return sum(name in of_other for of_other in above.values())

    return sorted(names.values(), key=lambda label: (height(label["Name"]), -label["Confidence"], label["Name"]))


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """Read NAME=VALUE texts; raise BadParameter."""
    for text in texts:
        if "=" not in text:
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
    return dict(text.split("=", 1) for text in texts)
