"""`viewfinder deploy`: builds the functions and brings the stack to AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import ProgressLines, Region, StackName, Yes, print_pairs, template
from viewfinder.cli._target import Profile, home_of

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.deployment.environment import Home
    from viewfinder.deployment.packages import Platform
    from viewfinder.deployment.stack import Change


def deploy(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the template; others stay.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Deploy the pipeline to AWS, after showing what will change."""
    from rich.console import Console

    from viewfinder.deployment.deploy import approve_all, draw
    from viewfinder.deployment.deploy import deploy as bring
    from viewfinder.deployment.stack import Stack

    console = Console()
    target = Stack(home_of(region, profile), stack)
    with console.status("Building") as status:
        progress = ProgressLines(console, status)
        blueprint = draw(template(), platform_of(target.home), _pairs(parameter or []), progress)

        def approve(changes: list[Change]) -> bool:
            status.stop()
            _show(changes, console)
            agreed = typer.confirm(f"Change the stack {stack} in {target.home.region}?")
            status.start()
            return agreed

        changed = bring(target, blueprint, progress, approve_all if yes else approve)
    console.print("[bold green]Deployed.[/]" if changed else "Nothing to change.")
    print_pairs(console, "Outputs", target.outputs)


def platform_of(home: Home) -> Platform:
    """An emulator runs functions on this machine; AWS runs them on Lambda."""
    from viewfinder.deployment.packages import AWS, this_machine

    return this_machine() if home.endpoint_url else AWS


def _pairs(parameters: list[str]) -> dict[str, str]:
    for text in parameters:
        if "=" not in text:
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--parameter")
    return dict(text.split("=", 1) for text in parameters)


def _show(changes: list[Change], console: Console) -> None:
    from rich.table import Table

    table = Table("Action", "Resource", "Type", "Replacement", title="Changes", title_justify="left")
    for change in changes:
        table.add_row(change.action, change.logical_id, change.resource_type, change.replacement)
    console.print(table)
