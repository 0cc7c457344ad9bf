"""Batches of SQS messages: each on its own, several at once, and only what failed is given back."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from viewfinder.domain.image import ImageEvent, is_folder_marker

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

Record = Mapping[str, Any]

_LONGEST_DELAY_SECONDS = 900


def run_batch(
    records: Sequence[Record],
    work: Callable[[Record], bool],
    give_back: Callable[[Record], None],
    *,
    threads: int,
    seconds: float,
) -> dict[str, Any]:
    """Return Lambda's partial batch response: the messages for which `work` did not answer True within the time.

    `work` handles its own errors; one that escapes gives back that message alone. `give_back` is called for those that
    the time did not suffice for; work that was begun goes on or freezes with the process: it must do no harm then.
    """
    pool = ThreadPoolExecutor(max_workers=threads)
    futures = [pool.submit(work, record) for record in records]
    done, _ = wait(futures, timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    failed = []
    for record, future in zip(records, futures, strict=True):
        if future not in done:
            give_back(record)
        if future not in done or future.exception() is not None or not future.result():
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def receive_count(record: Record) -> int:
    """Return how often the message has been delivered, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def retry_delay(receive_count: int, first_delay: int) -> int:
    """Return the seconds until the next delivery: doubled each time, up to 15 minutes, with jitter."""
    delay = min(first_delay * 2.0 ** (receive_count - 1), _LONGEST_DELAY_SECONDS)
    return round(delay * random.uniform(0.75, 1.0))  # noqa: S311 - spreads load, guards nothing


def postpone(client: SQSClient, queue_url: str, record: Record, seconds: int) -> None:
    """Make a message that is given back visible sooner than the queue's visibility timeout would."""
    client.change_message_visibility(
        QueueUrl=queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
    )


_RESTORED = "ObjectRestore:Completed"
_CHANGES = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:", _RESTORED)
_REQUEST = "ViewfinderRequest"


class MalformedMessageError(ValueError):
    """A message of the queue is neither S3's nor ours."""


def events_of(record: Mapping[str, Any], *, max_receive_count: int) -> list[ImageEvent]:
    """Return the events of one SQS record of a Lambda event; none for S3's test message and folder markers.

    Raises MalformedMessageError.
    """
    count = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        events = _events(json.loads(record["body"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"not an S3 event notification: {error!r}") from error
    return [replace(event, last_delivery=count >= max_receive_count) for event in events]


def request_body(image_id: str, *, analyzed_since: str = "") -> str:
    """Return the body of a message that asks to look at an object again (reconcile, redrive, analyse again)."""
    return json.dumps({_REQUEST: {"ImageId": image_id, "AnalyzedSince": analyzed_since}})


def _events(body: Mapping[str, Any]) -> list[ImageEvent]:
    if body.get("Event") == "s3:TestEvent":
        return []
    if _REQUEST in body:
        request = body[_REQUEST]
        return [ImageEvent(request["ImageId"], analyzed_since=request["AnalyzedSince"])]
    changes = (entry for entry in body["Records"] if entry["eventName"].startswith(_CHANGES))
    return [event for entry in changes if (event := _change(entry["eventName"], entry["s3"]["object"]))]


def _change(name: str, thing: Mapping[str, Any]) -> ImageEvent | None:
    """Return what an event says of an object; None for the marker of a folder.

    A removal tells no size. A restored object is no new one: it is to be looked at, whatever its sequencer.
    """
    key = unquote_plus(thing["key"])
    if is_folder_marker(key, thing.get("size", 1)):
        return None
    return ImageEvent(key, sequencer="" if name.startswith(_RESTORED) else thing.get("sequencer", ""))


_AT_ONCE = 10
"""The most that SendMessageBatch takes."""


class UnsentRequestsError(OSError):
    """The queue did not take all requests."""


class SqsRequests:
    """Implements `ports.Requests`."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        """Queue one request per image; raise UnsentRequestsError."""
        for start in range(0, len(image_ids), _AT_ONCE):
            bodies = [
                request_body(image_id, analyzed_since=analyzed_since)
                for image_id in image_ids[start : start + _AT_ONCE]
            ]
            self._send(bodies)

    def _send(self, bodies: Sequence[str]) -> None:
        if len(bodies) == 1:
            # The API function's one: MiniStack asks for a permission of the batch's name, which AWS does not have.
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=bodies[0])
            return
        answer = self._client.send_message_batch(
            QueueUrl=self._queue_url,
            Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)],
        )
        if failed := answer.get("Failed"):
            raise UnsentRequestsError(f"{len(failed)} requests were not taken: {failed[0].get('Message', '')}")


_UNSUPPORTED = {
    "InvalidAction",
    "UnsupportedOperation",
    "AWS.SimpleQueueService.UnsupportedOperation",
    "InvalidAddress",
}
_POLL_SECONDS = 1.0

Report = Callable[[int], None]


class RedriveFailedError(OSError):
    """SQS gave up moving the messages."""


def count_messages(client: SQSClient, queue_url: str) -> int:
    """Return about how many messages wait in a queue."""
    attributes = ["ApproximateNumberOfMessages"]
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=attributes)  # type: ignore[arg-type]
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def redrive(client: SQSClient, dead_letter_url: str, queue_url: str, report: Report = lambda _: None) -> int:
    """Move every dead letter back, and return their number; `report` hears how many have been moved so far."""
    try:
        handle = client.start_message_move_task(SourceArn=_arn(client, dead_letter_url))["TaskHandle"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNSUPPORTED:
            raise
        return _move(client, dead_letter_url, queue_url, report)
    return _follow(client, dead_letter_url, handle, report)


def _follow(client: SQSClient, dead_letter_url: str, handle: str, report: Report) -> int:
    while True:
        tasks = client.list_message_move_tasks(SourceArn=_arn(client, dead_letter_url), MaxResults=10)["Results"]
        # A task that has come to its end is listed without its handle.
        task = next((task for task in tasks if task.get("TaskHandle") == handle), tasks[0])
        moved = task.get("ApproximateNumberOfMessagesMoved", 0)
        report(moved)
        match task["Status"]:
            case "COMPLETED":
                return moved
            case "FAILED" | "CANCELLED":
                raise RedriveFailedError(f"SQS stopped moving messages: {task.get('FailureReason', task['Status'])}")
        time.sleep(_POLL_SECONDS)


def _move(client: SQSClient, dead_letter_url: str, queue_url: str, report: Report) -> int:
    """Send each message before it deletes it: an interruption doubles one, and loses none."""
    moved = 0
    while messages := client.receive_message(QueueUrl=dead_letter_url, MaxNumberOfMessages=_AT_ONCE).get("Messages"):
        for message in messages:
            client.send_message(QueueUrl=queue_url, MessageBody=message["Body"])
            client.delete_message(QueueUrl=dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
            report(moved)
    return moved


def _arn(client: SQSClient, queue_url: str) -> str:
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]
