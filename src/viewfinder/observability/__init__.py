"""How the pipeline is watched: logs, metrics and spans; every name is safe to use from several threads."""

from viewfinder.observability.logs import correlated, logger, measure, publishing_metrics, timed
from viewfinder.observability.tracing import span

__all__ = ["correlated", "logger", "measure", "publishing_metrics", "span", "timed"]
