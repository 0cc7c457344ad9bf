"""Parse messages of the queue: S3's notifications, its events by EventBridge, and Viewfinder's own requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from viewfinder.domain.image import ImageEvent, is_folder_marker

_RESTORED = "ObjectRestore:Completed"
_CHANGES = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:", _RESTORED)
_REQUEST = "ViewfinderRequest"

_EVENTBRIDGE_CHANGES = {"Object Created": True, "Object Deleted": True, "Object Restore Completed": False}
"""Detail types of S3's events by EventBridge -> whether their sequencers order them (S3 User Guide, "EventBridge")."""


class MalformedMessageError(ValueError):
    """A message of the queue is neither S3's nor Viewfinder's."""


def events_of(record: Mapping[str, Any], *, max_receive_count: int) -> list[ImageEvent]:
    """Return the events of one SQS record of a Lambda event; none for S3's test message and folder markers.

    Raise MalformedMessageError.
    """
    count = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        events = _events(json.loads(record["body"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"not an event of S3: {error!r}") from error
    return [replace(event, last_delivery=count >= max_receive_count) for event in events]


def request_body(image_id: str, *, analyzed_since: str = "") -> str:
    """Return the body of a message that asks to look at an object again (reconcile, redrive, analyse again)."""
    return json.dumps({_REQUEST: {"ImageId": image_id, "AnalyzedSince": analyzed_since}})


def _events(body: Mapping[str, Any]) -> list[ImageEvent]:
    if body.get("Event") == "s3:TestEvent":
        return []
    if _REQUEST in body:
        request = body[_REQUEST]
        return [ImageEvent(request["ImageId"], analyzed_since=request["AnalyzedSince"])]
    if "detail-type" in body:
        return _by_eventbridge(body["detail-type"], body["detail"])
    changes = (entry for entry in body["Records"] if entry["eventName"].startswith(_CHANGES))
    return [event for entry in changes if (event := _change(entry["eventName"], entry["s3"]["object"]))]


def _change(name: str, thing: Mapping[str, Any]) -> ImageEvent | None:
    """Return what an event says of an object; None for the marker of a folder.

    A removal tells no size. A restored object is no new one: it is to be looked at, whatever its sequencer.
    """
    key = unquote_plus(thing["key"])
    if is_folder_marker(key, thing.get("size", 1)):
        return None
    return ImageEvent(key, sequencer="" if name.startswith(_RESTORED) else thing.get("sequencer", ""))


def _by_eventbridge(kind: str, detail: Mapping[str, Any]) -> list[ImageEvent]:
    """Return what an event of EventBridge says of an object: its key is as it is, not percent-encoded."""
    thing = detail["object"]
    if kind not in _EVENTBRIDGE_CHANGES or is_folder_marker(thing["key"], thing.get("size", 1)):
        return []
    return [ImageEvent(thing["key"], sequencer=thing.get("sequencer", "") if _EVENTBRIDGE_CHANGES[kind] else "")]
