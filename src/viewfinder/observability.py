"""Logs, metrics and spans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

logger = Logger(service="viewfinder")


@contextmanager
def span(name: str) -> Iterator[None]:
    """Marks a step of the work in the trace."""
    yield
