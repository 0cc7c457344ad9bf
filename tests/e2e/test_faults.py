"""What breaks on the way loses nothing and doubles nothing: good pictures are analysed once, bad ones are named."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image as PillowImage

from tests.e2e.conftest import RunningStack
from tests.support.detector_proxy import DetectorProxy
from tests.support.waiting import wait_for
from viewfinder.adapters.dead_letters import redrive
from viewfinder.bootstrap import Application
from viewfinder.domain.image import Image, Status

QUICK = {"VIEWFINDER_FIRST_RETRY_SECONDS": "1", "VIEWFINDER_LEASE_SECONDS": "8"}
QUEUES = ("QueueUrl", "DeadLetterQueueUrl")
BAD = (b"", b"<html>no picture</html>", b"\xff\xd8\xff\xe0 truncated", b"%PDF-1.7", b"PK\3\4 archive")


def made_photo(number: int, run: str) -> bytes:
    """Make a JPEG that no other run has made."""
    seed = hashlib.sha256(f"{run} {number}".encode()).digest()
    picture = PillowImage.frombytes("RGB", (4, 2), (seed + seed)[:24]).resize((160, 120))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


class Scene:
    """One test's images in the stack."""

    def __init__(self, stack: RunningStack, application: Application, detector: DetectorProxy) -> None:
        self.stack = stack
        self.application = application
        self.detector = detector
        self.run = uuid.uuid4().hex[:8]
        self.good: dict[str, str] = {}
        self.bad: list[str] = []

    def put_good(self, count: int) -> None:
        for number in range(len(self.good), len(self.good) + count):
            content = made_photo(number, self.run)
            self.good[self._put(f"good {number}.jpg", content)] = hashlib.sha256(content).hexdigest()

    def put_copies(self, count: int) -> None:
        content = made_photo(-1, self.run)
        for number in range(count):
            self.good[self._put(f"copy {number}.jpg", content)] = hashlib.sha256(content).hexdigest()

    def put_bad(self, count: int) -> None:
        for number in range(len(self.bad), len(self.bad) + count):
            self.bad.append(self._put(f"bad {number}.jpg", BAD[number % len(BAD)]))

    def remove_objects(self) -> None:
        keys = [{"Key": key} for key in (*self.good, *self.bad)]
        self.stack.client("s3").delete_objects(Bucket=self.stack.bucket, Delete={"Objects": keys})

    def records(self) -> dict[str, Image]:
        return self.application.records.find_many([*self.good, *self.bad])

    def await_end(self, seconds: float) -> dict[str, Image]:
        """Wait until every image has its final record and both queues are empty, and return the records."""

        def ended() -> dict[str, Image] | None:
            records = self.records()
            final = [image for image in records.values() if image.is_visible and image.status.is_final]
            return records if len(final) == len(self.good) + len(self.bad) and self.is_queue_empty() else None

        return wait_for(ended, seconds=seconds, what="every image answered, and the queues empty")

    def is_queue_empty(self) -> bool:
        return not any(self.depth(name) for name in QUEUES)

    def depth(self, name: str) -> int:
        attributes = self.application.sqs_client.get_queue_attributes(
            QueueUrl=self.stack.outputs[name], AttributeNames=["All"]
        )["Attributes"]
        return sum(int(value) for key, value in attributes.items() if key.startswith("ApproximateNumberOfMessages"))

    def assert_nothing_lost(self, records: dict[str, Image]) -> None:
        assert {records[image_id].status for image_id in self.good} <= {Status.ANALYZED}
        assert {image_id: records[image_id].sha256 for image_id in self.good} == self.good
        for image_id in self.bad:
            assert records[image_id].status is Status.REJECTED
            assert records[image_id].reason in {"EMPTY_OBJECT", "NOT_AN_IMAGE", "TRUNCATED_IMAGE", "UNSUPPORTED_FORMAT"}

    def assert_called_once_each(self) -> None:
        assert self.detector.calls == dict.fromkeys(self.good.values(), 1)

    def _put(self, name: str, content: bytes) -> str:
        key = f"faults/{self.run}/{name}"
        self.application.s3_client.put_object(Bucket=self.stack.bucket, Key=key, Body=content)
        return key


@pytest.fixture(scope="module")
def application(stack: RunningStack) -> Application:
    return stack.local.application()


@pytest.fixture(scope="module")
def detector(stack: RunningStack) -> Iterator[DetectorProxy]:
    """The image function's detector for these tests; retries come sooner than usual."""
    with DetectorProxy().running() as proxy, function_told(stack, {"AWS_ENDPOINT_URL_REKOGNITION": proxy.url, **QUICK}):
        yield proxy


@pytest.fixture
def scene(stack: RunningStack, application: Application, detector: DetectorProxy) -> Iterator[Scene]:
    detector.reset()
    for name in QUEUES:  # what other tests left is no matter of these
        stack.client("sqs").purge_queue(QueueUrl=stack.outputs[name])
    scene = Scene(stack, application, detector)
    yield scene
    detector.reset()
    scene.remove_objects()  # so that they don't fill the first page of other tests' searches


@contextmanager
def function_told(stack: RunningStack, variables: dict[str, str]) -> Iterator[None]:
    """Return the image function further variables."""
    functions, name = stack.client("lambda"), function_name(stack)
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before | variables})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


@contextmanager
def queue_told(stack: RunningStack, attributes: dict[str, str]) -> Iterator[None]:
    """Return the queue other attributes."""
    queues, queue = stack.client("sqs"), stack.outputs["QueueUrl"]
    names: Any = list(attributes)
    before = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    queues.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
    try:
        yield
    finally:
        queues.set_queue_attributes(QueueUrl=queue, Attributes=before)


