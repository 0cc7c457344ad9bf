"""SQS messages that speak of the images bucket: S3's event notifications, and our own requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    last = int(record["attributes"]["ApproximateReceiveCount"]) >= max_receive_count
    try:
        body = json.loads(record["body"])
        if body.get("Event") == "s3:TestEvent":
            return []
        if _REQUEST in body:
            events = [_request(body[_REQUEST], record["messageId"], last)]
        else:
            changes = [entry for entry in body["Records"] if entry["eventName"].startswith(_CHANGES)]
            events = [_change(entry, f"{record['messageId']}-{number}", last) for number, entry in enumerate(changes)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedMessageError(f"not an S3 event notification: {error!r}") from error
    return [event for event in events if not is_folder_marker(event.image_id)]


def request_body(bucket: str, image_id: str, *, analyzed_since: str = "") -> str:
    """Gives the body of a message that asks to look at an object again (reconcile, redrive, analyse again)."""
    return json.dumps({_REQUEST: {"Bucket": bucket, "ImageId": image_id, "AnalyzedSince": analyzed_since}})


def _change(entry: Mapping[str, Any], event_id: str, last: bool) -> ImageEvent:
    thing = entry["s3"]["object"]
    sequencer = thing.get("sequencer", "")
    return ImageEvent(
        bucket=entry["s3"]["bucket"]["name"],
        image_id=unquote_plus(thing["key"]),
        event_id=sequencer or event_id,
        sequencer=sequencer,
        last_delivery=last,
    )


def _request(request: Mapping[str, Any], message_id: str, last: bool) -> ImageEvent:
    return ImageEvent(
        bucket=request["Bucket"],
        image_id=request["ImageId"],
        event_id=message_id,
        analyzed_since=request["AnalyzedSince"],
        last_delivery=last,
    )
