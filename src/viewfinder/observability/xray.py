"""Spans in the form of X-Ray: one subsegment for the daemon that Lambda runs beside a function, and for the log.

The form is that of the X-Ray Developer Guide, "Segment documents" and "Sending segment documents to the daemon".
"""

from __future__ import annotations

import json
import socket
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import SpanContext, StatusCode, TraceFlags, format_span_id, format_trace_id

from viewfinder.observability.logs import logger

Document = dict[str, Any]

_DAEMON_HEADER = b'{"format": "json", "version": 1}\n'


class Subsegments(SpanProcessor):
    """Makes one document of a step and all steps inside it, and gives it away when the outermost step ends."""

    def __init__(self, *sinks: Callable[[Document], None]) -> None:
        self._sinks = sinks
        self._inner: defaultdict[int, list[Document]] = defaultdict(list)
        """By span id; the steps of one tree run in one thread, and no two threads share a key."""

    def on_end(self, span: ReadableSpan) -> None:
        """Keep the document for the outer step, or emit it."""
        document = _document(span, self._inner.pop(span.context.span_id, []))
        if span.parent and not span.parent.is_remote:
            self._inner[span.parent.span_id].append(document)
            return
        for sink in self._sinks:
            sink(document | _place(span))


def _document(span: ReadableSpan, inner: list[Document]) -> Document:
    """Return a span that has ended; times in seconds."""
    document = {
        "name": span.name,
        "id": format_span_id(span.context.span_id),
        "start_time": (span.start_time or 0) / 1e9,
        "end_time": (span.end_time or 0) / 1e9,
    }
    parts = {
        "fault": span.status.status_code is StatusCode.ERROR,
        "annotations": dict(span.attributes or {}),
        "subsegments": inner,
    }
    return document | {name: part for name, part in parts.items() if part}


def _place(span: ReadableSpan) -> Document:
    """Return where a subsegment that is sent by itself belongs: below Lambda's own segment of the invocation."""
    parent = format_span_id(span.parent.span_id) if span.parent else ""
    return {"type": "subsegment", "trace_id": _xray_id(span.context.trace_id), "parent_id": parent}


def log_line(document: Document) -> None:
    """Write a document to the log, where `viewfinder traces` finds it in both homes."""
    logger.info("trace", extra={"trace": document})


def to_daemon(address: str) -> Callable[[Document], None]:
    """Return a sink that sends datagrams to HOST:PORT; nobody waits for an answer, and nobody misses a lost one."""
    host, _, port = address.rpartition(":")
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(document: Document) -> None:
        client.sendto(_DAEMON_HEADER + json.dumps(document).encode(), (host, int(port)))

    return send


def context_of(header: str) -> SpanContext:
    """Read `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`."""
    parts = dict(part.split("=", 1) for part in header.split(";") if "=" in part)
    return SpanContext(
        trace_id=int(parts["Root"].removeprefix("1-").replace("-", ""), 16),
        span_id=int(parts["Parent"], 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _xray_id(trace_id: int) -> str:
    """Return a trace id as X-Ray writes it: 1, the epoch's 8 digits, 24 more."""
    digits = format_trace_id(trace_id)
    return f"1-{digits[:8]}-{digits[8:]}"