def function_name(stack: RunningStack) -> str:
    found = stack.client("cloudformation").describe_stack_resource(
        StackName="viewfinder", LogicalResourceId="ImageProcessingFunction"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_a_function_that_changes_ends_what_it_has_in_hand(scene: Scene) -> None:
    scene.detector.hold()
    scene.put_good(2)
    wait_for(lambda: scene.detector.waiting == 2, seconds=60, what="two images in hand")
    with function_told(scene.stack, {"VIEWFINDER_FIRST_RETRY_SECONDS": "2"}):
        scene.detector.release()
        scene.assert_nothing_lost(scene.await_end(60))  # a killed worker's messages are hidden for six minutes
    scene.assert_called_once_each()


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_a_detector_that_throttles_is_asked_again(scene: Scene, seconds: int) -> None:
    scene.detector.is_throttling = True
    begin = time.monotonic()
    scene.put_good(8)
    long_enough = lambda: time.monotonic() > begin + seconds and scene.detector.refused >= 8  # noqa: E731
    wait_for(long_enough, seconds=seconds + 30, what="throttled calls")
    scene.detector.is_throttling = False

    scene.assert_nothing_lost(scene.await_end(90))
    scene.assert_called_once_each()


def test_a_detector_that_is_gone_for_a_while_is_waited_for(scene: Scene) -> None:
    scene.detector.is_down = True
    scene.put_good(8)
    wait_for(lambda: scene.detector.refused >= 8, seconds=30, what="calls without an answer")
    scene.detector.is_down = False

    scene.assert_nothing_lost(scene.await_end(90))
    scene.assert_called_once_each()


def test_a_function_killed_in_the_middle_of_a_batch_repeats_only_what_it_had_in_hand(scene: Scene) -> None:
    scene.detector.hold()
    with queue_told(scene.stack, {"VisibilityTimeout": "10"}):
        scene.put_good(20)
        wait_for(lambda: scene.detector.waiting >= 4, seconds=30, what="calls that wait")
        for process in scene.stack.functions("ImageProcessing"):
            os.kill(process.pid, signal.SIGKILL)
        lost = scene.detector.waiting  # counted now: until the kill, functions that were starting still called
        scene.detector.release()
        records = scene.await_end(90)

    scene.assert_nothing_lost(records)
    # A call that was on its way when its caller died is made again: nobody kept the answer.
    assert set(scene.detector.calls) == set(scene.good.values())
    assert scene.detector.calls.total() <= len(scene.good) + lost


def test_messages_that_come_twice_and_copies_cost_one_call_a_content(scene: Scene) -> None:
    with messages_doubled(scene):
        scene.put_good(8)
        scene.put_copies(8)

    scene.assert_nothing_lost(scene.await_end(60))
    scene.assert_called_once_each()


def test_poison_among_good_pictures_disturbs_none(scene: Scene) -> None:
    for _ in range(5):
        scene.put_good(20)
        scene.put_bad(4)
    records = scene.await_end(90)

    scene.assert_nothing_lost(records)
    scene.assert_called_once_each()


def test_an_outage_longer_than_the_deliveries_ends_as_failed_and_redrive_mends_it(scene: Scene) -> None:
    scene.detector.is_down = True
    with few_deliveries(scene.stack, 2):
        scene.put_good(2)
        dead = lambda: scene.depth("DeadLetterQueueUrl") == 2  # noqa: E731
        wait_for(dead, seconds=60, what="two dead letters")
        failed = scene.records()
    assert {image.status for image in failed.values()} == {Status.FAILED}
    assert {image.reason for image in failed.values()} == {"DETECTOR_UNAVAILABLE"}
    scene.detector.is_down = False

    outputs = scene.stack.outputs
    moved = redrive(scene.application.sqs_client, outputs["DeadLetterQueueUrl"], outputs["QueueUrl"])

    assert moved == 2
    scene.assert_nothing_lost(scene.await_end(60))
    scene.assert_called_once_each()


@contextmanager
def messages_doubled(scene: Scene) -> Iterator[None]:
    """Double every message that is sent inside the block."""
    functions, queues, queue = scene.stack.client("lambda"), scene.stack.client("sqs"), scene.stack.outputs["QueueUrl"]
    mappings = functions.list_event_source_mappings(FunctionName=function_name(scene.stack))["EventSourceMappings"]
    (mapping,) = (each for each in mappings if each["EventSourceArn"].endswith(f":{queue.rpartition('/')[2]}"))
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
        wait_for(lambda: scene.depth("QueueUrl") >= len(scene.good), seconds=20, what="the messages in the queue")
        messages: dict[str, Any] = {}
        while found := queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            messages |= {message["MessageId"]: message for message in found}
        assert len(messages) == len(scene.good)
        for message in messages.values():
            assert json.loads(message["Body"])["Records"]
            for _ in range(2):
                queues.send_message(QueueUrl=queue, MessageBody=message["Body"])
            queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def few_deliveries(stack: RunningStack, count: int) -> Iterator[None]:
    """Make a message a dead letter sooner."""
    queue: dict[str, Any] = {"QueueUrl": stack.outputs["QueueUrl"], "AttributeNames": ["RedrivePolicy"]}
    asked = stack.client("sqs").get_queue_attributes(**queue)["Attributes"]["RedrivePolicy"]
    policy = json.dumps(json.loads(asked) | {"maxReceiveCount": str(count)})
    counted = {"VIEWFINDER_MAX_RECEIVE_COUNT": str(count)}
    with queue_told(stack, {"RedrivePolicy": policy}), function_told(stack, counted):
        yield
