"""A stack of CloudFormation whose answers are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.stack import Change, Proposal, Stack


class FakeStack(Stack):
    """A stack with given outputs, parameters and changes; `done` takes note of what is executed and discarded."""

    changes: list[Change]
    done: list[str]
    given: tuple[dict[str, str], dict[str, str]]

    def __init__(
        self, changes: Sequence[Change], outputs: dict[str, str] | None = None, parameters: dict[str, str] | None = None
    ) -> None:
        super().__init__(Environment(boto3.Session("key", "secret", region_name="eu-central-1")), "photos")
        object.__setattr__(self, "changes", list(changes))
        object.__setattr__(self, "given", (outputs or {}, parameters or {}))
        object.__setattr__(self, "done", [])

    @property
    def status(self) -> str | None:
        return "UPDATE_COMPLETE"

    @property
    def outputs(self) -> dict[str, str]:
        return self.given[0]

    @property
    def parameters(self) -> dict[str, str]:
        return self.given[1]

    def propose(self, *_: Any, **__: Any) -> Proposal | None:
        return Proposal("change", self.changes)

    def execute(self, *_: Any) -> None:
        self.done.append("executed")

    def discard(self, _: str) -> None:
        self.done.append("discarded")
