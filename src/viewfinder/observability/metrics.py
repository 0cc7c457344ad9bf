"""Metrics: collected during an invocation, written as one line in CloudWatch's embedded metric format at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import Metrics

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
    """Write what the block measured, whatever its end."""
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
