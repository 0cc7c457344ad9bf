"""Observability of the pipeline: logs, metrics and spans; every function is thread-safe."""

from viewfinder.observability.logs import correlated, logger, measure, publishing_metrics, timed
from viewfinder.observability.tracing import span

__all__ = ["correlated", "logger", "measure", "publishing_metrics", "span", "timed"]
