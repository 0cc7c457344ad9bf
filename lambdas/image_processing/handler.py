"""Process the messages of both stages' queues: each image of a batch separately."""

from __future__ import annotations

import os
from typing import Any, Protocol

from viewfinder.adapters.pictures.limits import limit_memory
from viewfinder.adapters.s3_events import events_of
from viewfinder.adapters.sqs import Record, postpone, receive_count, renew, retry_delay, run_batch
from viewfinder.bootstrap import Application
from viewfinder.domain.errors import CatalogUnavailableError, MisconfiguredError, failure_reason
from viewfinder.domain.feature import Stage
from viewfinder.domain.image import Effort, ImageEvent, Status
from viewfinder.observability import correlated, logger, measure, publishing_metrics, span
from viewfinder.usecases.index_image import Outcome

RESERVED_SECONDS = 3
"""What is left of the invocation for the answer: what is not done by then is given back."""

MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
"""Megabytes, set by Lambda, which ends a process that takes more, with every image of its batch."""

COUNTED = {Status.ANALYZED: "ImagesAnalyzed", Status.REJECTED: "ImagesRejected"}

application = Application()

if MEMORY in os.environ:
    limit_memory(int(os.environ[MEMORY]))
application.prepare("index_image", "sqs_client")


class Context(Protocol):
    """The part of Lambda's context that the handler uses."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the function."""


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return the partial batch response."""
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS
    with publishing_metrics():
        threads = application.settings.batch_threads
        return run_batch(event["Records"], _handle, _give_back, threads=threads, seconds=seconds)


def _handle(record: Record) -> bool:
    # A message is one event of S3's, and has the same id in each of its deliveries.
    with correlated(correlation_id=record["messageId"]):
        try:
            for event in events_of(record, max_receive_count=application.settings.max_receive_count):
                stage = str(event.stage.value)
                with correlated(image_id=event.image_id), span("image", image_id=event.image_id, stage=stage):
                    _index(event)
        except CatalogUnavailableError:
            logger.exception("the catalog does not answer")
            return _wait_for_the_catalog(record)
        except Exception as error:
            logger.exception("message given back", extra={"reason": failure_reason(error), "error": str(error)})
            _give_back(record)
            return False
    return True


def _index(event: ImageEvent) -> None:
    try:
        outcome = application.index_image.run(event)
    except (MisconfiguredError, CatalogUnavailableError):
        raise  # not the image's matter: no mark against it
    except Exception as error:
        if event.last_delivery:
            application.index_image.record_failure(event, error)
            measure("ImagesFailed")
        raise
    told: dict[str, str] = {"status": outcome.image.status, "effort": outcome.effort}
    told |= {"reason": outcome.image.reason} if outcome.image.reason else {}
    logger.info("image indexed" if outcome.stage is Stage.FIRST else "image completed", extra=told)
    if outcome.failure:  # of one feature, for good: its dead letter says that it can be tried again
        measure("ImagesFailed")
        raise outcome.failure
    _measure(outcome)


def _measure(outcome: Outcome) -> None:
    if outcome.effort is Effort.NONE:
        return
    if outcome.stage is Stage.SECOND:
        measure("ImagesCompleted")
        return
    if outcome.image.status in COUNTED:
        measure(COUNTED[outcome.image.status])
    if outcome.effort is Effort.REUSED:
        measure("AnalysesReused")
    if outcome.effort is Effort.DETECTED:
        measure("LabelsPerImage", len(outcome.image.labels))


def _wait_for_the_catalog(record: Record) -> bool:
    """Give the message back, and return whether that was its last delivery: then another one has taken its place."""
    if not _is_last(record):
        _give_back(record)
        return False
    renew(application.sqs_client, _queue_url(record), record)
    measure("MessagesRenewed")
    return True


def _give_back(record: Record) -> None:
    settings = application.settings
    # The last time at once, for it only goes to the dead-letter queue.
    delay = 0 if _is_last(record) else retry_delay(receive_count(record), settings.first_retry_seconds)
    postpone(application.sqs_client, _queue_url(record), record, delay)


def _is_last(record: Record) -> bool:
    return receive_count(record) >= application.settings.max_receive_count


def _queue_url(record: Record) -> str:
    """Return the URL of the queue that a message came from: both end in the queue's name, as its ARN does."""
    settings = application.settings
    name = record.get("eventSourceARN", "").rpartition(":")[2]
    is_second = bool(name) and settings.second_stage_queue_url.rpartition("/")[2] == name
    return settings.second_stage_queue_url if is_second else settings.queue_url
