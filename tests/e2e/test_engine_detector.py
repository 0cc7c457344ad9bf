"""The engine inside the image function: a stack in which no endpoint of Rekognition is configured at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import PROJECT, TEMPLATE, RunningStack, running
from tests.support.waiting import wait_for
from viewfinder.adapters.detector import engine_version
from viewfinder.deployment.deploy import deploy, draw
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import silent
from viewfinder.deployment.stack import Stack
from viewfinder.local.components import STACK_NAME
from viewfinder.local.running import parameters_of

SAMPLES = sorted((PROJECT / "samples").glob("*.jpg"))


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own, as `viewfinder up --detector-in-process --features LABELS,TEXT,FACES` starts it."""
    yield from running(tmp_path_factory.mktemp("inside"), in_process=True, features="LABELS,TEXT,FACES")


def _analysis(stack: RunningStack, photo: bytes) -> dict[str, Any] | None:
    content = hashlib.sha256(photo).hexdigest()
    key = f"analyses/{engine_version()}-general-labels-max40-min55/{content}.json"
    bucket, s3 = stack.outputs["DerivedBucketName"], stack.client("s3")
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        return None
    document: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return document


def _resources(stack: RunningStack) -> dict[str, str]:
    found = stack.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def test_the_samples_are_analysed_in_the_function_itself(inside: RunningStack) -> None:
    for photo in SAMPLES:
        inside.client("s3").upload_file(str(photo), inside.bucket, photo.name)

    for photo in SAMPLES:
        image = wait_for(partial(_completed, inside, photo.name), seconds=120, what=f"an analysis of {photo.name}")
        analysis = _analysis(inside, photo.read_bytes())
        assert analysis
        assert analysis["LabelModelVersion"] == engine_version()
        assert {label["Name"] for label in analysis["Labels"]} == {label["Name"] for label in image["Labels"]}
    assert image["Features"] == ["LABELS", "TEXT", "FACES"]


def _analyzed(stack: RunningStack, image_id: str) -> dict[str, Any] | None:
    answer = stack.image(image_id)
    found: dict[str, Any] = answer.json()
    return found if answer.status_code == 200 and found["Status"] == "ANALYZED" else None


def _completed(stack: RunningStack, image_id: str) -> dict[str, Any] | None:
    found = _analyzed(stack, image_id)
    return found if found and "PendingFeatures" not in found else None


def test_no_function_is_told_of_an_endpoint_of_rekognition(inside: RunningStack) -> None:
    inside.client("s3").upload_file(str(SAMPLES[0]), inside.bucket, "told.jpg")
    wait_for(lambda: _analyzed(inside, "told.jpg"), seconds=60, what="an analysis of told.jpg")

    emulator = psutil.Process(inside.local.record.process("emulator").pid)
    functions = wait_for(lambda: inside.functions("ImageProcessing"), seconds=10, what="a process of the function")
    for process in (emulator, *functions):
        assert [name for name in process.environ() if "REKOGNITION" in name] == []


@pytest.mark.parametrize("operation", ["DetectLabels", "DetectText", "DetectFaces"])
def test_the_role_may_not_call_rekognition(inside: RunningStack, operation: str) -> None:
    names, iam = _resources(inside), inside.client("iam")
    role = iam.get_role(RoleName=names["ImageProcessingRole"])["Role"]["Arn"]
    actions = [f"rekognition:{operation}", "sqs:ReceiveMessage"]
    queue = inside.client("sqs").get_queue_attributes(QueueUrl=names["ImageQueue"], AttributeNames=["QueueArn"])
    results = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=actions, ResourceArns=[queue["Attributes"]["QueueArn"]]
    )
    decisions = {each["EvalActionName"]: each["EvalDecision"] for each in results["EvaluationResults"]}
    assert decisions == {f"rekognition:{operation}": "implicitDeny", "sqs:ReceiveMessage": "allowed"}


def test_with_snapstart_the_queue_calls_a_published_version(inside: RunningStack) -> None:
    stack = Stack(Environment(inside.local.session, inside.local.record.endpoint_url), STACK_NAME)
    parameters = parameters_of(inside.local.record) | {"SnapStart": "On", "Release": "1"}
    assert deploy(stack, draw(TEMPLATE, this_machine(), parameters, silent), silent)

    names, functions = _resources(inside), inside.client("lambda")
    name = names["ImageProcessingFunction"]
    queue = functions.get_event_source_mapping(UUID=names["ImageProcessingFunctionQueue"])
    version = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    snapshot = functions.get_function_configuration(FunctionName=name, Qualifier=version)["SnapStart"]
    assert queue["FunctionArn"].endswith(f":{name}:live")
    assert (version, snapshot) == ("1", {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"})

    photo = SAMPLES[0].read_bytes() + b"another content"
    inside.client("s3").put_object(Bucket=inside.bucket, Key="later.jpg", Body=photo)
    assert wait_for(lambda: _analyzed(inside, "later.jpg"), seconds=240, what="an analysis by the published version")
