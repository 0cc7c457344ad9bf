"""SQS: process the messages of a batch in parallel and return the failed ones; send Viewfinder's own requests."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.s3_events import request_body
from viewfinder.domain.feature import Stage

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
    """Return the number of deliveries of the message, including this one."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def retry_delay(receive_count: int, first_delay: int) -> int:
    """Return the seconds until the next delivery: doubled each time, up to 15 minutes, with jitter."""
    delay = min(first_delay * 2.0 ** (receive_count - 1), _LONGEST_DELAY_SECONDS)
    return round(delay * random.uniform(0.75, 1.0))  # noqa: S311 - spreads load, guards nothing


def postpone(client: SQSClient, queue_url: str, record: Record, seconds: int) -> None:
    """Set the delay until the next delivery of a failed message, instead of the queue's visibility timeout."""
    client.change_message_visibility(
        QueueUrl=queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
    )


def renew(client: SQSClient, queue_url: str, record: Record) -> None:
    """Send the message once more, for all of its deliveries, the first of them in 15 minutes."""
    client.send_message(QueueUrl=queue_url, MessageBody=record["body"], DelaySeconds=_LONGEST_DELAY_SECONDS)


_AT_ONCE = 10
"""Maximum number of messages of SendMessageBatch (AWS limit)."""


class UnsentRequestsError(OSError):
    """The queue did not accept all requests."""


class SqsRequests:
    """Implements `ports.Requests`, for one stage and its queue."""

    def __init__(self, client: SQSClient, queue_url: str, stage: Stage = Stage.FIRST) -> None:
        self._client = client
        self._queue_url = queue_url
        self._stage = stage

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        """Queue one request per image; raise UnsentRequestsError."""
        for start in range(0, len(image_ids), _AT_ONCE):
            bodies = [
                request_body(image_id, analyzed_since=analyzed_since, stage=self._stage)
                for image_id in image_ids[start : start + _AT_ONCE]
            ]
            self._send(bodies)

    def _send(self, bodies: Sequence[str]) -> None:
        if len(bodies) == 1:
            # What the API asks for, as a rule: a refusal is an error of its own, not an entry of an answer.
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=bodies[0])
            return
        answer = self._client.send_message_batch(
            QueueUrl=self._queue_url,
            Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)],
        )
        if failed := answer.get("Failed"):
            raise UnsentRequestsError(f"{len(failed)} requests were not accepted: {failed[0].get('Message', '')}")
