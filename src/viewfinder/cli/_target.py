"""The stack that a command works on, local or on AWS: one finder, and one set of options, for every command."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._api import LARGEST_PAGE, Api
from viewfinder.cli._options import DATA_DIR_VARIABLE, DataDir, Region, local_stack
from viewfinder.domain.bucket_access import BucketAccess
from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    from boto3.session import Session

    from viewfinder.bootstrap import Application
    from viewfinder.deployment.environment import Environment
    from viewfinder.local.running import Running
    from viewfinder.settings import Settings

STACK_VARIABLE = "VIEWFINDER_STACK"

PANEL = "Which stack"

_SETTINGS = (
    ("Shards", "shards", int),
    ("DetectorPrice", "detector_price", float),
    ("Detector", "detector", str),
    ("Features", "features", str),
    ("ExistingPrefix", "images_prefix", str),
)
"""Template parameter -> setting."""


def complete_stack(incomplete: str) -> list[str]:
    """Return the names of Viewfinder's stacks for the shell's AWS settings; empty on any failure."""
    with suppress(Exception):
        pages = environment_of(None, None).cloudformation.get_paginator("describe_stacks").paginate()
        return [
            stack["StackName"]
            for page in pages
            for stack in page["Stacks"]
            if stack["StackName"].startswith(incomplete)
            and any(output.get("OutputKey") == "DeadLetterQueueUrl" for output in stack.get("Outputs", ()))
        ]
    return []


def complete_label(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the labels in use; empty if the stack does not answer."""
    options = {name: context.params.get(name) for name in ("stack", "region", "profile", "data_dir")}
    with suppress(Exception):
        found, _ = find_target(**options).api.entries("/labels", "Labels", {"prefix": incomplete}, LARGEST_PAGE)
        return [label["Name"] for label in found]
    return []


StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help=f"Name of a stack on AWS, also by the environment: {STACK_VARIABLE}.",
        autocompletion=complete_stack,
        show_default="the local stack",
        rich_help_panel=PANEL,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", help="AWS profile.", show_default="as configured for AWS", rich_help_panel=PANEL),
]


class StackNotFoundError(ViewfinderError):
    """No stack has this name in this account and region."""


class ComponentEndedError(ViewfinderError):
    """A component of the local stack that a command needs has ended."""


@dataclass(frozen=True)
class Target:
    """A stack that was found. `local` is None for a stack on AWS."""

    stack: str
    session: Session
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    local: Running | None = None

    @property
    def endpoint_url(self) -> str | None:
        """The emulator's URL; None on AWS."""
        return self.local.record.endpoint_url if self.local else None

    @cached_property
    def settings(self) -> Settings:
        """The settings of the stack's functions that follow from its parameters."""
        from viewfinder.settings import Settings

        if self.local:
            return self.local.settings
        # MiniStack: it returns the parameters that were set, AWS all of them.
        given = {name: kind(self.parameters[key]) for key, name, kind in _SETTINGS if key in self.parameters}
        if self.parameters.get("ExistingBucketName"):
            given["bucket_access"] = self.parameters.get("ExistingBucketAccess", BucketAccess.READ_ONLY)
        if self.parameters.get("Embeddings") == "Bedrock":
            given["embeddings"] = f"bedrock:{self.parameters.get('EmbeddingSize', '1024')}"
        return Settings.from_outputs(self.outputs, **given)

    @cached_property
    def application(self) -> Application:
        """The parts of the pipeline, for an operator's command; raise ComponentEndedError."""
        from viewfinder.bootstrap import Application

        self.require("emulator")
        return self.local.application() if self.local else Application(self.settings, session=self.session)

    @property
    def api(self) -> Api:
        """The REST API; raise ComponentEndedError."""
        self.require("emulator")
        return Api(self.local.record.api_url if self.local else self.outputs["ApiUrl"], self.session)

    def client(self, service: str) -> Any:
        """Return a client of one of AWS's services; raise ComponentEndedError."""
        self.require("emulator")
        session: Any = self.session
        return session.client(service, endpoint_url=self.endpoint_url)

    def price(self, calls: int) -> float:
        """Return the price of detector calls in dollars, by the stack's parameter DetectorPrice."""
        return round(calls * self.settings.detector_price, 4)

    def require(self, *components: str) -> None:
        """Raise ComponentEndedError unless these components run; a stack on AWS has none."""
        if self.local is None:
            return
        for process in self.local.record.processes:
            if process.name in components and not process.alive:
                raise ComponentEndedError(
                    f"The {process.name} of the local stack has ended: its log is {process.log}. "
                    f"Start it again with: {self.command('up')}"
                )

    def command(self, words: str) -> str:
        """Return a `viewfinder` command for this stack, ready to paste into the user's shell."""
        return self.local.data.command(words) if self.local else f"viewfinder {words} --stack {self.stack}"


