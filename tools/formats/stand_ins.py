"""What the releases meet instead of AWS where moto's answers differ from run to run, or where moto has none."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tools.formats import history

_START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Implements every release's `ports.Clock`: a second passes whenever somebody asks."""

    def __init__(self) -> None:
        self._seconds = itertools.count(1)

    def _tick(self) -> datetime:
        return _START + timedelta(seconds=next(self._seconds))

    def now(self) -> str:
        """Return the time as records have it."""
        return self._tick().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def microseconds(self) -> int:
        """Return the time as versions of records count it."""
        return int(self._tick().timestamp()) * 1_000_000

    def time(self) -> float:
        """Return the time as `time.time` does."""
        return self._tick().timestamp()


def numbered_uuids() -> SimpleNamespace:
    """Return a module `uuid` whose random ids are numbers in order."""
    numbers = itertools.count(1)
    return SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=f"{next(numbers):032x}"))


def rotating_random() -> SimpleNamespace:
    """Return a module `random` that chooses one after the other."""
    numbers = itertools.count()
    return SimpleNamespace(randrange=lambda end: next(numbers) % end, uniform=lambda first, last: first)


class Rekognition:
    """A client of boto3 that knows the pictures of the history; `is_throttling` refuses all calls."""

    meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None))

    def __init__(self) -> None:
        self.is_throttling = False
        self._names = {hashlib.sha256(content).digest(): name for name, content in history.PICTURES.items()}

    def detect_labels(self, *, Image: Any, MaxLabels: int, MinConfidence: float, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Answer as the service does: the most confident labels first, within both limits."""
        found = [entry for entry in self._find(history.LABELS, Image) if entry["Confidence"] >= MinConfidence]
        return {"Labels": found[:MaxLabels], "LabelModelVersion": "3.0", "OrientationCorrection": "ROTATE_0"}

    def detect_text(self, *, Image: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Answer with lines and words."""
        return {"TextDetections": self._find(history.TEXTS, Image), "TextModelVersion": "3.0"}

    def detect_faces(self, *, Image: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Answer with boxes and landmarks."""
        return {"FaceDetails": self._find(history.FACES, Image)}

    def _find(self, answers: Mapping[str, list[dict[str, Any]]], image: Mapping[str, bytes]) -> list[dict[str, Any]]:
        if self.is_throttling:
            error = {"Code": "ThrottlingException", "Message": "Slow down"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Detect")  # type: ignore[typeddict-item]
        return answers.get(self._names[hashlib.sha256(image["Bytes"]).digest()], [])


class Queue:
    """A client of boto3 for the queue; `bodies` are those of the messages that were sent and not taken yet."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message(self, *, MessageBody: str, **_: Any) -> None:  # noqa: N803
        """Take one."""
        self.bodies.append(MessageBody)

    def change_message_visibility(self, **_: Any) -> None:
        """Do nothing: the history says when a message comes again."""


class RecordingTable:
    """A client of DynamoDB that keeps what the table's stream would hand to Lambda: changes of image records.

    The releases' template filters the stream by the sort key IMAGE.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._numbers = itertools.count(1)
        self.stream: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]], **more: Any) -> Any:  # noqa: N803
        """Write, and record the changes of image records."""
        items = [write["Put"]["Item"] for write in TransactItems if "Put" in write]
        records = [item for item in items if item["SK"]["S"] == "IMAGE"]
        before = [self._find(item) for item in records]
        answer = self._client.transact_write_items(TransactItems=TransactItems, **more)
        for old, new in zip(before, records, strict=True):
            self.stream.append(self._record(old, new))
        return answer

    def expire(self, image_id: str) -> None:
        """Delete a record as DynamoDB does when its time to live is over."""
        key = {"PK": {"S": f"IMAGE#{image_id}"}, "SK": {"S": "IMAGE"}}
        old = self._find(key)
        self._client.delete_item(TableName=self._table, Key=key)
        by_service = {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
        self.stream.append(self._record(old, None) | by_service)

    def items(self) -> list[dict[str, Any]]:
        """Return every item in the order of the keys; members of sets are in order."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table)
        found = [_with_sorted_sets(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))

    def _find(self, item: Mapping[str, Any]) -> dict[str, Any] | None:
        key = {name: item[name] for name in ("PK", "SK")}
        found: dict[str, Any] | None = self._client.get_item(TableName=self._table, Key=key).get("Item")
        return found

    def _record(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
        number = next(self._numbers)
        item = new or old or {}
        images = {"NewImage": new, "OldImage": old}
        change = {
            "ApproximateCreationDateTime": int(_START.timestamp()) + number,
            "Keys": {name: item[name] for name in ("PK", "SK")},
            "SequenceNumber": f"{number:021d}",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        return {
            "eventID": f"{number:032x}",
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": change | {name: image for name, image in images.items() if image is not None},
        }


def _with_sorted_sets(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()}
