"""Logs and metrics of the functions: JSON lines, and CloudWatch's embedded metric format."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Literal

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import Metrics

# Lambda takes a line whose time is not RFC 3339 for INFO (Lambda Developer Guide, "Log-level filtering").
logger = Logger(use_rfc3339=True, utc=True)
"""Its `service` is the stack's name (POWERTOOLS_SERVICE_NAME in the template)."""

# Powertools prefers Lambda's level (AWS_LAMBDA_LOG_LEVEL) to its own. Lambda's stays at INFO, or metrics would be lost.
if _level := os.environ.get("POWERTOOLS_LOG_LEVEL"):
    logging.getLogger(logger.name).setLevel(_level)


@contextmanager
def correlated(**keys: str) -> Iterator[None]:
    """Add keys, such as `correlation_id`, to every line that this thread writes in the block."""
    logger.thread_safe_append_keys(**keys)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys([*keys])


NAMESPACE = "Viewfinder"

Unit = Literal["Count", "Milliseconds", "None"]

_lock = Lock()  # the images of a batch are worked on in threads, and Powertools' collection is a plain dict


def measure(name: str, value: float = 1, unit: Unit = "Count") -> None:
    """Add a value to a metric; CloudWatch gets each value, so that percentiles are right."""
    with _lock:
        _metrics().add_metric(name=name, unit=unit, value=value)


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Measure how long a block that succeeds takes."""
    start = time.perf_counter()
    yield
    measure(name, (time.perf_counter() - start) * 1000, "Milliseconds")


@contextmanager
def publishing_metrics() -> Iterator[None]:
    """Write the metrics of the block, even if it raises."""
    try:
        yield
    finally:
        with _lock:
            if _metrics().provider.metric_set:
                _metrics().flush_metrics()


@cache
def _metrics() -> Metrics:
    from aws_lambda_powertools.metrics import Metrics

    return Metrics(namespace=NAMESPACE)
