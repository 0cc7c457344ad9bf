"""The dead letters: count them, and move them back to the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


_UNSUPPORTED = {
    "InvalidAction",
    "UnsupportedOperation",
    "AWS.SimpleQueueService.UnsupportedOperation",
    "InvalidAddress",
}
_POLL_SECONDS = 1.0
_MOST_TAKEN = 10
"""Maximum number of messages of ReceiveMessage (AWS limit)."""

Report = Callable[[int], None]


class RedriveFailedError(OSError):
    """SQS gave up moving the messages."""


def count_messages(client: SQSClient, queue_url: str) -> int:
    """Return the approximate number of messages that wait in a queue."""
    attributes = ["ApproximateNumberOfMessages"]
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=attributes)  # type: ignore[arg-type]
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def redrive(client: SQSClient, dead_letter_url: str, queue_url: str, report: Report = lambda _: None) -> int:
    """Move every dead letter back, and return their number; call `report` with the number moved so far."""
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
    """Send each message before deleting it: an interruption may duplicate one message, but loses none."""
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
