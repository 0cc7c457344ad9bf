"""Spans: OpenTelemetry spans of the work's steps, sent to X-Ray and to the log.

Lambda decides per invocation whether it is traced, and says so in _X_AMZN_TRACE_ID; what is not traced costs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

_lock = Lock()

TRACE_HEADER = "_X_AMZN_TRACE_ID"
"""Set by Lambda before each invocation (Lambda Developer Guide, "Defined runtime environment variables")."""


@contextmanager
def span(name: str, **annotations: str) -> Iterator[None]:
    """Mark a step of the work; annotations can be searched for in X-Ray. A step inside a step becomes its child."""
    header = os.environ.get(TRACE_HEADER, "")
    if "Sampled=1" not in header:
        yield
        return
    with _tracer().start_as_current_span(name, _parent(header), attributes=annotations, record_exception=False):
        yield


def _parent(header: str) -> Context | None:
    """Return the invocation as the parent; None inside another span, which then is the parent."""
    from opentelemetry import trace

    from viewfinder.observability.xray import context_of

    inside = trace.get_current_span().get_span_context().is_valid
    return None if inside else trace.set_span_in_context(trace.NonRecordingSpan(context_of(header)))


def _tracer() -> Tracer:
    with _lock:  # two threads would get a tracer each, and their spans would not find one another
        return _new_tracer()


@cache
def _new_tracer() -> Tracer:
    # Imported with the first span: the SDK takes a third as long to import as boto3.
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from viewfinder.observability.xray import Subsegments, log_line, to_daemon

    address = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    provider = TracerProvider(resource=Resource.get_empty(), shutdown_on_exit=False)
    provider.add_span_processor(Subsegments(log_line, *([to_daemon(address)] if address else [])))
    return provider.get_tracer("viewfinder")
