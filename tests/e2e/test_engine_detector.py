"""The engine as the detector inside the image function: a second stack, deployed as for AWS."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import TEMPLATE, RunningStack
from tests.support.waiting import wait_for
from viewfinder.adapters.detector import engine_version
from viewfinder.deployment.deploy import deploy, draw
from viewfinder.deployment.destroy import plan_removal, remove
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import silent
from viewfinder.deployment.stack import Stack

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.jpg"))
NAME = "engine"


@pytest.fixture(scope="module")
def outputs(stack: RunningStack) -> Iterator[dict[str, str]]:
    """The outputs of a stack with `Detector=Engine`."""
    parameters = {"Detector": "Engine", "RequireTls": "false", "Shards": "1", "ApiAccessLogs": "Disabled"}
    second = Stack(Environment(stack.local.session, stack.local.record.endpoint_url), NAME)
    deploy(second, draw(TEMPLATE, this_machine(), parameters, silent), silent)
    yield second.outputs
    remove(plan_removal(second, delete_data=True), silent)


def _analysis(stack: RunningStack, bucket: str, photo: Path) -> dict[str, Any] | None:
    content = hashlib.sha256(photo.read_bytes()).hexdigest()
    key = f"analyses/{engine_version()}-general-labels-max40-min55/{content}.json"
    s3 = stack.client("s3")
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        return None
    document: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return document


def test_the_samples_are_analysed_in_the_function_itself(stack: RunningStack, outputs: dict[str, str]) -> None:
    for photo in SAMPLES:
        stack.client("s3").upload_file(str(photo), outputs["ImagesBucketName"], photo.name)

    for photo in SAMPLES:
        analysis = wait_for(
            lambda photo=photo: _analysis(stack, outputs["DerivedBucketName"], photo),  # type: ignore[misc]
            seconds=120,
            what=f"an analysis of {photo.name}",
        )
        assert analysis["LabelModelVersion"] == engine_version()
        assert analysis["Labels"]


@pytest.mark.usefixtures("outputs")
@pytest.mark.parametrize("operation", ["DetectLabels", "DetectText", "DetectFaces"])
def test_the_role_may_not_call_rekognition(stack: RunningStack, operation: str) -> None:
    resources = stack.client("cloudformation").describe_stack_resources(StackName=NAME)["StackResources"]
    names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    iam = stack.client("iam")
    role = iam.get_role(RoleName=names["ImageProcessingRole"])["Role"]["Arn"]
    actions = [f"rekognition:{operation}", "sqs:ReceiveMessage"]
    queue = _queue_arn(stack, names["ImageQueue"])
    results = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=actions, ResourceArns=[queue])
    decisions = {each["EvalActionName"]: each["EvalDecision"] for each in results["EvaluationResults"]}
    assert decisions == {f"rekognition:{operation}": "implicitDeny", "sqs:ReceiveMessage": "allowed"}


def _queue_arn(stack: RunningStack, url: str) -> str:
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])
