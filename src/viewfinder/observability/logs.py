"""Logs: JSON lines, each with the correlation id of the event or API call that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

logger = Logger()
"""Its `service` is the stack's name (POWERTOOLS_SERVICE_NAME in the template)."""


@contextmanager
def correlated(**keys: str) -> Iterator[None]:
    """Put keys, `correlation_id` first of all, on every line that this thread writes until the block ends."""
    logger.thread_safe_append_keys(**keys)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys([*keys])
