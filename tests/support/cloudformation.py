"""A CloudFormation as strict as AWS's: a full bucket makes a deletion fail, and a failed deletion can be resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/photos/1"
NOW = datetime(2026, 1, 31, tzinfo=UTC)


@dataclass
class FakeResource:
    logical_id: str
    name: str
    type: str
    policy: str = "Delete"
    status: str = "CREATE_COMPLETE"


@dataclass
class StrictCloudFormation:
    """One stack, `photos`; `s3` deletes its buckets, or refuses to. Answers have botocore's shapes."""

    s3: Any
    resources: list[FakeResource]
    status: str | None = "CREATE_COMPLETE"
    protected: bool = False
    before_deletion: Callable[[], None] = lambda: None
    broken: set[str] = field(default_factory=set)
    """Logical ids of resources whose deletion fails."""
    events: list[dict[str, Any]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if self.status is None and StackName != STACK_ID:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}},
                "DescribeStacks",
            )
        stack = {
            "StackId": STACK_ID,
            "StackName": "photos",
            "StackStatus": self.status or "DELETE_COMPLETE",
            "EnableTerminationProtection": self.protected,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()],
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }
        return {"Stacks": [stack]}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {
            "TemplateBody": {"Resources": {each.logical_id: {"DeletionPolicy": each.policy} for each in self.resources}}
        }

    def get_paginator(self, operation: str) -> Any:
        return _Paginator(getattr(self, f"_{operation}"))

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
        self.before_deletion()
        self._tell("photos", STACK_ID, "DELETE_IN_PROGRESS")
        for resource in self.resources:
            if resource.status != "DELETE_COMPLETE":
                self._delete(resource)
        failed = any(resource.status == "DELETE_FAILED" for resource in self.resources)
        self.status = "DELETE_FAILED" if failed else None
        self._tell("photos", STACK_ID, "DELETE_FAILED" if failed else "DELETE_COMPLETE")

    def left(self) -> set[str]:
        """Return the logical ids of the resources that still exist in the stack."""
        return {each.logical_id for each in self.resources if each.status not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}}

    def _delete(self, resource: FakeResource) -> None:
        reason = ""
        try:
            if resource.policy.startswith("Retain"):
                resource.status = "DELETE_SKIPPED"
            else:
                if resource.logical_id in self.broken:
                    raise RuntimeError("it does not work")
                if resource.type == "AWS::S3::Bucket":
                    self.s3.delete_bucket(Bucket=resource.name)
                resource.status = "DELETE_COMPLETE"
        except (ClientError, RuntimeError) as error:
            resource.status, reason = "DELETE_FAILED", str(error)
        self._tell(resource.logical_id, resource.name, resource.status, reason, resource.type)

    def _tell(
        self, logical_id: str, name: str, status: str, reason: str = "", kind: str = "AWS::CloudFormation::Stack"
    ) -> None:
        self.events.insert(
            0,
            {
                "StackId": STACK_ID,
                "EventId": str(len(self.events)),
                "StackName": "photos",
                "Timestamp": NOW,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": name,
                "ResourceType": kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            },
        )

    def _describe_stack_events(self) -> dict[str, Any]:
        return {"StackEvents": list(self.events)}

    def _list_stack_resources(self) -> dict[str, Any]:
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": each.logical_id,
                    "PhysicalResourceId": each.name,
                    "ResourceType": each.type,
                    "ResourceStatus": each.status,
                }
                for each in self.resources
            ]
        }


@dataclass(frozen=True)
class _Paginator:
    page: Callable[[], dict[str, Any]]

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        yield self.page()
