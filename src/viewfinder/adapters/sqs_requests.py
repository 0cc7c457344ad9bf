"""Requests to look at objects again, put into the queue that S3's events come through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viewfinder.adapters.s3_events import request_body

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

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
        """Queues one request per image; raises UnsentRequestsError."""
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
