"""Presigned URLs and forms of the two buckets: they carry the permissions of who signs, for a few minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from viewfinder.domain.upload import UploadForm

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class S3Links:
    """Implements `ports.Links`."""

    def __init__(self, client: S3Client, *, images_bucket: str, derived_bucket: str, seconds: int) -> None:
        self._client = client
        self._images_bucket = images_bucket
        self._derived_bucket = derived_bucket
        self._seconds = seconds

    def original(self, image_id: str, content_type: str, disposition: str) -> str:
        """Signs a GET of the images bucket."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._images_bucket,
                "Key": image_id,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
            },
            ExpiresIn=self._seconds,
        )

    def thumbnail(self, key: str) -> str:
        """Signs a GET of the derived bucket."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._derived_bucket, "Key": key}, ExpiresIn=self._seconds
        )

    def upload_form(self, image_id: str, content_type: str, max_bytes: int) -> UploadForm:
        """Signs a POST whose policy S3 holds the upload to."""
        expires_at = datetime.now(UTC) + timedelta(seconds=self._seconds)
        form = self._client.generate_presigned_post(
            Bucket=self._images_bucket,
            Key=image_id,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=self._seconds,
        )
        return UploadForm(form["url"], form["fields"], expires_at.isoformat(timespec="seconds").replace("+00:00", "Z"))
