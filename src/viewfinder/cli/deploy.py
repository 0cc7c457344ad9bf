"""`viewfinder deploy`, `destroy` and `cost`: the pipeline on AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from viewfinder.cli._leaving_people import ForgetPeople, agrees_to_forget, forget_people_of, leaves_people
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
from viewfinder.cli._printing import new_console, print_json, print_line, print_pairs, print_rows, say, say_lines
from viewfinder.cli._target import Profile, environment_of, find_target

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.deployment.attach import Attachment
    from viewfinder.deployment.destroy import Removal
    from viewfinder.deployment.environment import Environment
    from viewfinder.deployment.packages import Platform
    from viewfinder.deployment.progress import Report
    from viewfinder.deployment.replacements import Loss
    from viewfinder.deployment.stack import Change, Stack
    from viewfinder.operations.cost import Estimate

ATTACH = "Attach an existing bucket"

TAGS = {"application": "viewfinder"}
"""Tag of every stack, for cost allocation."""


def deploy(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Parameter of the template; others stay unchanged.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Tag of the stack and its resources; others stay unchanged."),
    ] = None,
    termination_protection: Annotated[
        bool | None, typer.Option(help="Whether to protect the stack against deletion.", show_default="as it is")
    ] = None,
    allow_replacement: Annotated[
        bool,
        typer.Option("--allow-replacement", help="Replace queues, tables and buckets without asking again."),
    ] = False,
    attach: Annotated[
        str | None,
        typer.Option(
            metavar="BUCKET",
            help="Analyse the objects of this bucket where they are, instead of a bucket of the stack's own.",
            rich_help_panel=ATTACH,
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(help="Only objects whose key has this prefix.", show_default="all", rich_help_panel=ATTACH)
    ] = "",
    attach_key: Annotated[
        str,
        typer.Option(
            metavar="KMS_ARN", help="Key of the bucket's objects.", show_default="none", rich_help_panel=ATTACH
        ),
    ] = "",
    read_write: Annotated[
        bool,
        typer.Option("--read-write", help="Let the API add and delete objects of it.", rich_help_panel=ATTACH),
    ] = False,
    forget_people: ForgetPeople = None,
    yes: Yes = False,
) -> None:
    """Deploy the pipeline to AWS, after showing the account, the region and the changes."""
    from viewfinder.deployment.checks import check, prove
    from viewfinder.deployment.deploy import approve_all, draw, refuse_losses
    from viewfinder.deployment.deploy import deploy as bring
    from viewfinder.deployment.packages import read_template
    from viewfinder.deployment.stack import Stack

    console = new_console()
    given, tags = pairs(parameter or [], "--parameter"), {**TAGS, **pairs(tag or [], "--tag")}
    target = Stack(environment_of(region, profile), stack)
    attachment = _attachment(target, attach, prefix, attach_key, read_write=read_write)
    if attachment:
        given, tags = given | dict(attachment.parameters), tags | dict(attachment.tags)
    findings = check(target, read_template(template()), given)
    print_pairs(console, "Found", findings.pairs())
    for advice in findings.advice:
        print_line(console, ("! ", "yellow"), advice)
    for explanation in attachment.explanations() if attachment else ():
        say_lines(explanation)
    is_left = leaves_people(_features_of(target), given.get("Features"))
    forgets = is_left and agrees_to_forget(forget_people)
    with console.status("Building") as status:
        progress = ProgressLines(console, status)
        blueprint = draw(template(), platform_of(target.environment), findings.parameters, progress, tags)

        def approve(changes: list[Change]) -> bool:
            status.stop()
            _show(changes)
            agreed = typer.confirm(f"Change the stack {stack} in {target.environment.region}?")
            status.start()
            return agreed

        def approve_and_forget(changes: list[Change]) -> bool:
            agreed = approve_all(changes) if yes else approve(changes)
            if agreed and given.get("HostedGallery") == "Off":
                _take_down_page(target, progress)
            if agreed and forgets:  # before the change, which takes the collection away
                forget_people_of(find_target(stack, region, profile).application)
            return agreed

        def approve_losses(found: list[Loss]) -> bool:
            status.stop()
            agreed = _agrees_to(found, console, allowed=allow_replacement)
            status.start()
            return agreed

        unasked = yes and not allow_replacement
        answers = (approve_and_forget, refuse_losses if unasked else approve_losses)
        changed = bring(target, blueprint, progress, *answers)
        if termination_protection is not None:
            target.protect(termination_protection)
        changed |= bool(attachment and attachment.apply())
        outputs = target.outputs
        changed |= _publish_page(target, outputs, progress)
        status.update("Calling the API, without and with a signature")
        prove(target.environment, target.environment.api_url(outputs))
    print_line(console, ("Deployed.", "bold green") if changed else "Nothing to change.")
    print_pairs(console, "Outputs", outputs)
    for sentence in _about_gallery(stack, outputs):
        say(sentence)


def _take_down_page(stack: Stack, report: Report) -> None:
    """Empty the bucket of the hosted gallery's page: CloudFormation deletes empty buckets only."""
    from viewfinder.deployment.destroy import empty_bucket

    if bucket := stack.outputs.get("GalleryBucketName"):
        empty_bucket(stack.environment, bucket, report)


