"""Least privilege: each role can do all it needs and nothing else, as the emulator's IAM enforces it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import RunningStack
from tests.support.roles import FORBIDDEN, LEFT_BEHIND, NEEDED, Call, filled

DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}

STATEMENTS = [pytest.param(role, sid, id=f"{role}-{sid}") for role, sids in NEEDED.items() for sid in sids]


def _named(calls: list[Call]) -> list[str]:
    return [f"{service}:{operation}" for service, operation, _ in calls]


class Role:
    """A role of the stack, and calls with its credentials."""

    def __init__(self, rehearsal: RunningStack, logical_id: str) -> None:
        session: Any = rehearsal.local.session  # one for all clients: it reads each service's model once
        self.root = cache(lambda service: session.client(service, endpoint_url=rehearsal.local.record.endpoint_url))
        self.client = cache(lambda service: session.client(service, **self._access(rehearsal)))
        self.name = self._physical(logical_id)
        self.names = rehearsal.outputs | self._further_names(rehearsal.outputs["TableName"])
        self.policy_name = self.root("iam").list_role_policies(RoleName=self.name)["PolicyNames"][0]
        found = self.root("iam").get_role_policy(RoleName=self.name, PolicyName=self.policy_name)
        self.policy = found["PolicyDocument"]

    def refuses(self, call: Call) -> bool:
        """Whether IAM stands in the way; other errors come from behind it."""
        service, operation, arguments = call
        caller = self.root if operation == "simulate_principal_policy" else self.client
        try:
            answer = getattr(caller(service), operation)(**filled(arguments, self.names))
        except ClientError as error:
            return error.response["Error"]["Code"] in DENIED
        return any(result["EvalDecision"] != "allowed" for result in answer.get("EvaluationResults", []))

    def put_policy(self, statements: list[dict[str, Any]]) -> None:
        """Replace the statements of the role's policy."""
        document = json.dumps({**self.policy, "Statement": statements})
        self.root("iam").put_role_policy(RoleName=self.name, PolicyName=self.policy_name, PolicyDocument=document)

    @cache  # noqa: B019 - the role lives as long as the session of tests
    def _access(self, rehearsal: RunningStack) -> dict[str, str]:
        keys = self.root("sts").assume_role(RoleArn=self.names["RoleArn"], RoleSessionName="test")["Credentials"]
        return {
            "endpoint_url": rehearsal.local.record.endpoint_url,
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    def _physical(self, logical_id: str) -> str:
        which = {"StackName": "viewfinder", "LogicalResourceId": logical_id}
        answer = self.root("cloudformation").describe_stack_resource(**which)
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])

    def _further_names(self, table: str) -> dict[str, str]:
        return {
            "FunctionName": self._physical("ApiHandlerFunction"),
            "RoleArn": self.root("iam").get_role(RoleName=self.name)["Role"]["Arn"],
            "RoleName": self.name,
            "StreamArn": self.root("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"],
        }


@pytest.fixture(scope="module")
def roles(rehearsal: RunningStack) -> Iterator[dict[str, Role]]:
    """The functions' roles, which trust the test too while it runs."""
    found = {logical_id: Role(rehearsal, logical_id) for logical_id in NEEDED}
    iam = rehearsal.client("iam")
    trusts = {
        role.name: iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"] for role in found.values()
    }
    root = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    for name, trust in trusts.items():
        document = json.dumps({**trust, "Statement": [*trust["Statement"], root]})
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    yield found
    for name, trust in trusts.items():
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    for service, operation, arguments in LEFT_BEHIND:
        getattr(rehearsal.client(service), operation)(**filled(arguments, rehearsal.outputs))


@pytest.mark.parametrize(("role", "sid"), STATEMENTS)
def test_a_statement_allows_what_the_function_does(roles: dict[str, Role], role: str, sid: str) -> None:
    refused = [call for call in NEEDED[role][sid] if roles[role].refuses(call)]
    assert _named(refused) == []


@pytest.mark.parametrize(("role", "sid"), STATEMENTS)
def test_without_a_statement_the_function_fails(roles: dict[str, Role], role: str, sid: str) -> None:
    """So no statement is there for nothing, and the test above notices when one goes."""
    tested = roles[role]
    statements = tested.policy["Statement"]
    tested.put_policy([statement for statement in statements if statement["Sid"] != sid])
    try:
        allowed = [call for call in NEEDED[role][sid] if not tested.refuses(call)]
    finally:
        tested.put_policy(statements)
    assert _named(allowed) == []


@pytest.mark.parametrize("role", NEEDED)
def test_every_statement_and_action_is_needed(roles: dict[str, Role], role: str) -> None:
    actions = {
        statement["Sid"]: sorted([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        for statement in roles[role].policy["Statement"]
    }
    assert actions == {sid: sorted({_action(call) for call in calls}) for sid, calls in NEEDED[role].items()}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_what_a_role_must_not_do_is_refused(roles: dict[str, Role], role: str) -> None:
    allowed = [call for call in FORBIDDEN[role] if not roles[role].refuses(call)]
    assert _named(allowed) == []
    assert len({(service, operation) for service, operation, _ in FORBIDDEN[role]}) >= 25


def _action(call: Call) -> str:
    """Return the IAM action that a call needs: its own name, but for listings of a bucket and versions."""
    service, operation, arguments = call
    if operation == "simulate_principal_policy":
        return str(arguments["ActionNames"][0])
    names = {"list_objects_v2": "ListBucket", "list_object_versions": "ListBucketVersions"}
    name = names.get(operation, "".join(word.capitalize() for word in operation.split("_")))
    name += "Version" if "VersionId" in arguments else ""
    return f"{service.removesuffix('streams')}:{name}"
