"""A change set that costs messages or data is explained, and needs a confirmation of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from tests.support.fake_stack import FakeStack
from viewfinder.cli._options import template
from viewfinder.cli.main import app
from viewfinder.deployment import checks
from viewfinder.deployment import deploy as deployment
from viewfinder.deployment.checks import Findings
from viewfinder.deployment.deploy import Blueprint, deploy, refuse_losses
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import read_template
from viewfinder.deployment.progress import DeploymentDeclinedError, silent
from viewfinder.deployment.replacements import HOLDINGS, KINDS, losses
from viewfinder.deployment.stack import Change, Stack

QUEUE = Change("Modify", "ImageQueue", "AWS::SQS::Queue", "True", "ReplaceAndDelete", ("QueueName",))
BEFORE = {"AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}]}
ADDED = {"AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "GSI2SK")]}
EDITED = {"AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "N"}]}


def table(after: dict[str, Any], *causes: str, before: dict[str, Any] = BEFORE) -> Change:
    kind = "AWS::DynamoDB::Table"
    return Change("Modify", "CatalogTable", kind, "Conditional", "", causes, before, after)


ALIAS = Change("Modify", "ApiHandlerPermission", "AWS::Lambda::Permission", "True")
NOW = datetime(2026, 1, 31, tzinfo=UTC)

NAMED_QUEUE = {
    "Action": "Modify",
    "LogicalResourceId": "ImageQueue",
    "ResourceType": "AWS::SQS::Queue",
    "Replacement": "True",
    "PolicyAction": "ReplaceAndDelete",
    "Scope": ["Properties"],
    "BeforeContext": json.dumps({"Properties": {"VisibilityTimeout": "360"}}),
    "AfterContext": json.dumps({"Properties": {"QueueName": "viewfinder-images"}}),
    "Details": [
        {
            "Target": {"Attribute": "Properties", "Name": "QueueName", "RequiresRecreation": "Always"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        },
        {
            "Target": {"Attribute": "Properties", "Name": "VisibilityTimeout", "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        },
        {"Target": {"Attribute": "Tags", "RequiresRecreation": "Never"}, "Evaluation": "Static"},
    ],
}
"""What the update from 0.1.0 to 0.2.0 says of the queue, in CloudFormation's shape."""


@pytest.fixture
def blueprint(monkeypatch: pytest.MonkeyPatch) -> Blueprint:
    monkeypatch.setattr(deployment, "_upload", lambda *_: "https://t")
    return Blueprint(template(), {}, {})


@pytest.fixture
def cloudformation() -> Iterator[tuple[Stack, Stubber]]:
    stack = Stack(Environment(boto3.Session("key", "secret", region_name="eu-central-1")), "viewfinder")
    with Stubber(stack.environment.cloudformation) as stubber:
        yield stack, stubber


def test_a_change_is_read_with_the_property_that_forces_a_new_resource(cloudformation: tuple[Stack, Stubber]) -> None:
    stack, stubber = cloudformation
    described = {"Stacks": [{"StackName": "viewfinder", "CreationTime": NOW, "StackStatus": "UPDATE_COMPLETE"}]}
    stubber.add_response("describe_stacks", described)
    stubber.add_response("create_change_set", {})
    made = {"Status": "CREATE_COMPLETE", "Changes": [{"Type": "Resource", "ResourceChange": NAMED_QUEUE}]}
    stubber.add_response("describe_change_set", made)
    stubber.add_response("describe_change_set", made)

    proposal = stack.propose("https://t", {}, {})

    assert proposal
    before, after = {"VisibilityTimeout": "360"}, {"QueueName": "viewfinder-images"}
    assert proposal.changes == [replace(QUEUE, before=before, after=after)]


