"""`viewfinder deploy`, `destroy` and `cost`: the pipeline on AWS."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import (
    AsJson,
    ProgressLines,
    Region,
    StackName,
    Yes,
    features_option,
    pairs,
    template,
)
from viewfinder.cli._printing import new_console, print_json, print_line, print_pairs, print_rows, say
from viewfinder.cli._target import Profile, environment_of

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.deployment.destroy import Removal
    from viewfinder.deployment.environment import Environment
    from viewfinder.deployment.packages import Platform
    from viewfinder.deployment.replacements import Loss
    from viewfinder.deployment.stack import Change
    from viewfinder.operations.cost import Estimate

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
    allow_replacement: Annotated[
        bool,
        typer.Option("--allow-replacement", help="Replace queues, tables and buckets without asking again."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Deploy the pipeline to AWS, after showing what was found and what will change."""
    from viewfinder.deployment.checks import check, prove
    from viewfinder.deployment.deploy import approve_all, draw, refuse_losses
    from viewfinder.deployment.deploy import deploy as bring
    from viewfinder.deployment.packages import read_template
    from viewfinder.deployment.stack import Stack

    console = new_console()
    given, tags = pairs(parameter or [], "--parameter"), {**TAGS, **pairs(tag or [], "--tag")}
    target = Stack(environment_of(region, profile), stack)
    findings = check(target, read_template(template()), given)
    print_pairs(console, "Found", findings.pairs())
    for advice in findings.advice:
        print_line(console, ("! ", "yellow"), advice)
    with console.status("Building") as status:
        progress = ProgressLines(console, status)
        blueprint = draw(template(), platform_of(target.environment), findings.parameters, progress, tags)

        def approve(changes: list[Change]) -> bool:
            status.stop()
            _show(changes)
            agreed = typer.confirm(f"Change the stack {stack} in {target.environment.region}?")
            status.start()
            return agreed

        def approve_losses(found: list[Loss]) -> bool:
            status.stop()
            agreed = _agrees_to(found, console, allowed=allow_replacement)
            status.start()
            return agreed

        unasked = yes and not allow_replacement
        answers = (approve_all if yes else approve, refuse_losses if unasked else approve_losses)
        changed = bring(target, blueprint, progress, *answers)
        if termination_protection is not None:
            target.protect(termination_protection)
        status.update("Calling the API, unsigned and signed")
        prove(target.environment, target.environment.api_url(target.outputs))
    print_line(console, ("Deployed.", "bold green") if changed else "Nothing to change.")
    print_pairs(console, "Outputs", target.outputs)


def platform_of(environment: Environment) -> Platform:
    """An emulator runs functions on this machine; AWS runs them on Lambda."""
    from viewfinder.deployment.packages import AWS, this_machine

    return this_machine() if environment.endpoint_url else AWS


def _show(changes: list[Change]) -> None:
    rows = ((change.action, change.logical_id, change.resource_type, change.replacement) for change in changes)
    print_rows(("Action", "Resource", "Type", "Replacement"), rows, whole=(1, 2))


def _agrees_to(found: list[Loss], console: Console, *, allowed: bool) -> bool:
    """Explain what is replaced, and ask unless that is allowed already: --yes does not answer this question."""
    for loss in found:
        print_line(console, ("! ", "yellow"), loss.explanation)
    return allowed or typer.confirm(f"Replace {' and '.join(loss.change.logical_id for loss in found)}?")


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
    from viewfinder.deployment.destroy import plan_removal, remove
    from viewfinder.deployment.stack import Stack

    console = new_console()
    target = Stack(environment_of(region, profile), stack)
    account, place = target.environment.account, target.environment.region
    if target.status is None:
        say(f"There is no stack {stack} in {place} (account {account}).")
        return
    removal = plan_removal(target, delete_data=delete_data, named=delete_bucket or ())
    _show_removal(removal)
    if not yes:
        typer.confirm(f"Remove the stack {stack} from {place} (account {account})?", abort=True)
    with console.status("Removing") as status:
        remove(removal, ProgressLines(console, status))
    say("Removed.")


def _show_removal(removal: Removal) -> None:
    """Print what goes and what stays, a line each: names are to be copied."""
    say(f"Goes: the stack {removal.stack.name} with its catalog")
    for bucket in (*removal.emptied, *removal.named):
        say(f"Goes: {bucket}, with every version of every object")
    for kept in removal.kept:
        say(f"Stays: {kept}")


def cost(
    *,
    images: Annotated[int, typer.Option(min=0, help="New images in a month.")],
    region: Annotated[str, typer.Option(help="AWS region.")] = "us-east-1",
    reused: Annotated[
        int, typer.Option(min=0, max=100, help="Percent of them whose content is known: copies, re-uploads.")
    ] = 0,
    megabytes: Annotated[float, typer.Option(min=0, help="Size of an image.")] = 3.0,
    api_calls: Annotated[int, typer.Option(min=0, help="Calls of the REST API in the month.")] = 0,
    features: Annotated[str, features_option()] = "LABELS",
    as_json: AsJson = False,
) -> None:
    """Estimate a month on AWS, service by service, at list prices."""
    from viewfinder.domain.feature import read_features
    from viewfinder.operations.cost import Usage, estimate

    found = estimate(Usage(images, reused / 100, megabytes, api_calls, read_features(features)), region)
    if as_json:
        print_json(_document(found))
    else:
        _show_estimate(found, images)


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


def _show_estimate(found: Estimate, images: int) -> None:
    rows = [(line.service, line.purpose, f"{line.dollars:,.2f}") for line in found.lines]
    print_rows(("Service", "For", "US dollars"), [*rows, ("Total", "", f"{found.total:,.2f}")])
    say(f"The detector is {found.detector_share:.0%} of it; reuse of known content saves {found.saved:,.2f}.")
    if found.with_engine is None:
        say("Viewfinder's engine (Detector=Engine) has no model for all of these features.")
    else:
        say(f"With Viewfinder's engine as the detector (Detector=Engine): {found.with_engine:,.2f} in all.")
    if images:
        say(f"1,000 images cost {found.total / images * 1000:,.2f}.")
    say(f"List prices of {found.date}, no free tier; see docs/cost.md.")
