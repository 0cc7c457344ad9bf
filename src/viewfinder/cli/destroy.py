"""`viewfinder destroy`: removes the stack from AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import ProgressLines, Region, StackName, Yes
from viewfinder.cli._target import Profile, environment_of

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.deployment.destroy import Removal


def destroy(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Empty the buckets of images and derived objects first.")
    ] = False,
    delete_bucket: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Delete this bucket, too, which would stay (server access logs)."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Remove the stack from AWS, after asking; the catalog goes with it, and buckets only when empty."""
    from rich.console import Console

    from viewfinder.deployment.destroy import plan_removal, remove
    from viewfinder.deployment.stack import Stack

    console = Console()
    target = Stack(environment_of(region, profile), stack)
    account, place = target.environment.account, target.environment.region
    if target.status is None:
        console.print(f"There is no stack {stack} in {place} (account {account}).")
        return
    removal = plan_removal(target, delete_data=delete_data, named=delete_bucket or ())
    _show(removal, console)
    if not yes:
        typer.confirm(f"Remove the stack {stack} from {place} (account {account})?", abort=True)
    with console.status("Removing") as status:
        remove(removal, ProgressLines(console, status))
    console.print("Removed.")


def _show(removal: Removal, console: Console) -> None:
    """Print what goes and what stays, a line each: names are to be copied."""
    console.print(f"Goes: the stack {removal.stack.name} with its catalog", soft_wrap=True)
    for bucket in (*removal.emptied, *removal.named):
        console.print(f"Goes: {bucket}, with every version of every object", soft_wrap=True)
    for kept in removal.kept:
        console.print(f"Stays: {kept}", soft_wrap=True)
