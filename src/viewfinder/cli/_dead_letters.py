"""The dead letters of a stack by name: which images, since when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewfinder.adapters.dead_letters import DeadLetter
    from viewfinder.cli._target import Target
    from viewfinder.operations.activity import Failure

_NO_MESSAGE_OF_OURS = "(not a message of S3 or Viewfinder)"


def dead_letter_queues(outputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return each dead-letter queue with the queue that its messages came from; an earlier release has one of each."""
    pairs = (("DeadLetterQueueUrl", "QueueUrl"), ("SecondStageDeadLetterQueueUrl", "SecondStageQueueUrl"))
    return [(outputs[dead], outputs[queue]) for dead, queue in pairs if dead in outputs]


def dead_letters(target: Target, limit: int) -> list[dict[str, str]]:
    """Return up to so many: the reason is that of the record, where it has one, else the log's last word on it."""
    from viewfinder.adapters.dead_letters import list_messages

    letters: list[DeadLetter] = []
    for dead, _ in dead_letter_queues(target.outputs):
        if len(letters) < limit:
            letters += list_messages(target.application.sqs_client, dead, limit - len(letters))
    if not letters:
        return []
    image_ids = [image_id for letter in letters for image_id in letter.image_ids]
    records = target.application.records.find_many(image_ids)
    failed = {key: (image.reason, image.message) for key, image in records.items() if not image.is_settled}
    told = _failures(target, min(letter.sent_at for letter in letters))
    return [
        _document(letter, image_id, *failed.get(image_id, _told(told.get(letter.message_id))))
        for letter in letters
        for image_id in letter.image_ids or (_NO_MESSAGE_OF_OURS,)
    ]


def _failures(target: Target, since: float) -> dict[str, Failure]:
    """Read the log; where it can't be read, the letters are listed without it."""
    from botocore.exceptions import BotoCoreError, ClientError

    from viewfinder.operations.activity import failures

    with suppress(BotoCoreError, ClientError):
        return failures(target.client("logs"), target.stack, since=since)
    return {}


def _told(failure: Failure | None) -> tuple[str, str]:
    return (failure.reason, failure.message) if failure else ("", "")


def _document(letter: DeadLetter, image_id: str, reason: str, message: str) -> dict[str, str]:
    sent_at = datetime.fromtimestamp(letter.sent_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"ImageId": image_id, "SentAt": sent_at, "Reason": reason, "Message": message}
