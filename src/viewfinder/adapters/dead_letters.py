"""The dead letters: count and list them, and move them back to the queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.s3_events import MalformedMessageError, events_of

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


_UNSUPPORTED = {
    "InvalidAction",
    "UnsupportedOperation",
    "AWS.SimpleQueueService.UnsupportedOperation",
    "InvalidAddress",
}
_POLL_SECONDS = 1.0
_HIDDEN_SECONDS = 60
_MOST_TAKEN = 10
"""The most that ReceiveMessage returns."""

Report = Callable[[int], None]


class RedriveFailedError(OSError):
    """SQS gave up moving the messages."""


def count_messages(client: SQSClient, queue_url: str) -> int:
    """Return about how many messages wait in a queue."""
    attributes = ["ApproximateNumberOfMessages"]
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=attributes)  # type: ignore[arg-type]
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter: its message's id, the keys of its images (none: it is not one of ours), and when it was sent.

    `sent_at` is in seconds since 1970.
    """

    message_id: str
    image_ids: tuple[str, ...]
    sent_at: float


def list_messages(client: SQSClient, dead_letter_url: str, limit: int) -> list[DeadLetter]:
    """Return up to so many dead letters and leave them where they are; they are hidden for some seconds meanwhile."""
    found: dict[str, DeadLetter] = {}
    receipts: list[str] = []
    try:
        while len(found) < limit and (messages := _receive_hidden(client, dead_letter_url)):
            receipts += [message["ReceiptHandle"] for message in messages]
            found |= {message["MessageId"]: _dead_letter(message) for message in messages}
    finally:
        for receipt in receipts:
            client.change_message_visibility(QueueUrl=dead_letter_url, ReceiptHandle=receipt, VisibilityTimeout=0)
    return [*found.values()][:limit]


def _receive_hidden(client: SQSClient, dead_letter_url: str) -> Sequence[Mapping[str, Any]]:
    answer = client.receive_message(
        QueueUrl=dead_letter_url,
        MaxNumberOfMessages=_MOST_TAKEN,
        VisibilityTimeout=_HIDDEN_SECONDS,
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    return answer.get("Messages", ())


def _dead_letter(message: Mapping[str, Any]) -> DeadLetter:
    record = {"body": message["Body"], "attributes": {"ApproximateReceiveCount": "1"}}
    try:
        image_ids = tuple(event.image_id for event in events_of(record, max_receive_count=1))
    except MalformedMessageError:
        image_ids = ()
    return DeadLetter(message["MessageId"], image_ids, int(message["Attributes"]["SentTimestamp"]) / 1000)


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
    while messages := client.receive_message(QueueUrl=dead_letter_url, MaxNumberOfMessages=_MOST_TAKEN).get("Messages"):
        for message in messages:
            client.send_message(QueueUrl=queue_url, MessageBody=message["Body"])
            client.delete_message(QueueUrl=dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
            report(moved)
    return moved


def _arn(client: SQSClient, queue_url: str) -> str:
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]
