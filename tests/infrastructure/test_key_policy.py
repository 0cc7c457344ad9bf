"""The key policy of docs/security.md lets in everyone that the template has use a key, and nobody else."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from tests.infrastructure.translation import PROJECT, PSEUDO_PARAMETERS, of_type, translate

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
TEMPLATE = translate(KmsKeyArn=KEY)


def _documented() -> list[dict[str, Any]]:
    section = (PROJECT / "docs" / "security.md").read_text().partition("## A key of your own")[2].partition("\n## ")[0]
    (policy,) = re.findall(r"^    \{.*?^    \}$", section, re.MULTILINE | re.DOTALL)
    for word, pseudo_parameter in {"ACCOUNT": "AccountId", "REGION": "Region", "STACK": "StackName"}.items():
        policy = policy.replace(word, PSEUDO_PARAMETERS[f"AWS::{pseudo_parameter}"])
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return statements


STATEMENTS = {statement["Sid"]: statement for statement in _documented()}


def test_the_account_delegates_to_its_iam_policies() -> None:
    """Without it no kms: statement of a role has an effect (KMS Developer Guide, "Default key policy")."""
    delegation = STATEMENTS["AccountDelegatesToIam"]
    assert delegation["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert (delegation["Effect"], delegation["Action"], delegation["Resource"]) == ("Allow", "kms:*", "*")


def test_the_roles_have_what_the_delegation_needs() -> None:
    roles = of_type(TEMPLATE, "AWS::IAM::Role")
    uses = {
        name: [
            statement["Action"]
            for policy in role.get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Resource"] == KEY
        ]
        for name, role in roles.items()
        if name != "ApiLogsRole"
    }
    assert uses == {name: [["kms:Decrypt", "kms:GenerateDataKey"]] for name in uses}
    assert len(uses) == 3


def test_services_that_act_without_a_role_are_let_in_for_this_account_only() -> None:
    """They are those that the policies of encrypted queues and of the topic let in."""
    senders = {
        statement["Principal"]["Service"]
        for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
        for policy in of_type(TEMPLATE, kind).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    statement = STATEMENTS["ServicesThatSend"]
    assert set(statement["Principal"]["Service"]) == senders == {"s3.amazonaws.com", "cloudwatch.amazonaws.com"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_cloudwatch_logs_may_encrypt_the_log_groups_of_the_stack_and_no_others() -> None:
    statement = STATEMENTS["LogGroups"]
    pattern = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    groups = [group["LogGroupName"] for group in of_type(TEMPLATE, "AWS::Logs::LogGroup").values()]
    arns = [f"arn:aws:logs:eu-west-1:123456789012:log-group:{group}" for group in groups]
    assert statement["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert [fnmatchcase(arn, pattern) for arn in arns] == [True] * 4
    assert not fnmatchcase(arns[0].replace("photos", "others"), pattern)


def test_events_of_an_attached_bucket_may_be_encrypted_without_a_condition_on_the_account() -> None:
    """EventBridge gives no aws:SourceAccount to KMS: with such a condition every event would be lost."""
    policy = of_type(translate(KmsKeyArn=KEY, ExistingBucketName="photos"), "AWS::SQS::QueuePolicy")["ImageQueuePolicy"]
    (sender,) = (each["Principal"] for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow")
    statement = STATEMENTS["EventsOfAnAttachedBucket"]
    assert statement["Principal"] == sender == {"Service": "events.amazonaws.com"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert "Condition" not in statement


def test_nobody_else_is_let_in() -> None:
    assert set(STATEMENTS) == {"AccountDelegatesToIam", "ServicesThatSend", "EventsOfAnAttachedBucket", "LogGroups"}
