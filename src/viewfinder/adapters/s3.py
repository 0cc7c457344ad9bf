"""The two buckets: the images, and what was derived from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from viewfinder.adapters.failures import is_missing, misconfiguration_told
from viewfinder.domain.analysis import Analysis, Parameters, analysis_key
from viewfinder.domain.errors import ObjectNotFoundError
from viewfinder.ports import StoredObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class S3ImageStore:
    """Implements `ports.ImageStore`.

    The caller needs s3:ListBucket beside s3:GetObject: without it S3 answers 403 for an object that is not there.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def fetch(self, image_id: str, max_bytes: int) -> StoredObject:
        """Reads the object, or of one that is too large only its size."""
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be read"):
                answer = self._client.get_object(Bucket=self._bucket, Key=image_id)
        except ClientError as error:
            if is_missing(error):
                raise ObjectNotFoundError(f"s3://{self._bucket}/{image_id} is not there") from error
            raise
        with answer["Body"] as body:
            size = answer["ContentLength"]
            return StoredObject(body.read() if size <= max_bytes else None, size, answer["ETag"].strip('"'))


class S3DerivedStore:
    """Implements `ports.DerivedStore`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        """Reads the JSON object of the content."""
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be read"):
                answer = self._client.get_object(Bucket=self._bucket, Key=analysis_key(parameters, sha256))
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return Analysis.from_document(json.loads(answer["Body"].read()))

    def has_analysis(self, parameters: Parameters, sha256: str) -> bool:
        """Asks for the JSON object's head only."""
        return self._exists(analysis_key(parameters, sha256))

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        """Writes the JSON object of the content."""
        content = json.dumps(analysis.to_document(), separators=(",", ":")).encode()
        self._put(analysis_key(parameters, analysis.sha256), content, "application/json")

    def put_thumbnail(self, key: str, content: bytes) -> None:
        """Stores a WebP picture."""
        self._put(key, content, "image/webp")

    def copy_thumbnail(self, source: str, key: str) -> bool:
        """Copies inside the bucket; a copy onto itself, which S3 refuses, is a question whether it is there."""
        if source == key:
            return self._exists(key)
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be written"):
                origin = {"Bucket": self._bucket, "Key": source}
                self._client.copy_object(Bucket=self._bucket, Key=key, CopySource=origin)  # type: ignore[arg-type]
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return True

    def list_thumbnails(self, prefix: str) -> list[str]:
        """Lists the keys."""
        with misconfiguration_told(f"s3://{self._bucket} can't be listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def delete_thumbnails(self, keys: Iterable[str]) -> None:
        """Deletes one by one: they are one or two, and a single key needs no checksum header."""
        with misconfiguration_told(f"s3://{self._bucket} can't be written"):
            for key in keys:
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        with misconfiguration_told(f"s3://{self._bucket} can't be written"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)

    def _exists(self, key: str) -> bool:
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be read"):
                self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return True
