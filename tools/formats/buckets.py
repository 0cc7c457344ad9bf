"""The two buckets in moto's S3, and what S3 tells the queue of the first."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any
from urllib.parse import quote_plus

IMAGES, DERIVED = "viewfinder-images", "viewfinder-derived"


class Buckets:
    """Changes objects as users do, and returns the bodies of S3's notifications."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._sequence = itertools.count(0x10)
        self.version_ids: list[str] = []
        """moto's version ids, which are random, in the order of their making."""
        for bucket in (IMAGES, DERIVED):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=IMAGES, VersioningConfiguration={"Status": "Enabled"})

    def put(self, key: str, content: bytes) -> str:
        """Put an object."""
        answer = self._client.put_object(Bucket=IMAGES, Key=key, Body=content)
        self.version_ids.append(answer["VersionId"])
        return self._body("ObjectCreated:Put", key, answer["VersionId"], len(content), answer["ETag"].strip('"'))

    def delete(self, key: str) -> str:
        """Delete an object: in a bucket that keeps versions that puts a marker."""
        answer = self._client.delete_object(Bucket=IMAGES, Key=key)
        self.version_ids.append(answer["VersionId"])
        return self._body("ObjectRemoved:DeleteMarkerCreated", key, answer["VersionId"])

    def copied(self, key: str) -> str:
        """Return what S3 says of a version that somebody has copied onto its key."""
        head = self._client.head_object(Bucket=IMAGES, Key=key)
        self.version_ids.append(head["VersionId"])
        return self._body("ObjectCreated:Copy", key, head["VersionId"], head["ContentLength"], head["ETag"].strip('"'))

    def objects(self) -> list[dict[str, Any]]:
        """Return every version of every object, and every marker; of a key the current one is last."""
        listing = self._client.list_object_versions(Bucket=IMAGES)
        entries = listing.get("Versions", []) + listing.get("DeleteMarkers", [])
        ordered = sorted(entries, key=lambda entry: (entry["Key"], self.version_ids.index(entry["VersionId"])))
        return [self._object(entry) for entry in ordered]

    def derived(self) -> tuple[dict[str, Any], list[str]]:
        """Return the analyses by their keys, and the keys of the thumbnails."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=DERIVED)
        keys = sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))
        analyses = [key for key in keys if key.endswith(".json")]
        return {key: self._document(key) for key in analyses}, [key for key in keys if key not in analyses]

    def _document(self, key: str) -> Any:
        return json.loads(self._client.get_object(Bucket=DERIVED, Key=key)["Body"].read())

    def _object(self, entry: dict[str, Any]) -> dict[str, Any]:
        found = {"Key": entry["Key"], "VersionId": entry["VersionId"], "IsLatest": entry["IsLatest"]}
        if "Size" not in entry:
            return found | {"IsDeleteMarker": True}
        answer = self._client.get_object(Bucket=IMAGES, Key=entry["Key"], VersionId=entry["VersionId"])
        content = base64.b64encode(answer["Body"].read()).decode()
        return found | {"ETag": entry["ETag"].strip('"'), "Content": content}

    def _body(self, name: str, key: str, version_id: str, size: int | None = None, etag: str = "") -> str:
        # S3's sequencers are hexadecimal and of unequal length.
        sequencer = f"{next(self._sequence):X}".rstrip("0")
        return event_body(name, key, version_id=version_id, sequencer=sequencer, size=size, etag=etag)


def event_body(
    name: str, key: str, *, version_id: str = "", sequencer: str, size: int | None = None, etag: str = ""
) -> str:
    """Return the body of a notification (S3 User Guide, "Event message structure"); a removal tells no size."""
    thing: dict[str, Any] = {"key": quote_plus(key)}
    thing |= {} if size is None else {"size": size, "eTag": etag}
    thing |= {"versionId": version_id} if version_id else {}
    bucket = {"name": IMAGES, "ownerIdentity": {"principalId": "A1B2C3"}, "arn": f"arn:aws:s3:::{IMAGES}"}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": name,
        "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "0" * 16, "x-amz-id-2": "example"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "queue",
            "bucket": bucket,
            "object": thing | {"sequencer": sequencer},
        },
    }
    return json.dumps({"Records": [record]})
