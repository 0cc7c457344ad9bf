"""Buckets as an operator's commands see them: many objects, their ETags and sizes, not their contents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from viewfinder.ports import ObjectSummary

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_s3 import S3Client


class S3Objects:
    """Implements `ports.Objects` for one bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def list(self, prefix: str = "") -> Iterator[ObjectSummary]:
        """Gives every object whose key starts so."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                modified = entry["LastModified"].timestamp()
                yield ObjectSummary(entry["Key"], entry["Size"], entry["ETag"].strip('"'), modified)

    def find(self, key: str) -> ObjectSummary | None:
        """Asks for one object."""
        try:
            answer = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return None
            raise
        return ObjectSummary(
            key, answer["ContentLength"], answer["ETag"].strip('"'), answer["LastModified"].timestamp()
        )

    def upload(self, key: str, file: Path) -> str:
        """Puts a file in one part, so that its ETag is its MD5, and gives the ETag."""
        with file.open("rb") as content:
            return self._client.put_object(Bucket=self.bucket, Key=key, Body=content)["ETag"].strip('"')

    def copy(self, key: str, source_bucket: str, source_key: str) -> str:
        """Copies an object of another bucket without fetching it (up to 5 GB), and gives the copy's ETag."""
        source = {"Bucket": source_bucket, "Key": source_key}
        answer = self._client.copy_object(Bucket=self.bucket, Key=key, CopySource=source)  # type: ignore[arg-type]
        return answer["CopyObjectResult"]["ETag"].strip('"')

    def delete(self, key: str) -> None:
        """Deletes one object."""
        self._client.delete_object(Bucket=self.bucket, Key=key)
