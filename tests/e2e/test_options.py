"""The options of the template that are off by default: a second stack, on the same emulator, with all it can take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import TEMPLATE, RunningStack
from viewfinder.deployment.deploy import deploy, draw
from viewfinder.deployment.destroy import plan_removal, remove
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import silent
from viewfinder.deployment.stack import Stack

MAIL = "operator@example.com"


@pytest.fixture(scope="module")
def key(stack: RunningStack) -> str:
    """The ARN of a customer's key."""
    return str(stack.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def resources(stack: RunningStack, key: str) -> Iterator[dict[str, str]]:
    """The names of the second stack's resources, by logical id."""
    parameters = {
        "AlarmEmail": MAIL,
        "ApiAccessLogs": "EnabledByAccount",
        "KmsKeyArn": key,
        "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/PowerUserAccess",
        "RequireTls": "false",
        "ServerAccessLogs": "Enabled",
    }
    second = Stack(Environment(stack.local.session, stack.local.record.endpoint_url), "options")
    deploy(second, draw(TEMPLATE, this_machine(), parameters, silent), silent)
    found = stack.client("cloudformation").describe_stack_resources(StackName="options")["StackResources"]
    yield {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}
    remove(plan_removal(second, delete_data=True), silent)


def _policy_of(stack: RunningStack, role: str) -> dict[str, Any]:
    iam = stack.client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    return {statement["Sid"]: statement for statement in statements}


@pytest.mark.parametrize("queue", ["ImageQueue", "ImageDeadLetterQueue"])
def test_queues_use_the_key(stack: RunningStack, resources: dict[str, str], key: str, queue: str) -> None:
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=resources[queue], AttributeNames=["KmsMasterKeyId"])
    assert answer["Attributes"]["KmsMasterKeyId"] == key


def test_log_groups_use_the_key(stack: RunningStack, resources: dict[str, str], key: str) -> None:
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/options-")["logGroups"]
    assert {group["logGroupName"]: group["kmsKeyId"] for group in groups} == {
        resources[name]: key for name in ("ImageProcessingLogs", "LabelStatisticsLogs", "ApiHandlerLogs")
    }


@pytest.mark.parametrize("role", ["ImageProcessingRole", "LabelStatisticsRole", "ApiHandlerRole"])
def test_roles_may_use_the_key_through_the_services_alone(
    stack: RunningStack, resources: dict[str, str], key: str, role: str
) -> None:
    statement = _policy_of(stack, resources[role])["UseTheKey"]
    services = [f"{service}.us-east-1.amazonaws.com" for service in ("s3", "sqs", "dynamodb")]
    assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], key)
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": services}}


def test_alarms_are_mailed(stack: RunningStack, resources: dict[str, str]) -> None:
    (mail,) = stack.client("sns").list_subscriptions_by_topic(TopicArn=resources["AlarmTopic"])["Subscriptions"]
    assert (mail["Protocol"], mail["Endpoint"]) == ("email", MAIL)


def test_the_bucket_of_access_logs_takes_them_from_these_buckets_only(
    stack: RunningStack, resources: dict[str, str]
) -> None:
    policy = stack.client("s3").get_bucket_policy(Bucket=resources["AccessLogsBucket"])["Policy"]
    assert resources["ImagesBucket"] in policy
    assert resources["DerivedBucket"] in policy


def test_an_accounts_own_logs_role_is_left_alone(resources: dict[str, str]) -> None:
    assert {"ApiLogs", "ApiLogsAccount", "ApiLogsRole"} & resources.keys() == {"ApiLogs"}
