"""SQS messages that speak of the images bucket: S3's event notifications, and our own requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from viewfinder.domain.event import ImageEvent
from viewfinder.domain.image import is_folder_marker

_CHANGES = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:", "ObjectRestore:Completed")
_REQUEST = "ViewfinderRequest"


class MalformedMessageError(ValueError):
    """A message of the queue is neither S3's nor ours."""


def events_of(record: Mapping[str, Any], *, max_receive_count: int) -> list[ImageEvent]:
    """Gives the events of one SQS record of a Lambda event; none for S3's test message and folder markers.

    Raises MalformedMessageError.
    """
    count = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        events = _events(json.loads(record["body"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"not an S3 event notification: {error!r}") from error
    return [
        replace(event, last_delivery=count >= max_receive_count)
        for event in events
        if not is_folder_marker(event.image_id)
    ]


def request_body(image_id: str, *, analyzed_since: str = "") -> str:
    """Gives the body of a message that asks to look at an object again (reconcile, redrive, analyse again)."""
    return json.dumps({_REQUEST: {"ImageId": image_id, "AnalyzedSince": analyzed_since}})


def _events(body: Mapping[str, Any]) -> list[ImageEvent]:
    if body.get("Event") == "s3:TestEvent":
        return []
    if _REQUEST in body:
        request = body[_REQUEST]
        return [ImageEvent(request["ImageId"], analyzed_since=request["AnalyzedSince"])]
    changes = (entry for entry in body["Records"] if entry["eventName"].startswith(_CHANGES))
    return [_change(entry["s3"]["object"]) for entry in changes]


def _change(thing: Mapping[str, Any]) -> ImageEvent:
    return ImageEvent(unquote_plus(thing["key"]), sequencer=thing.get("sequencer", ""))
