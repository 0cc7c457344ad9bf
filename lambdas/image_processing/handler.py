"""Answers what the images bucket tells the queue: each image of a batch on its own."""

from __future__ import annotations

from typing import Any

from viewfinder.adapters.s3_events import events_of
from viewfinder.adapters.sqs import Record, postpone, run_batch
from viewfinder.bootstrap import Application
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.domain.event import ImageEvent
from viewfinder.observability import logger
from viewfinder.usecases.index_image import index_image, record_failure

application = Application()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Gives the partial batch response."""
    return run_batch(event["Records"], _handle, threads=application.settings.batch_threads)


def _handle(record: Record) -> bool:
    try:
        for event in events_of(record, max_receive_count=application.settings.max_receive_count):
            _index(event)
    except Exception:
        logger.exception("message given back", extra={"message_id": record["messageId"]})
        postpone(application.sqs_client, application.settings.queue_url, record)
        return False
    return True


def _index(event: ImageEvent) -> None:
    try:
        outcome = index_image(event, application.pipeline)
    except MisconfiguredError:
        raise  # an operator's matter: to the dead-letter queue, without a mark against the image
    except Exception as error:
        if event.last_delivery:
            record_failure(event, error, application.pipeline)
        raise
    logger.info(
        "image indexed",
        extra={"image_id": event.image_id, "status": outcome.image.status, "effort": outcome.effort},
    )
