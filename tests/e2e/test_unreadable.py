"""An object that the image function may not read: named at once, analysed when it may be read and reconcile runs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from tests.e2e.conftest import RunningStack
from tests.e2e.test_faults import made_photo
from tests.support.waiting import wait_for
from viewfinder.cli.main import app
from viewfinder.domain.image import Image, Status

POLICY = "unreadable"


@pytest.fixture
def folder(stack: RunningStack) -> Iterator[str]:
    """A prefix whose objects the image function's role may not read, in a bucket with others that it may."""
    prefix = f"secret/{uuid.uuid4().hex[:8]}"
    iam, role = stack.client("iam"), role_of(stack)
    denial = {
        "Effect": "Deny",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{stack.bucket}/{prefix}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=document)
    yield prefix
    if POLICY in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=POLICY)


def role_of(stack: RunningStack) -> str:
    which = {"StackName": "viewfinder", "LogicalResourceId": "ImageProcessingRole"}
    resource = stack.client("cloudformation").describe_stack_resource(**which)["StackResourceDetail"]
    return str(resource["PhysicalResourceId"])


def run(stack: RunningStack, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data-dir", str(stack.local.data.path)])


def test_an_unreadable_object_is_rejected_named_and_analysed_when_the_policy_is_lifted(
    stack: RunningStack, folder: str
) -> None:
    application = stack.local.application()
    secret, fine = f"{folder}/a.jpg", f"open-{folder}.jpg"
    for number, key in enumerate((fine, secret)):
        content = made_photo(number, folder)
        application.s3_client.put_object(Bucket=stack.bucket, Key=key, Body=content)

    def answered(key: str) -> Image | None:
        return application.catalog.find(key)

    assert wait_for(lambda: answered(fine), seconds=60, what="the other image").status is Status.ANALYZED
    rejected = wait_for(lambda: answered(secret), seconds=60, what="the rejection")
    assert (rejected.status, rejected.reason) == (Status.REJECTED, "ACCESS_DENIED")

    told = run(stack, "status", "--json")
    assert told.exit_code == 1
    assert any(f"{secret} (ACCESS_DENIED)" in problem for problem in json.loads(told.stdout)["Problems"])
    held = run(stack, "reconcile", "--json")
    assert held.exit_code == 1
    assert json.loads(held.stdout)["RemainingImages"][secret] == "ACCESS_DENIED"

    stack.client("iam").delete_role_policy(RoleName=role_of(stack), PolicyName=POLICY)
    lifted = run(stack, "reconcile", "--json")
    assert (lifted.exit_code, json.loads(lifted.stdout)["DetectorCalls"]) == (0, 1)
    image = application.catalog.find(secret)
    assert image
    assert image.status is Status.ANALYZED
