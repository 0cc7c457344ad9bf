"""Parse messages of the queue: S3's notifications, its events by EventBridge, and Viewfinder's own requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from viewfinder.domain.feature import Stage
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
    attributes = record["attributes"]
    count = int(attributes["ApproximateReceiveCount"])
    try:
        events = _events(json.loads(record["body"]), int(attributes.get("SentTimestamp", 0)) / 1000)
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"not an event of S3: {error!r}") from error
    return [replace(event, last_delivery=count >= max_receive_count) for event in events]


def request_body(image_id: str, *, analyzed_since: str = "", stage: Stage = Stage.FIRST) -> str:
    """Return the body of a message that asks to look at an object again (reconcile, redrive, analyse again).

    One of the second stage says so; without the member a message is of the first.
    """
    request: dict[str, Any] = {"ImageId": image_id, "AnalyzedSince": analyzed_since}
    request |= {"Stage": stage} if stage is not Stage.FIRST else {}
    return json.dumps({_REQUEST: request})


def _events(body: Mapping[str, Any], sent: float) -> list[ImageEvent]:
    """Return the events of a message that was sent then, in seconds since 1970 (0: unknown)."""
    if body.get("Event") == "s3:TestEvent":
        return []
    if _REQUEST in body:
        request = body[_REQUEST]
        stage = Stage(request.get("Stage", Stage.FIRST))
        sent_at = _utc(datetime.fromtimestamp(sent, UTC)) if sent else ""
        return [ImageEvent(request["ImageId"], analyzed_since=request["AnalyzedSince"], stage=stage, sent_at=sent_at)]
    if "detail-type" in body:
        return _by_eventbridge(body["detail-type"], body["detail"], body.get("time", ""))
    changes = (entry for entry in body["Records"] if entry["eventName"].startswith(_CHANGES))
    return [event for entry in changes if (event := _change(entry, entry["s3"]["object"]))]


def _change(entry: Mapping[str, Any], thing: Mapping[str, Any]) -> ImageEvent | None:
    """Return what an event says of an object; None for the marker of a folder.

    A removal tells no size. A restored object is no new one: it is to be looked at, whatever its sequencer.
    """
    key = unquote_plus(thing["key"])
    if is_folder_marker(key, thing.get("size", 1)):
        return None
    # Not the message's time: a busy catalog has the message sent once more (lambdas/image_processing).
    sent_at = _utc(datetime.fromisoformat(entry["eventTime"])) if "eventTime" in entry else ""
    is_restored = entry["eventName"].startswith(_RESTORED)
    return ImageEvent(key, sequencer="" if is_restored else thing.get("sequencer", ""), sent_at=sent_at)


def _by_eventbridge(kind: str, detail: Mapping[str, Any], time: str) -> list[ImageEvent]:
    """Return what an event of EventBridge says of an object: its key is as it is, not percent-encoded."""
    thing = detail["object"]
    if kind not in _EVENTBRIDGE_CHANGES or is_folder_marker(thing["key"], thing.get("size", 1)):
        return []
    sent_at = _utc(datetime.fromisoformat(time)) if time else ""
    sequencer = thing.get("sequencer", "") if _EVENTBRIDGE_CHANGES[kind] else ""
    return [ImageEvent(thing["key"], sequencer=sequencer, sent_at=sent_at)]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
