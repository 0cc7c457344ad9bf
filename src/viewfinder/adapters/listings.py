"""Listings of the images bucket for a backfill, S3's own or one of S3 Inventory, and the mark how far it has come."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from viewfinder.adapters.aws import is_missing
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.ports import ImageObjects, ObjectSummary

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_MAX_MANIFEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class BucketListing:
    """S3's listing of the bucket, by pages of 1,000 keys. Implements `ports.Listing`: a position is a key."""

    objects: ImageObjects

    def entries(self, after: str = "") -> Iterator[tuple[str, ObjectSummary]]:
        """List the bucket."""
        return ((found.key, found) for found in self.objects.list(after=after))


@dataclass(frozen=True)
class InventoryListing:
    """A report of S3 Inventory in CSV, for buckets of many millions of objects. Implements `ports.Listing`.

    A position is the number of a file of the report, and that of a row in it. Source: S3 User Guide, "Amazon S3
    Inventory": keys are percent-encoded, and versions that are not the latest are listed if the inventory has them.
    """

    client: S3Client
    manifest: str
    bucket: str
    prefix: str = ""

    def entries(self, after: str = "") -> Iterator[tuple[str, ObjectSummary]]:
        """Read the report's files one by one, and each row by row; raise InvalidRequestError."""
        manifest = self._read()
        first, _, read = after.partition(":")
        names = [name.strip() for name in manifest["fileSchema"].split(",")]
        where = manifest["destinationBucket"].rpartition(":")[2]
        for number, file in enumerate(manifest["files"]):
            if number < int(first or 0):
                continue
            skipped = int(read or 0) if number == int(first or 0) else 0
            for row, values in enumerate(self._rows(where, file["key"]), 1):
                entry = dict(zip(names, values, strict=False))
                if row > skipped and (found := self._summary(entry)):
                    yield f"{number}:{row}", found

    def _read(self) -> dict[str, Any]:
        bucket, _, key = self.manifest.removeprefix("s3://").partition("/")
        answer = self.client.get_object(Bucket=bucket, Key=key)
        if answer["ContentLength"] > _MAX_MANIFEST_BYTES:
            raise _wrong(f"{self.manifest} is larger than a manifest can be")
        try:
            manifest: dict[str, Any] = json.loads(answer["Body"].read())
            kind, source = manifest["fileFormat"], manifest["sourceBucket"]
        except (ValueError, KeyError, TypeError) as error:
            raise _wrong(f"{self.manifest} is no manifest.json of S3 Inventory") from error
        if kind != "CSV":
            raise _wrong(f"the inventory is in {kind}: only CSV is read")
        if source != self.bucket:
            raise _wrong(f"the inventory is of {source}, the images are in {self.bucket}")
        return manifest

    def _rows(self, bucket: str, key: str) -> Iterator[list[str]]:
        body: Any = self.client.get_object(Bucket=bucket, Key=key)["Body"]
        with gzip.GzipFile(fileobj=body) as unpacked, io.TextIOWrapper(unpacked, "utf-8", newline="") as text:
            yield from csv.reader(text)

    def _summary(self, entry: Mapping[str, str]) -> ObjectSummary | None:
        key = unquote_plus(entry["Key"])
        is_old = entry.get("IsLatest", "true") == "false" or entry.get("IsDeleteMarker") == "true"
        if is_old or not key.startswith(self.prefix):
            return None
        modified = entry.get("LastModifiedDate")
        seconds = datetime.fromisoformat(modified).timestamp() if modified else float("inf")
        return ObjectSummary(key, int(entry.get("Size") or 1), entry.get("ETag", ""), seconds)


def _wrong(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, parameter="--manifest")


class S3Marks:
    """An object of the derived bucket, one for each listing. Implements `ports.Marks`."""

    def __init__(self, client: S3Client, bucket: str, *listing: str) -> None:
        """`listing` tells one backfill from another: bucket, prefix, manifest and what is left out."""
        self._client = client
        name = hashlib.sha256("\0".join(listing).encode()).hexdigest()[:16]
        self._place: dict[str, Any] = {"Bucket": bucket, "Key": f"backfills/{name}.json"}

    def load(self) -> dict[str, Any]:
        """Read the object."""
        try:
            mark: dict[str, Any] = json.loads(self._client.get_object(**self._place)["Body"].read())
        except ClientError as error:
            if is_missing(error):
                return {}
            raise
        return mark

    def save(self, mark: Mapping[str, Any]) -> None:
        """Write the object."""
        self._client.put_object(**self._place, Body=json.dumps(mark).encode(), ContentType="application/json")

    def delete(self) -> None:
        """Delete the object."""
        self._client.delete_object(**self._place)
