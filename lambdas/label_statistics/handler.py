"""Counts labels and statuses from the table's stream; what fails is delivered again, and counted once."""

from __future__ import annotations

from typing import Any

from viewfinder.adapters.dynamodb.statistics import image_states
from viewfinder.bootstrap import Application
from viewfinder.observability import correlated, logger
from viewfinder.usecases.statistics import count_labels

application = Application()


def handler(event: dict[str, Any], context: object) -> None:
    """Count a batch; whatever is raised, Lambda delivers the batch again, in halves."""
    with correlated(correlation_id=event["Records"][0]["eventID"]):
        changed = count_labels(image_states(event["Records"]), application.counters)
        logger.info("labels counted", extra={"records": len(event["Records"]), "images_changed": changed})