def test_a_replaced_queue_is_explained_with_cause_data_fate_and_remedy() -> None:
    (loss,) = losses([ALIAS, QUEUE])

    assert loss.explanation == (
        "ImageQueue will be replaced because QueueName changes. It holds the messages that wait in it: uploads and "
        "deletions that are not in the catalog yet. The old one is deleted with what it holds. Afterwards run "
        "`viewfinder reconcile`: it finds each image whose message was lost. To lose none, deploy when "
        "`viewfinder status` says that nothing waits."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("Modify", "CatalogTable", "AWS::DynamoDB::Table", "True", "ReplaceAndRetain"), "will be replaced."),
        (Change("Modify", "CatalogTable", "AWS::DynamoDB::Table", "True", "ReplaceAndRetain"), "The old one stays"),
        (Change("Modify", "ImagesBucket", "AWS::S3::Bucket", "Conditional", "", ("BucketName",)), "may be replaced"),
        (table(ADDED, "AttributeDefinitions", "KeySchema"), "may be replaced because KeySchema changes."),
        (table(EDITED, "AttributeDefinitions"), "may be replaced because AttributeDefinitions changes."),
        (table({}, "AttributeDefinitions", before={}), "may be replaced because AttributeDefinitions changes."),
        (table({}), "may be replaced."),
        (Change("Modify", "DerivedBucket", "AWS::S3::Bucket", "True"), "detector calls again"),
        (Change("Remove", "ImageDeadLetterQueue", "AWS::SQS::Queue", "", "Delete"), "will be removed"),
        (Change("Remove", "GalleryUsers", "AWS::Cognito::UserPool", "", "Delete"), "viewfinder users list"),
        (Change("Modify", "Foreign", "AWS::SQS::Queue", "True"), "the messages that wait in it. The old one is"),
    ],
)
def test_every_resource_with_messages_or_data_is_explained(change: Change, words: str) -> None:
    assert [words in loss.explanation for loss in losses([change])] == [True]


@pytest.mark.parametrize(
    "change",
    [
        Change("Modify", "CatalogTable", "AWS::DynamoDB::Table", "False"),
        Change("Add", "UncountedRecordsQueue", "AWS::SQS::Queue", ""),
        ALIAS,
        table(ADDED, "AttributeDefinitions"),
        Change("Modify", "ImagesBucket", "AWS::S3::Bucket", "Conditional", "", ("NotificationConfiguration",)),
        Change("Modify", "ImagesBucket", "AWS::S3::Bucket", "Conditional", "", ("CorsConfiguration",)),
        Change("Remove", "Alarm", "AWS::CloudWatch::Alarm", ""),
        Change("Remove", "GalleryBucket", "AWS::S3::Bucket", "", "Delete"),
    ],
)
def test_a_change_that_costs_nothing_is_no_loss(change: Change) -> None:
    assert losses([change]) == []


def test_each_queue_table_and_bucket_of_the_template_has_words_of_its_own() -> None:
    resources = read_template(template())["Resources"]
    holding = {name for name, resource in resources.items() if resource["Type"] in KINDS}

    assert holding - {"AccessLogsBucket", "GalleryBucket"} == set(HOLDINGS)


def test_a_replacement_is_not_carried_out_without_its_own_approval(blueprint: Blueprint) -> None:
    stack = FakeStack([QUEUE])

    with pytest.raises(DeploymentDeclinedError, match="--allow-replacement"):
        deploy(stack, blueprint, silent, approve_losses=refuse_losses)

    assert stack.done == ["discarded"]


def test_no_question_about_losses_is_asked_where_there_are_none(blueprint: Blueprint) -> None:
    stack = FakeStack([ALIAS])

    assert deploy(stack, blueprint, silent, approve_losses=refuse_losses)

    assert stack.done == ["executed"]


@pytest.mark.parametrize(
    ("arguments", "answer", "done"),
    [
        (["--yes"], "", "discarded"),
        (["--yes", "--allow-replacement"], "", "executed"),
        ([], "y\nn\n", "discarded"),
        ([], "y\ny\n", "executed"),
        ([], "n\n", "discarded"),
        (["--allow-replacement"], "y\n", "executed"),
    ],
)
def test_the_command_explains_and_asks_a_second_time(
    arguments: list[str], answer: str, done: str, blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = FakeStack([QUEUE])
    found = Findings("123456789012", "eu-central-1", "Rekognition", None, None, {})
    monkeypatch.setattr("viewfinder.deployment.stack.Stack", lambda *_: stack)
    monkeypatch.setattr("viewfinder.deployment.attach.attached_already", lambda _: None)
    monkeypatch.setattr(checks, "check", lambda *_: found)
    monkeypatch.setattr(checks, "prove", lambda *_: None)
    monkeypatch.setattr(Environment, "api_url", lambda *_: "")
    monkeypatch.setattr(deployment, "draw", lambda *_: blueprint)

    result = CliRunner().invoke(app, ["deploy", "--region", "eu-central-1", *arguments], input=answer)

    printed = result.stdout + result.stderr
    assert (result.exit_code, stack.done) == (0 if done == "executed" else 1, [done]), printed
    assert ("It holds the messages that wait in it" in printed) == (answer != "n\n")
    assert ("Replace ImageQueue?" in printed) == (answer.count("\n") == 2)
