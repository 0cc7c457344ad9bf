"""`viewfinder cost`: what a month on AWS costs, before anything is deployed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import AsJson

if TYPE_CHECKING:
    from viewfinder.operations.cost import Estimate


def cost(
    *,
    images: Annotated[int, typer.Option(min=0, help="New images in a month.")],
    region: Annotated[str, typer.Option(help="AWS region.")] = "us-east-1",
    reused: Annotated[
        int, typer.Option(min=0, max=100, help="Percent of them whose content is known: copies, re-uploads.")
    ] = 0,
    megabytes: Annotated[float, typer.Option(min=0, help="Size of an image.")] = 3.0,
    api_calls: Annotated[int, typer.Option(min=0, help="Calls of the REST API in the month.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Estimate a month on AWS, service by service, at list prices."""
    from viewfinder.operations.cost import Usage, estimate

    found = estimate(Usage(images, reused / 100, megabytes, api_calls), region)
    if as_json:
        typer.echo(json.dumps(_document(found), indent=2))
    else:
        _show(found, images)


def _document(found: Estimate) -> dict[str, object]:
    lines = [{name.capitalize(): value for name, value in asdict(line).items()} for line in found.lines]
    return {
        "Lines": lines,
        "Total": found.total,
        "DetectorShare": found.detector_share,
        "SavedByReuse": found.saved,
        "TotalWithEngine": found.with_engine,
        "PricesOf": found.date,
    }


def _show(found: Estimate, images: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Service", "For", "US dollars", box=None, show_footer=True)
    table.columns[0].footer, table.columns[2].footer = "Total", f"{found.total:,.2f}"
    table.columns[2].justify = "right"
    for line in found.lines:
        table.add_row(line.service, line.purpose, f"{line.dollars:,.2f}")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"\nThe detector is {found.detector_share:.0%} of it; reuse of known content saves {found.saved:,.2f}."
    )
    console.print(f"With Viewfinder's engine as the detector (Detector=Engine): {found.with_engine:,.2f} in all.")
    if images:
        console.print(f"1,000 images cost {found.total / images * 1000:,.2f}.", end=" ")
    console.print(f"[dim]List prices of {found.date}, no free tier; see docs/cost.md.[/]")
