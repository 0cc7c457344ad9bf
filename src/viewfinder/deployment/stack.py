"""One CloudFormation stack: propose a change set, execute it, follow its events, delete it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import DeploymentError, Progress, Report

if TYPE_CHECKING:
    from types_boto3_cloudformation.literals import CapabilityType
    from types_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        ResourceChangeTypeDef,
        StackEventTypeDef,
        StackResourceSummaryTypeDef,
        StackTypeDef,
        TagTypeDef,
    )

NEVER_CREATED = {None, "REVIEW_IN_PROGRESS"}
"""A change set for a new stack makes a stack in review, which holds nothing yet."""

UNFINISHED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
"""States of a stack whose creation failed: CloudFormation only lets it be deleted."""

RETAINING = {"Retain", "RetainExceptOnCreate"}
"""Deletion policies of resources that stay when their stack goes."""

CAPABILITIES: tuple[CapabilityType, ...] = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
GONE = {"DELETE_COMPLETE", "DELETE_SKIPPED"}
MAKING = {"CREATE_PENDING", "CREATE_IN_PROGRESS"}
NOTHING_TO_CHANGE = ("didn't contain changes", "No updates are to be performed")
CONSEQUENCES = ("cancelled", "following resource(s) failed")
"""Words in the reasons of failures that another failure caused."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a change set would do to one resource; `replacement` is True, False or Conditional where it applies.

    `policy_action` says what becomes of the resource that is there (ResourceChange in CloudFormation's API Reference),
    `causes` are the properties whose change makes CloudFormation create a new one. `before` and `after` are the
    resource's properties; empty where CloudFormation does not tell them.
    """

    action: str
    logical_id: str
    resource_type: str
    replacement: str
    policy_action: str = ""
    causes: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change set that waits for a decision."""

    name: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a stack; `retained` where it stays when the stack goes."""

    logical_id: str
    name: str
    type: str
    retained: bool


@dataclass(frozen=True)
class Stack:
    """A stack by its name; it need not exist yet."""

    environment: Environment
    name: str

    @property
    def status(self) -> str | None:
        """CloudFormation's status of the stack; None if it does not exist."""
        stack = self.describe()
        return stack["StackStatus"] if stack else None

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack, empty where there is none."""
        stack = self.describe()
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])} if stack else {}

    @property
    def parameters(self) -> dict[str, str]:
        """The values of the stack's parameters, empty where there is none."""
        stack = self.describe()
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])} if stack else {}

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the stack, empty where there is none."""
        stack = self.describe()
        return {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])} if stack else {}

    @property
    def protected(self) -> bool:
        """Whether CloudFormation refuses to delete the stack."""
        stack = self.describe()
        return bool(stack and stack.get("EnableTerminationProtection"))

    def protect(self, protected: bool) -> None:
        """Turn termination protection on or off."""
        self.environment.cloudformation.update_termination_protection(
            StackName=self.name, EnableTerminationProtection=protected
        )

    def propose(
        self,
        template_url: str,
        parameters: Mapping[str, str],
        declared: Mapping[str, object],
        tags: Mapping[str, str] | None = None,
    ) -> Proposal | None:
        """Create a change set; return None if the stack is up to date.

        Parameters of `declared` and tags that are not given keep their values in the stack.
        """
        stack = self.describe()
        name = f"viewfinder-{uuid4()}"
        self.environment.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="CREATE" if (stack and stack["StackStatus"]) in NEVER_CREATED else "UPDATE",
            TemplateURL=template_url,
            Parameters=_parameters(stack, parameters, declared),
            Tags=_tags(stack, tags or {}),
            Capabilities=CAPABILITIES,
        )
        changes = self._changes(name)
        return Proposal(name, changes) if changes else None

    def execute(self, proposal: Proposal, report: Report) -> None:
        """Execute the change set; raise DeploymentError with the first real cause."""
        seen = {event["EventId"] for event in self._events(self.name)}
        self.environment.cloudformation.execute_change_set(StackName=self.name, ChangeSetName=proposal.name)
        self._follow(self.name, seen, report)

    def discard(self, change_set: str) -> None:
        """Delete a change set, and the empty stack that a change set for a new stack creates."""
        if self.status == "REVIEW_IN_PROGRESS":
            self.environment.cloudformation.delete_stack(StackName=self.name)
        elif self.status:
            self.environment.cloudformation.delete_change_set(StackName=self.name, ChangeSetName=change_set)

    def delete(self, report: Report) -> None:
        """Delete the stack, or the rest of an earlier deletion; raise DeploymentError with the first real cause."""
        stack = self.describe()
        if stack is None:
            return
        seen = {event["EventId"] for event in self._events(stack["StackId"])}
        if self.status is None:  # a deletion that was under way has come to its end
            return
        self.environment.cloudformation.delete_stack(StackName=self.name)
        self._follow(stack["StackId"], seen, report)

    def resources(self) -> list[Resource]:
        """Return the resources of the stack, without those that an earlier deletion has removed."""
        pages = self.environment.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        summaries = [
            summary
            for page in pages
            for summary in page["StackResourceSummaries"]
            if summary.get("PhysicalResourceId") and summary["ResourceStatus"] not in GONE
        ]
        declared = self._declared() if summaries else {}
        return [_resource(summary, declared.get(summary["LogicalResourceId"], {})) for summary in summaries]

    def _declared(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the resources of the template as SAM has translated it, which is always JSON (botocore parses it)."""
        answer = self.environment.cloudformation.get_template(StackName=self.name, TemplateStage="Processed")
        template: Any = answer["TemplateBody"]
        resources: Mapping[str, Mapping[str, Any]] = template["Resources"]
        return resources

    def describe(self) -> StackTypeDef | None:
        """Return CloudFormation's description of the stack, None if there is no stack."""
        try:
            return self.environment.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise

    def _changes(self, change_set: str) -> list[Change]:
        """Wait for a change set, and read it."""
        client = self.environment.cloudformation
        while (made := client.describe_change_set(StackName=self.name, ChangeSetName=change_set))["Status"] in MAKING:
            time.sleep(self.environment.pause)
        if made["Status"] == "FAILED":
            self.discard(change_set)
            if any(words in made["StatusReason"] for words in NOTHING_TO_CHANGE):
                return []
            raise DeploymentError(made["StatusReason"])
        pages = client.get_paginator("describe_change_set").paginate(
            StackName=self.name, ChangeSetName=change_set, IncludePropertyValues=True
        )
        return [_change(entry["ResourceChange"]) for page in pages for entry in page["Changes"]]

    def _events(self, stack: str) -> Iterator[StackEventTypeDef]:
        """Return the stack's events, newest first."""
        pages = self.environment.cloudformation.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=stack):
            yield from page["StackEvents"]

    def _follow(self, stack_id: str, seen: set[str], report: Report) -> None:
        """Report events until the stack's status is final."""
        causes: list[str] = []
        while True:
            for event in self._unseen(stack_id, seen):
                report(_progress(event))
                causes += _causes(event)
                if _at_rest(event):
                    return _conclude(event, causes)
            time.sleep(self.environment.pause)

    def _unseen(self, stack_id: str, seen: set[str]) -> list[StackEventTypeDef]:
        """Return new events, oldest first."""
        fresh = []
        for event in self._events(stack_id):
            if event["EventId"] in seen:
                break
            fresh.append(event)
        seen.update(event["EventId"] for event in fresh)
        return fresh[::-1]


