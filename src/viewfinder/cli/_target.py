"""The stack that an operator's command works on: one on AWS, or a local one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from viewfinder.bootstrap import Application

StackOption = Annotated[
    str | None, typer.Option("--stack", help="Stack on AWS.", show_default="the local stack, or that of `env`")
]


@dataclass(frozen=True, slots=True)
class Target:
    """A stack that was found, with what its template gave out."""

    application: Application
    outputs: dict[str, str]

    @property
    def is_local(self) -> bool:
        """Whether the detector costs nothing."""
        return "amazonaws.com" not in str(self.application.s3_client.meta.endpoint_url)

    def price(self, calls: int) -> float:
        """Gives what so many detector calls cost here, in dollars."""
        from viewfinder.cli._prices import dollars

        return 0.0 if self.is_local else dollars(calls, self.application.session.region_name)


def find_target(data_dir: Path | None, stack: str | None) -> Target:
    """Finds the stack: `--stack` on AWS, else `--data-dir`, else the variables of `viewfinder env`, else the user's."""
    if stack is None and data_dir is None:
        stack = _stack_of_environment()
    if stack is not None:
        return _target(stack)
    from viewfinder.cli._stack import local_stack
    from viewfinder.local.components import STACK_NAME

    local = local_stack(data_dir)
    return _target(STACK_NAME, session=local.session, endpoint_url=local.record.endpoint_url)


def _stack_of_environment() -> str | None:
    """Reads the stack's name off the bucket's: `{stack}-images-{account}-{region}`."""
    return os.environ.get("VIEWFINDER_BUCKET", "").rpartition("-images-")[0] or None


def _target(name: str, **parts: Any) -> Target:
    from boto3.session import Session

    from viewfinder.bootstrap import Application
    from viewfinder.settings import Settings

    session = parts.setdefault("session", Session())
    client = session.client("cloudformation", endpoint_url=parts.get("endpoint_url"))
    description = client.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in description["Outputs"]}
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in description.get("Parameters", ())}
    # The emulator gives the parameters that were set, AWS all.
    given = {"shards": int(parameters["Shards"])} if "Shards" in parameters else {}
    settings = Settings.from_outputs(outputs, **given)
    return Target(Application(settings, **parts), outputs)