def _publish_page(stack: Stack, outputs: Mapping[str, str], report: Report) -> bool:
    """Upload the page of a stack that hosts the gallery; return whether there was anything to upload."""
    from viewfinder.deployment.page import publish

    return "GalleryUrl" in outputs and publish(stack.environment, outputs, _features_of(stack), report)


def _about_gallery(stack: str, outputs: Mapping[str, str]) -> Iterator[str]:
    if "GalleryUrl" in outputs:
        yield f"The gallery is at {outputs['GalleryUrl']}. Invite people: viewfinder users add MAIL --stack {stack}"


def _features_of(stack: Stack) -> str:
    return stack.parameters.get("Features", "") if stack.status else ""


def _attachment(stack: Stack, bucket: str | None, prefix: str, key_arn: str, *, read_write: bool) -> Attachment | None:
    """Return what is attached: by the options, else as it is; raise DeploymentError, BadParameter."""
    from viewfinder.deployment.attach import attached_already, plan_attachment

    if bucket:
        return plan_attachment(stack, bucket, prefix=prefix, key_arn=key_arn, read_write=read_write)
    if prefix or key_arn or read_write:
        raise typer.BadParameter("--prefix, --attach-key and --read-write belong to --attach BUCKET")
    return attached_already(stack)


def platform_of(environment: Environment) -> Platform:
    """Return the platform of the functions: this machine's for an emulator, Lambda's on AWS."""
    from viewfinder.deployment.packages import AWS, this_machine

    return this_machine() if environment.endpoint_url else AWS


def _show(changes: list[Change]) -> None:
    rows = ((change.action, change.logical_id, change.resource_type, change.replacement) for change in changes)
    print_rows(("Action", "Resource", "Type", "Replacement"), rows, whole=(1, 2))


def _agrees_to(found: list[Loss], console: Console, *, allowed: bool) -> bool:
    """Explain each replacement and ask, unless --allow-replacement is given; --yes does not answer this question."""
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
        typer.Option(metavar="NAME", help="Also delete this bucket, which would stay otherwise (server access logs)."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Delete the stack and its catalog from AWS, after confirmation. Buckets must be empty, or see --delete-data."""
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
    """Print the deleted and the retained resources, one per line, so that names can be copied."""
    say(f"Deleted: the stack {removal.stack.name} with its catalog")
    for bucket in (*removal.emptied, *removal.named):
        say(f"Deleted: {bucket}, with every version of every object")
    for kept in removal.kept:
        say(f"Stays: {kept}")


def cost(
    *,
    images: Annotated[int, typer.Option(min=0, help="New images in a month.")],
    region: Annotated[str, typer.Option(help="AWS region.")] = "us-east-1",
    reused: Annotated[
        int, typer.Option(min=0, max=100, help="Percentage of images whose content is known (copies, re-uploads).")
    ] = 0,
    megabytes: Annotated[float, typer.Option(min=0, help="Size of an image.")] = 3.0,
    api_calls: Annotated[int, typer.Option(min=0, help="Calls of the REST API in the month.")] = 0,
    features: Annotated[str, features_option()] = "LABELS",
    users: Annotated[int, typer.Option(min=0, help="People who use the hosted gallery in the month.")] = 0,
    vectors: Annotated[
        Literal["engine", "bedrock"] | None,
        typer.Option(help="What makes vectors: engine (SimilarImages=S3Vectors) or bedrock (Embeddings=Bedrock)."),
    ] = None,
    rankings: Annotated[int, typer.Option(min=0, help="Searches for similar images and by words in the month.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Estimate the cost of a month on AWS by service, at list prices."""
    from viewfinder.domain.feature import read_features
    from viewfinder.operations.cost import Usage, estimate

    usage = Usage(
        images,
        reused / 100,
        megabytes,
        api_calls,
        read_features(features),
        users=users,
        vectors=vectors or "",
        rankings=rankings,
    )
    found = estimate(usage, region)
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
    say(f"The detector is {found.detector_share:.0%} of the total; reuse of known content saves {found.saved:,.2f}.")
    if found.with_engine is None:
        say("Viewfinder's engine (Detector=Engine) has no model for all of these features.")
    else:
        say(f"With Viewfinder's engine as the detector (Detector=Engine): {found.with_engine:,.2f} in all.")
    if images:
        say(f"1,000 images cost {found.total / images * 1000:,.2f}.")
    say(f"List prices of {found.date}, no free tier; see docs/cost.md.")