def _resource(summary: StackResourceSummaryTypeDef, declared: Mapping[str, Any]) -> Resource:
    return Resource(
        logical_id=summary["LogicalResourceId"],
        name=summary["PhysicalResourceId"],
        type=summary["ResourceType"],
        retained=declared.get("DeletionPolicy") in RETAINING,
    )


def _parameters(
    stack: StackTypeDef | None, given: Mapping[str, str], declared: Mapping[str, object]
) -> list[ParameterTypeDef]:
    present = {parameter["ParameterKey"] for parameter in stack.get("Parameters", [])} if stack else set()
    kept = present & set(declared) - set(given)
    values: list[ParameterTypeDef] = [{"ParameterKey": key, "ParameterValue": given[key]} for key in given]
    return values + [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)]


def _tags(stack: StackTypeDef | None, given: Mapping[str, str]) -> list[TagTypeDef]:
    present = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])} if stack else {}
    return [{"Key": key, "Value": value} for key, value in sorted({**present, **given}.items())]


def _change(resource: ResourceChangeTypeDef) -> Change:
    return Change(
        action=resource["Action"],
        logical_id=resource["LogicalResourceId"],
        resource_type=resource["ResourceType"],
        replacement=resource.get("Replacement", ""),
        policy_action=resource.get("PolicyAction", ""),
        causes=tuple(dict.fromkeys(_recreating(resource))),
        before=_properties(resource.get("BeforeContext")),
        after=_properties(resource.get("AfterContext")),
    )


def _properties(context: str | None) -> Mapping[str, Any]:
    """Read a resource's properties from the JSON that a change set has of it."""
    properties: Mapping[str, Any] = json.loads(context or "{}").get("Properties", {})
    return properties


def _recreating(resource: ResourceChangeTypeDef) -> Iterator[str]:
    """Yield the properties that can't change in place."""
    for detail in resource.get("Details", ()):
        target = detail.get("Target", {})
        if target.get("RequiresRecreation", "Never") != "Never" and "Name" in target:
            yield target["Name"]


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
