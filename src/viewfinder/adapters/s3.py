"""The two buckets: the images, and what was derived from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from viewfinder.domain.analysis import Analysis, Parameters, analysis_key
from viewfinder.domain.errors import MisconfiguredError, ObjectNotFoundError
from viewfinder.ports import StoredObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_MISSING = {"NoSuchKey", "404", "NotFound"}
_FORBIDDEN = {"AccessDenied", "403", "Forbidden", "NoSuchBucket", "KMS.DisabledException", "KMS.NotFoundException"}


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
            answer = self._client.get_object(Bucket=self._bucket, Key=image_id)
            with answer["Body"] as body:
                size = answer["ContentLength"]
                content = body.read() if size <= max_bytes else None
        except ClientError as error:
            raise _translated(error, f"s3://{self._bucket}/{image_id}") from error
        return StoredObject(content, size, answer["ETag"].strip('"'))


class S3DerivedStore:
    """Implements `ports.DerivedStore`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        """Reads the JSON object of the content."""
        key = analysis_key(parameters, sha256)
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise _translated(error, f"s3://{self._bucket}/{key}") from error
        return Analysis.from_document(json.loads(body))

    def has_analysis(self, parameters: Parameters, sha256: str) -> bool:
        """Asks for the JSON object's head only."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=analysis_key(parameters, sha256))
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        """Writes the JSON object of the content."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=analysis_key(parameters, analysis.sha256),
            Body=json.dumps(analysis.to_document(), separators=(",", ":")).encode(),
            ContentType="application/json",
        )

    def put_thumbnail(self, key: str, content: bytes) -> None:
        """Stores a WebP picture."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="image/webp")

    def copy_thumbnail(self, source: str, key: str) -> bool:
        """Copies inside the bucket; a copy onto itself, which S3 refuses, is a question whether it is there."""
        try:
            if source == key:
                self._client.head_object(Bucket=self._bucket, Key=key)
            else:
                self._client.copy_object(
                    Bucket=self._bucket, Key=key, CopySource={"Bucket": self._bucket, "Key": source}
                )
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def delete_thumbnails(self, keys: tuple[str, ...]) -> None:
        """Deletes one by one: they are one or two, and a single key needs no checksum header."""
        for key in keys:
            self._client.delete_object(Bucket=self._bucket, Key=key)


def _translated(error: ClientError, what: str) -> Exception:
    code = error.response["Error"]["Code"]
    if code in _MISSING:
        return ObjectNotFoundError(f"{what} is not there")
    if code in _FORBIDDEN:
        return MisconfiguredError(f"{what} can't be read: {code}")
    return error
