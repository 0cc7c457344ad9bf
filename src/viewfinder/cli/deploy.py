"""`viewfinder deploy`: builds the functions and brings the stack to AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import ProgressLines, Region, StackName, Yes, print_pairs, template
from viewfinder.cli._target import Profile, environment_of

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.deployment.environment import Environment
    from viewfinder.deployment.packages import Platform
    from viewfinder.deployment.stack import Change

TAGS = {"application": "viewfinder"}
"""On every stack, so that its costs can be told apart (a cost allocation tag)."""


def deploy(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the template; others stay.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A tag of the stack and its resources; others stay.")
    ] = None,
    termination_protection: Annotated[
        bool | None, typer.Option(help="Whether the stack refuses to be deleted.", show_default="as it is")
    ] = None,
    yes: Yes = False,
) -> None:
    """Deploy the pipeline to AWS, after showing what was found and what will change."""
    from rich.console import Console

    from viewfinder.deployment.checks import check, prove
    from viewfinder.deployment.deploy import approve_all, draw
    from viewfinder.deployment.deploy import deploy as bring
    from viewfinder.deployment.stack import Stack
    from viewfinder.deployment.template import read_template

    console = Console()
    given, tags = _pairs(parameter or [], "--parameter"), {**TAGS, **_pairs(tag or [], "--tag")}
    target = Stack(environment_of(region, profile), stack)
    findings = check(target, read_template(template()), given)
    print_pairs(console, "Found", findings.pairs())
    for advice in findings.advice:
        console.print(f"[yellow]![/] {advice}", highlight=False, soft_wrap=True)
    with console.status("Building") as status:
        progress = ProgressLines(console, status)
        blueprint = draw(template(), platform_of(target.environment), findings.parameters, progress, tags)

        def approve(changes: list[Change]) -> bool:
            status.stop()
            _show(changes, console)
            agreed = typer.confirm(f"Change the stack {stack} in {target.environment.region}?")
            status.start()
            return agreed

        changed = bring(target, blueprint, progress, approve_all if yes else approve)
        if termination_protection is not None:
            target.protect(termination_protection)
        status.update("Calling the API, unsigned and signed")
        prove(target.environment, target.environment.api_url(target.outputs))
    console.print("[bold green]Deployed.[/]" if changed else "Nothing to change.")
    print_pairs(console, "Outputs", target.outputs)


def platform_of(environment: Environment) -> Platform:
    """An emulator runs functions on this machine; AWS runs them on Lambda."""
    from viewfinder.deployment.packages import AWS, this_machine

    return this_machine() if environment.endpoint_url else AWS


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
    return dict(text.split("=", 1) for text in texts)


def _show(changes: list[Change], console: Console) -> None:
    from rich.table import Table

    table = Table("Action", "Resource", "Type", "Replacement", title="Changes", title_justify="left")
    for change in changes:
        table.add_row(change.action, change.logical_id, change.resource_type, change.replacement)
    console.print(table)
