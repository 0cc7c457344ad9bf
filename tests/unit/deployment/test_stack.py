"""A stack's way through CloudFormation, with its answers in the shapes that botocore checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import DeploymentError, Progress, silent
from viewfinder.deployment.stack import Change, Proposal, Resource, Stack

STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/viewfinder/1"
NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture
def stack() -> Stack:
    return Stack(
        Environment(boto3.Session("key", "secret", region_name="eu-central-1"), "http://127.0.0.1:1"), "viewfinder"
    )


@pytest.fixture
def cloudformation(stack: Stack) -> Iterator[Stubber]:
    with Stubber(stack.environment.cloudformation) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def described(status: str, **more: Any) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "viewfinder", "CreationTime": NOW, "StackStatus": status, **more}]}


def event(number: int, status: str, *, resource: str = "", reason: str = "") -> dict[str, Any]:
    """An event of a resource, or of the stack itself."""
    return {
        "StackId": STACK_ID,
        "EventId": str(number),
        "StackName": "viewfinder",
        "Timestamp": NOW,
        "LogicalResourceId": resource or "viewfinder",
        "PhysicalResourceId": resource or STACK_ID,
        "ResourceType": "AWS::SQS::Queue" if resource else "AWS::CloudFormation::Stack",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def follow(cloudformation: Stubber, *rounds: list[dict[str, Any]]) -> None:
    """CloudFormation shows events newest first, at every look all of them."""
    shown: list[dict[str, Any]] = [event(0, "REVIEW_IN_PROGRESS")]
    cloudformation.add_response("describe_stack_events", {"StackEvents": shown})
    cloudformation.add_response("execute_change_set", {})
    for fresh in rounds:
        shown = fresh[::-1] + shown
        cloudformation.add_response("describe_stack_events", {"StackEvents": shown})


def test_events_are_reported_once_and_in_order(stack: Stack, cloudformation: Stubber) -> None:
    follow(
        cloudformation,
        [event(1, "CREATE_IN_PROGRESS"), event(2, "CREATE_IN_PROGRESS", resource="Queue")],
        [event(3, "CREATE_COMPLETE", resource="Queue"), event(4, "CREATE_COMPLETE")],
    )
    reported: list[Progress] = []

    stack.execute(Proposal("change", []), reported.append)

    assert reported == [
        Progress("viewfinder", "CREATE_IN_PROGRESS"),
        Progress("Queue", "CREATE_IN_PROGRESS"),
        Progress("Queue", "CREATE_COMPLETE"),
        Progress("viewfinder", "CREATE_COMPLETE"),
    ]


def test_a_failure_is_told_by_its_first_real_cause(stack: Stack, cloudformation: Stubber) -> None:
    follow(
        cloudformation,
        [
            event(1, "CREATE_FAILED", resource="Table", reason="Resource creation cancelled"),
            event(2, "CREATE_FAILED", resource="Queue", reason="The name is not allowed"),
            event(3, "CREATE_FAILED", resource="Topic", reason="A later failure"),
            event(4, "ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to create: [Queue, Topic]"),
        ],
        [event(5, "ROLLBACK_COMPLETE")],
    )

    with pytest.raises(DeploymentError, match=r"^Queue \(AWS::SQS::Queue\): The name is not allowed$"):
        stack.execute(Proposal("change", []), silent)


def test_a_rollback_without_a_cause_is_still_a_failure(stack: Stack, cloudformation: Stubber) -> None:
    follow(cloudformation, [event(1, "UPDATE_ROLLBACK_COMPLETE", reason="someone cancelled")])

    with pytest.raises(DeploymentError, match="UPDATE_ROLLBACK_COMPLETE: someone cancelled"):
        stack.execute(Proposal("change", []), silent)


def test_a_cleanup_after_an_update_is_waited_for(stack: Stack, cloudformation: Stubber) -> None:
    follow(cloudformation, [event(1, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")], [event(2, "UPDATE_COMPLETE")])
    reported: list[Progress] = []

    stack.execute(Proposal("change", []), reported.append)

    assert reported[-1].status == "UPDATE_COMPLETE"


def test_parameters_and_tags_that_are_not_given_keep_their_values(stack: Stack, cloudformation: Stubber) -> None:
    parameters = [{"ParameterKey": key, "ParameterValue": "old"} for key in ("Given", "Kept", "Dropped")]
    tags = [{"Key": "kept", "Value": "old"}, {"Key": "given", "Value": "old"}]
    cloudformation.add_response("describe_stacks", described("CREATE_COMPLETE", Parameters=parameters, Tags=tags))
    cloudformation.add_response(
        "create_change_set",
        {},
        {
            "StackName": "viewfinder",
            "ChangeSetName": ANY,
            "ChangeSetType": "UPDATE",
            "TemplateURL": "http://t",
            "Parameters": [
                {"ParameterKey": "Given", "ParameterValue": "new"},
                {"ParameterKey": "Kept", "UsePreviousValue": True},
            ],
            "Tags": [{"Key": "given", "Value": "new"}, {"Key": "kept", "Value": "old"}],
            "Capabilities": ANY,
        },
    )
    change = {
        "Action": "Modify",
        "LogicalResourceId": "Queue",
        "ResourceType": "AWS::SQS::Queue",
        "Replacement": "False",
    }
    answer = {"Status": "CREATE_COMPLETE", "Changes": [{"Type": "Resource", "ResourceChange": change}]}
    for _ in range(2):
        cloudformation.add_response("describe_change_set", answer)

    proposal = stack.propose("http://t", {"Given": "new"}, {"Given": {}, "Kept": {}, "Fresh": {}}, {"given": "new"})

    assert proposal is not None
    assert proposal.changes == [Change("Modify", "Queue", "AWS::SQS::Queue", "False")]


@pytest.mark.parametrize(
    "reason", ["The submitted information didn't contain changes. Submit ...", "No updates are to be performed."]
)
def test_nothing_to_change_is_no_failure(stack: Stack, cloudformation: Stubber, reason: str) -> None:
    cloudformation.add_response("describe_stacks", described("UPDATE_COMPLETE"))
    cloudformation.add_response("create_change_set", {})
    cloudformation.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": reason})
    cloudformation.add_response("describe_stacks", described("UPDATE_COMPLETE"))
    cloudformation.add_response("describe_stacks", described("UPDATE_COMPLETE"))
    cloudformation.add_response("delete_change_set", {})

    assert stack.propose("http://t", {}, {}) is None


def test_a_change_set_that_fails_says_why(stack: Stack, cloudformation: Stubber) -> None:
    cloudformation.add_client_error("describe_stacks", "ValidationError", "Stack with id viewfinder does not exist")
    cloudformation.add_response("create_change_set", {})
    cloudformation.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": "Transform failed"})
    cloudformation.add_response("describe_stacks", described("REVIEW_IN_PROGRESS"))
    cloudformation.add_response("delete_stack", {})

    with pytest.raises(DeploymentError, match="Transform failed"):
        stack.propose("http://t", {}, {})


def test_a_deletion_that_is_under_way_is_followed_to_its_end(stack: Stack, cloudformation: Stubber) -> None:
    before = [event(1, "DELETE_IN_PROGRESS"), event(0, "CREATE_COMPLETE")]
    under_way = described("DELETE_IN_PROGRESS", StackId=STACK_ID)
    cloudformation.add_response("describe_stacks", under_way)
    cloudformation.add_response("describe_stack_events", {"StackEvents": before})
    cloudformation.add_response("describe_stacks", under_way)
    cloudformation.add_response("delete_stack", {})
    cloudformation.add_response("describe_stack_events", {"StackEvents": [event(2, "DELETE_COMPLETE"), *before]})
    reported: list[Progress] = []

    stack.delete(reported.append)

    assert reported == [Progress("viewfinder", "DELETE_COMPLETE")]


def test_what_a_stack_holds_is_told_with_what_its_template_retains(stack: Stack, cloudformation: Stubber) -> None:
    summaries = [
        {
            "LogicalResourceId": name,
            "PhysicalResourceId": f"the-{name}",
            "ResourceType": "AWS::S3::Bucket",
            "ResourceStatus": status,
            "LastUpdatedTimestamp": NOW,
        }
        for name, status in (("Kept", "CREATE_COMPLETE"), ("Going", "DELETE_FAILED"), ("Gone", "DELETE_COMPLETE"))
    ]
    cloudformation.add_response("list_stack_resources", {"StackResourceSummaries": summaries})
    template = {"Resources": {"Kept": {"DeletionPolicy": "RetainExceptOnCreate"}, "Going": {}, "Gone": {}}}
    cloudformation.add_response("get_template", {"TemplateBody": json.dumps(template)})

    assert stack.resources() == [
        Resource("Kept", "the-Kept", "AWS::S3::Bucket", retained=True),
        Resource("Going", "the-Going", "AWS::S3::Bucket", retained=False),
    ]