def confirm_calls(calls: int, price: float, *, err: bool) -> None:
    """Ask for confirmation of detector calls that cost money; abort if it is refused."""
    if price:
        typer.confirm(f"{calls:,} detector calls, ${price:,.2f} at list price. Continue?", abort=True, err=err)


def on_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that select a stack; pass the Target as its first argument."""

    @wraps(command)
    def found(
        *arguments: Any,
        stack: str | None = None,
        region: str | None = None,
        profile: str | None = None,
        data_dir: Path | None = None,
        **options: Any,
    ) -> None:
        command(find_target(stack, region, profile, data_dir), *arguments, **options)

    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in (
            ("stack", StackOption),
            ("region", Region),
            ("profile", Profile),
            ("data_dir", DataDir),
        )
    ]
    found.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    found.__annotations__ = {}
    return found


def find_target(
    stack: str | None = None, region: str | None = None, profile: str | None = None, data_dir: Path | None = None
) -> Target:
    """Return the stack of the options, else of the environment (`viewfinder env`), else the user's local one."""
    if stack and data_dir:
        raise typer.BadParameter("--stack names a stack on AWS, --data-dir a local one: pass only one of them")
    if not stack and not data_dir and DATA_DIR_VARIABLE not in os.environ:
        stack = os.environ.get(STACK_VARIABLE)
    if stack:
        local = _local_by_name(stack)
        return on_this_machine(local) if local else _on_aws(stack, environment_of(region, profile))
    if region or profile:
        raise typer.BadParameter("--region and --profile are for a stack on AWS: name it with --stack")
    return on_this_machine(local_stack(data_dir).running)


def _local_by_name(stack: str) -> Running | None:
    """Return the local stack if the shell has its variables and means it by its name: its catalog is not DynamoDB."""
    from viewfinder.local.components import STACK_NAME

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if stack != STACK_NAME or not endpoint or DATA_DIR_VARIABLE not in os.environ:
        return None
    running = local_stack(None).running
    return running if running.record.endpoint_url == endpoint else None


def on_this_machine(local: Running) -> Target:
    """Return a local stack as a target."""
    from viewfinder.local.components import STACK_NAME
    from viewfinder.local.running import parameters_of

    return Target(STACK_NAME, local.session, local.record.outputs, parameters_of(local.record), local)


def environment_of(region: str | None, profile: str | None) -> Environment:
    """Return account and region of AWS's own settings, or the emulator at AWS_ENDPOINT_URL."""
    import boto3

    from viewfinder.deployment.environment import Environment

    # boto3 reads AWS_DEFAULT_REGION only.
    session = boto3.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
    if not session.region_name:
        raise ViewfinderError("No region is configured: give one with --region.")
    return Environment(session, os.environ.get("AWS_ENDPOINT_URL"))


def _on_aws(name: str, environment: Environment) -> Target:
    from viewfinder.deployment.stack import Stack

    description = Stack(environment, name).describe()
    if description is None:
        raise StackNotFoundError(f"There is no stack {name} in {environment.region}.")
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in description.get("Outputs", ())}
    if "ApiUrl" not in outputs:
        raise StackNotFoundError(
            f"{name} in {environment.region} is not a complete stack of Viewfinder: it has no output ApiUrl."
        )
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in description.get("Parameters", ())}
    return Target(name, environment.session, outputs, parameters)
