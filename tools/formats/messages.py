"""Messages that may wait in the queue while a release is replaced, and what that release reads in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from typing import Any

from tools.formats.buckets import event_body

_FOREIGN = (
    '{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-01T00:00:00.000Z","Bucket":"viewfinder-images"}',
    event_body("ObjectCreated:Post", "posted/ä+b c.jpg", sequencer="A1", size=7, etag="e"),
    event_body("ObjectCreated:CompleteMultipartUpload", "large.tif", sequencer="A2", size=7, etag="e-2"),
    event_body("ObjectCreated:Put", "a folder/", sequencer="A3", size=0, etag="d41d8cd98f00b204e9800998ecf8427e"),
    event_body("ObjectRemoved:Delete", "removed.jpg", sequencer="A4"),
    event_body("LifecycleExpiration:DeleteMarkerCreated", "expired.jpg", version_id="v", sequencer="A5"),
    event_body("ObjectRestore:Completed", "thawed.jpg", sequencer="A6", size=7, etag="e"),
)
"""What S3 sends and the history does not have."""


def messages(module_name: str, bodies: list[str]) -> list[dict[str, Any]]:
    """Return each body with the events in it; those of our own requests are written by the release's module."""
    module = import_module(module_name)
    ours = [
        module.request_body("dogs/rex.jpg"),
        module.request_body("Fotos/ü.jpg", analyzed_since="2026-01-01T00:00:00.000000Z"),
    ]
    return [{"Body": body, "Events": _events(module.events_of, body)} for body in [*bodies, *_FOREIGN, *ours]]


def _events(events_of: Callable[..., list[Any]], body: str) -> list[dict[str, Any]]:
    record = {"messageId": "1", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
    return [asdict(event) for event in events_of(record, max_receive_count=8)]
