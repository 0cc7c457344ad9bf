"""`viewfinder destroy`: removes the stack from AWS."""

from __future__ import annotations

from typing import Annotated

import typer

from viewfinder.cli._options import ProgressLines, Region, StackName, Yes
from viewfinder.cli._target import Profile, home_of


def destroy(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Delete images, derived objects and catalog, too.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Remove the stack from AWS, after asking."""
    from rich.console import Console

    from viewfinder.deployment.deploy import destroy as remove
    from viewfinder.deployment.stack import Stack

    console = Console()
    target = Stack(home_of(region, profile), stack)
    if target.status is None:
        console.print(f"There is no stack {stack} in {target.home.region}.")
        return
    data = "with all images, derived objects and its catalog" if delete_data else "(its buckets and catalog stay)"
    if not yes:
        typer.confirm(f"Remove the stack {stack} of account {target.home.account} {data}?", abort=True)
    with console.status("Removing") as status:
        remove(target, ProgressLines(console, status), delete_data=delete_data)
    console.print("Removed.")
