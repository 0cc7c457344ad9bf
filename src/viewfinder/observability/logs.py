"""Logs: JSON lines, each with the correlation id of the event or API call that it belongs to."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

# Lambda takes a line whose time is not RFC 3339 for INFO (Lambda Developer Guide, "Log-level filtering").
logger = Logger(use_rfc3339=True, utc=True)
"""Its `service` is the stack's name (POWERTOOLS_SERVICE_NAME in the template)."""

# Powertools prefers Lambda's level (AWS_LAMBDA_LOG_LEVEL) to its own. Lambda's stays at INFO, or metrics would be lost.
if _level := os.environ.get("POWERTOOLS_LOG_LEVEL"):
    logging.getLogger(logger.name).setLevel(_level)


@contextmanager
def correlated(**keys: str) -> Iterator[None]:
    """Put keys, `correlation_id` first of all, on every line that this thread writes until the block ends."""
    logger.thread_safe_append_keys(**keys)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys([*keys])
