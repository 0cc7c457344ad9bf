"""One CloudFormation stack: propose a change set, execute it, follow its events, delete it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from viewfinder.deployment.environment import Home
from viewfinder.deployment.errors import DeploymentError
from viewfinder.deployment.progress import Progress, Report

if TYPE_CHECKING:
    from types_boto3_cloudformation.literals import CapabilityType
    from types_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        ResourceChangeTypeDef,
        StackEventTypeDef,
        StackTypeDef,
    )

NEVER_CREATED = {None, "REVIEW_IN_PROGRESS"}
"""A change set for a new stack makes a stack in review, which holds nothing yet."""

CAPABILITIES: tuple[CapabilityType, ...] = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
MAKING = {"CREATE_PENDING", "CREATE_IN_PROGRESS"}
NOTHING_TO_CHANGE = ("didn't contain changes", "No updates are to be performed")
CONSEQUENCES = ("cancelled", "following resource(s) failed")
"""Words in the reasons of failures that another failure caused."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a change set would do to one resource; `replacement` is True, False or Conditional where it applies."""

    action: str
    logical_id: str
    resource_type: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change set that waits for a decision."""

    name: str
    changes: list[Change]


@dataclass(frozen=True)
class Stack:
    """A stack by its name; it need not exist yet."""

    home: Home
    name: str

    @property
    def status(self) -> str | None:
        """CloudFormation's word for the stack's state, None where there is no stack."""
        stack = self.describe()
        return stack["StackStatus"] if stack else None

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack, empty where there is none."""
        stack = self.describe()
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])} if stack else {}

    def propose(
        self, template_url: str, parameters: Mapping[str, str], declared: Mapping[str, object]
    ) -> Proposal | None:
        """Make a change set; None where the stack is as the template wants it.

        A parameter of `declared` that is not given keeps the value it has in the stack.
        """
        name = f"viewfinder-{uuid4()}"
        self.home.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="CREATE" if self.status in NEVER_CREATED else "UPDATE",
            TemplateURL=template_url,
            Parameters=self._parameters(parameters, declared),
            Capabilities=CAPABILITIES,
        )
        changes = self._changes(name)
        return Proposal(name, changes) if changes else None

    def execute(self, proposal: Proposal, report: Report) -> None:
        """Carry the proposed changes out; raise DeploymentError with the first real cause."""
        seen = {event["EventId"] for event in self._events(self.name)}
        self.home.cloudformation.execute_change_set(StackName=self.name, ChangeSetName=proposal.name)
        self._follow(self.name, seen, report)

    def discard(self, change_set: str) -> None:
        """Drop a change set, and the empty stack that a proposal for a new one makes."""
        if self.status == "REVIEW_IN_PROGRESS":
            self.home.cloudformation.delete_stack(StackName=self.name)
        elif self.status:
            self.home.cloudformation.delete_change_set(StackName=self.name, ChangeSetName=change_set)

    def delete(self, report: Report) -> None:
        """Delete the stack; raise DeploymentError with the first real cause."""
        stack = self.describe()
        if stack is None:
            return
        seen = {event["EventId"] for event in self._events(self.name)}
        self.home.cloudformation.delete_stack(StackName=self.name)
        self._follow(stack["StackId"], seen, report)

    def resources(self, resource_type: str) -> list[str]:
        """Name the stack's resources of one type, as `AWS::S3::Bucket`."""
        pages = self.home.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = (resource for page in pages for resource in page["StackResourceSummaries"])
        return [found["PhysicalResourceId"] for found in resources if found["ResourceType"] == resource_type]

    def describe(self) -> StackTypeDef | None:
        """Return CloudFormation's description of the stack, None where there is no stack."""
        try:
            return self.home.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise

    def _parameters(self, given: Mapping[str, str], declared: Mapping[str, object]) -> list[ParameterTypeDef]:
        stack = self.describe()
        present = {parameter["ParameterKey"] for parameter in stack.get("Parameters", [])} if stack else set()
        kept = present & set(declared) - set(given)
        values: list[ParameterTypeDef] = [{"ParameterKey": key, "ParameterValue": given[key]} for key in given]
        return values + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]

    def _changes(self, change_set: str) -> list[Change]:
        """Wait for a change set, and read it."""
        client = self.home.cloudformation
        while (made := client.describe_change_set(StackName=self.name, ChangeSetName=change_set))["Status"] in MAKING:
            time.sleep(self.home.pause)
        if made["Status"] == "FAILED":
            self.discard(change_set)
            if any(words in made["StatusReason"] for words in NOTHING_TO_CHANGE):
                return []
            raise DeploymentError(made["StatusReason"])
        pages = client.get_paginator("describe_change_set").paginate(StackName=self.name, ChangeSetName=change_set)
        return [_change(entry["ResourceChange"]) for page in pages for entry in page["Changes"]]

    def _events(self, stack: str) -> Iterator[StackEventTypeDef]:
        """Newest first, as CloudFormation gives them."""
        pages = self.home.cloudformation.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=stack):
            yield from page["StackEvents"]

    def _follow(self, stack_id: str, seen: set[str], report: Report) -> None:
        """Report events until the stack comes to rest."""
        causes: list[str] = []
        while True:
            for event in self._unseen(stack_id, seen):
                report(_progress(event))
                causes += _causes(event)
                if _at_rest(event):
                    return _conclude(event, causes)
            time.sleep(self.home.pause)

    def _unseen(self, stack_id: str, seen: set[str]) -> list[StackEventTypeDef]:
        """Return new events, oldest first."""
        fresh = []
        for event in self._events(stack_id):
            if event["EventId"] in seen:
                break
            fresh.append(event)
        seen.update(event["EventId"] for event in fresh)
        return fresh[::-1]


def _change(resource: ResourceChangeTypeDef) -> Change:
    return Change(
        action=resource["Action"],
        logical_id=resource["LogicalResourceId"],
        resource_type=resource["ResourceType"],
        replacement=resource.get("Replacement", ""),
    )


def _progress(event: StackEventTypeDef) -> Progress:
    return Progress(event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""))


def _is_of_stack(event: StackEventTypeDef) -> bool:
    return event.get("PhysicalResourceId") == event["StackId"]


def _causes(event: StackEventTypeDef) -> list[str]:
    """What an event says of why a stack fails; nothing where it only says that something else failed."""
    reason = event.get("ResourceStatusReason", "")
    if not event["ResourceStatus"].endswith("FAILED") or any(words in reason for words in CONSEQUENCES):
        return []
    return [f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"]


def _at_rest(event: StackEventTypeDef) -> bool:
    return _is_of_stack(event) and event["ResourceStatus"].endswith(("_COMPLETE", "_FAILED"))


def _conclude(event: StackEventTypeDef, causes: list[str]) -> None:
    status = event["ResourceStatus"]
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}:
        raise DeploymentError(
            causes[0] if causes else f"{status}: {event.get('ResourceStatusReason', 'no reason given')}"
        )
