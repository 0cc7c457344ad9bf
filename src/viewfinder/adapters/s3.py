"""The two buckets: the images, and what was derived from them."""

from __future__ import annotations

import json
import os
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.aws import is_about_kms, is_denied, is_missing, misconfiguration_told
from viewfinder.domain.analysis import Analysis, analysis_key
from viewfinder.domain.errors import (
    DocumentConflictError,
    KeyTakenError,
    ObjectNotFoundError,
    ObjectRefusedError,
    VersionNotFoundError,
)
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import UploadForm
from viewfinder.observability import logger
from viewfinder.ports import ObjectSummary, ObjectVersion, StoredDocument, StoredObject

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_s3 import S3Client


_ARCHIVED = "InvalidObjectState"
"""In S3 Glacier Flexible Retrieval, Deep Archive or an archive tier (S3 API Reference, GetObject, "Errors")."""

MODIFIED = "mtime"
"""Member of an object's metadata: seconds since 1970 of the file that it was, as rclone writes and reads them."""
_CUSTOMER_KEY = "InvalidRequest"
"""What GetObject answers for an object under SSE-C where the request brings no key; ours brings nothing else either."""

_OTHERS = 4
"""Keys from the beginning of the bucket, and behind an object that is denied, that are tried as well."""

TAKEN_CODES = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
"""What S3 answers to a conditional PUT of a key that is there, or that another PUT is just writing."""


class S3ImageStore:
    """Implements `ports.ImageStore`.

    The caller needs s3:ListBucket beside s3:GetObject: without it S3 answers 403 for an object that is not there. With
    a permission for one prefix it answers 403 as well (a read has no prefix), and the listing tells.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        """Read objects below the prefix; the caller's s3:ListBucket may be limited to it."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._last_read = ""

    def fetch(self, image_id: str, max_bytes: int) -> StoredObject:
        """Read the object, or of one that is too large, archived or refused only what is known of it."""
        with misconfiguration_told(f"s3://{self._bucket} can't be read"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=image_id)
            except ClientError as error:
                return self._unread(image_id, error)
        with answer["Body"] as body:
            size = answer["ContentLength"]
            content = body.read() if size <= max_bytes else None
        self._last_read = image_id
        if content and "gzip" in answer.get("ContentEncoding", "").lower():
            content = _unpacked(content, max_bytes)
        version_id, modified = answer.get("VersionId", ""), _modified(answer.get("Metadata", {}))
        return StoredObject(content, size, answer["ETag"].strip('"'), version_id=version_id, modified=modified)

    def _unread(self, image_id: str, error: ClientError) -> StoredObject:
        """Return what is known of an object that S3 does not give; raise the error where that is not its fault."""
        if is_missing(error):
            raise ObjectNotFoundError(f"s3://{self._bucket}/{image_id} is not there") from error
        code = error.response["Error"]["Code"]
        if code == _ARCHIVED:
            return self._archived(image_id)
        if code == _CUSTOMER_KEY:
            return self._listed(image_id, "CUSTOMER_KEY")
        if not is_denied(error):
            raise error
        refused = self._listed(image_id, "ACCESS_DENIED") if self._prefix else None
        if self._gives_others(image_id, error):
            logger.warning("object not read", extra={"image_id": image_id, "error": str(error)})
            return refused or self._listed(image_id, "ACCESS_DENIED")
        raise error

    def _archived(self, image_id: str) -> StoredObject:
        head = self._client.head_object(Bucket=self._bucket, Key=image_id)
        size, etag, version_id = head["ContentLength"], head["ETag"].strip('"'), head.get("VersionId", "")
        return StoredObject(None, size, etag, is_archived=True, version_id=version_id)

    def _listed(self, image_id: str, refusal: str) -> StoredObject:
        """Return what the listing has of an object that can't be read: of its prefix, its own key comes first."""
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=image_id, MaxKeys=1).get("Contents", [])
        if not found or found[0]["Key"] != image_id:
            raise ObjectNotFoundError(f"s3://{self._bucket}/{image_id} is not there")
        return StoredObject(None, found[0]["Size"], found[0]["ETag"].strip('"'), refusal=refusal)

    def _gives_others(self, image_id: str, error: ClientError) -> bool:
        """Return whether this role can read other objects of the bucket, so that this one is at fault.

        Where there are no others, S3's answer about a key that does not exist tells: 404 where GetObject is allowed,
        403 where not. It tells nothing of the KMS key, so an object that KMS refuses is then taken for our own matter.
        """
        others = dict.fromkeys(filter(None, (self._last_read, *self._some_keys(""), *self._some_keys(image_id))))
        others.pop(image_id, None)
        if others:
            return any(self._gives(key) for key in others)
        return not is_about_kms(error) and self._gives(f"{self._prefix}{uuid.uuid4()}")

    def _some_keys(self, behind: str) -> Iterator[str]:
        found = self._client.list_objects_v2(
            Bucket=self._bucket, Prefix=self._prefix, StartAfter=behind, MaxKeys=_OTHERS
        )
        return (entry["Key"] for entry in found.get("Contents", ()) if entry["Size"])

    def _gives(self, key: str) -> bool:
        try:
            self._client.get_object(Bucket=self._bucket, Key=key, Range="bytes=0-0")["Body"].close()
        except ClientError as error:
            return is_missing(error)
        return True


def _modified(metadata: Mapping[str, str]) -> float | None:
    """Read the file's time; None for what is no number."""
    try:
        return float(metadata.get(MODIFIED, ""))
    except ValueError:
        return None


def _unpacked(content: bytes, max_bytes: int) -> bytes | None:
    """Unpack an object that is stored with Content-Encoding gzip, as browsers do; None where it becomes too large.

    What is no gzip, whatever its header says, is taken as it is.
    """
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(content, max_bytes + 1)
    except zlib.error:
        return content
    return unpacked if len(unpacked) <= max_bytes else None


class S3DerivedStore:
    """Implements `ports.DerivedStore`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        """Read the JSON object of the content, of the newest version that there is."""
        found = (self._find(each, sha256) for each in parameters.with_versions())
        return next((analysis for analysis in found if analysis), None)

    def _find(self, parameters: Parameters, sha256: str) -> Analysis | None:
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be read"):
                answer = self._client.get_object(Bucket=self._bucket, Key=analysis_key(parameters, sha256))
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return Analysis.from_document(json.loads(answer["Body"].read()), parameters.feature)

    def has_analysis(self, parameters: Parameters, sha256: str) -> bool:
        """Ask for the JSON object's head only, of any version."""
        return any(self._exists(analysis_key(each, sha256)) for each in parameters.with_versions())

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        """Write the JSON object of the content."""
        content = json.dumps(analysis.to_document(), separators=(",", ":")).encode()
        self._put(analysis_key(parameters, analysis.sha256), content, "application/json")

    def put_thumbnail(self, key: str, content: bytes) -> None:
        """Store a WebP picture."""
        self._put(key, content, "image/webp")

    def copy_thumbnail(self, source: str, key: str) -> bool:
        """Copy inside the bucket; a copy onto itself, which S3 refuses, is a question whether it is there."""
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
        """List the keys."""
        return list(self.list_documents(prefix))

    def delete_thumbnails(self, keys: Iterable[str]) -> None:
        """Delete one by one: they are one or two, and a single key needs no checksum header."""
        with misconfiguration_told(f"s3://{self._bucket} can't be written"):
            for key in keys:
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def find_document(self, key: str) -> StoredDocument | None:
        """Read the object; its ETag is the revision."""
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be read"):
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return StoredDocument(json.loads(answer["Body"].read()), answer["ETag"])

    def save_document(self, key: str, content: Mapping[str, Any], *, replacing: StoredDocument | None) -> None:
        """Write the object by a conditional PUT (S3 User Guide, "Conditional writes")."""
        condition = {"IfMatch": replacing.revision} if replacing else {"IfNoneMatch": "*"}
        body = json.dumps(content, separators=(",", ":")).encode()
        place = {"Bucket": self._bucket, "Key": key, "ContentType": "application/json"}
        try:
            with misconfiguration_told(f"s3://{self._bucket} can't be written"):
                self._client.put_object(Body=body, **place, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            # NoSuchKey: what was to be replaced has been deleted.
            if error.response["Error"]["Code"] in TAKEN_CODES or is_missing(error):
                raise DocumentConflictError(f"s3://{self._bucket}/{key} was written by another") from error
            raise

    def delete_document(self, key: str) -> None:
        """Delete the object."""
        self.delete_thumbnails([key])

    def list_documents(self, prefix: str, after: str = "") -> Iterator[str]:
        """List the keys, 1,000 with each request."""
        place: Any = {"StartAfter": after} if after else {}  # the service may refuse an empty one
        with misconfiguration_told(f"s3://{self._bucket} can't be listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **place)
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", ()))

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


class S3Objects:
    """Implements `ports.Objects` for one bucket, or for what lies below a prefix of it."""

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._prefix = prefix
        self.bucket = bucket

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        """Yield every object whose key starts so, in the order of the keys' bytes, behind the key `after`."""
        question = {"Prefix": prefix or self._prefix} | ({"StartAfter": after} if after else {})
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, **question):  # type: ignore[arg-type]
            for entry in page.get("Contents", ()):
                modified = entry["LastModified"].timestamp()
                yield ObjectSummary(entry["Key"], entry["Size"], entry["ETag"].strip('"'), modified)

    def find(self, key: str) -> ObjectSummary | None:
        """Ask for one object."""
        try:
            answer = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return None
            raise
        return ObjectSummary(
            key, answer["ContentLength"], answer["ETag"].strip('"'), answer["LastModified"].timestamp()
        )

    def upload(self, key: str, file: Path, *, replace: bool) -> str:
        """Put a file in one part, so that its ETag is its MD5, and return the ETag; its time goes with it as metadata.

        Raises KeyTakenError or ObjectRefusedError.
        """
        condition = {} if replace else {"IfNoneMatch": "*"}
        try:
            with file.open("rb") as content:
                time = {MODIFIED: f"{os.fstat(content.fileno()).st_mtime:.6f}"}
                place = {"Bucket": self.bucket, "Key": key}
                answer = self._client.put_object(Body=content, Metadata=time, **place, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["Error"]["Code"] in TAKEN_CODES:
                raise KeyTakenError(f"s3://{self.bucket}/{key} is there already") from error
            raise _of_this_object(error) from error
        return answer["ETag"].strip('"')

    def copy(self, key: str, source_bucket: str, source_key: str) -> str:
        """Copy an object of another bucket without fetching it (up to 5 GB), and return the copy's ETag.

        Raises ObjectRefusedError.
        """
        source = {"Bucket": source_bucket, "Key": source_key}
        try:
            answer = self._client.copy_object(Bucket=self.bucket, Key=key, CopySource=source)  # type: ignore[arg-type]
        except ClientError as error:
            raise _of_this_object(error) from error
        return answer["CopyObjectResult"]["ETag"].strip('"')

    def delete(self, key: str) -> None:
        """Delete one object."""
        self._client.delete_object(Bucket=self.bucket, Key=key)


_REFUSALS = {
    *("AccessDenied", "EntityTooLarge", "InvalidObjectState", "InvalidRequest"),
    *("KeyTooLongError", "NoSuchKey", "ObjectNotInActiveTierError"),
}
"""Codes of S3 that may be about one object: the next one may pass."""


def _of_this_object(error: ClientError) -> Exception:
    """Return what to raise: ObjectRefusedError for a refusal of one object, else the error itself."""
    told = error.response["Error"]
    return ObjectRefusedError(told.get("Message") or told["Code"]) if told["Code"] in _REFUSALS else error


class S3Versions:
    """Implements `ports.Versions` for a bucket that keeps versions."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def list(self, key: str) -> list[ObjectVersion]:
        """Read pages until another key comes: of those that begin so, S3 lists this one first."""
        versions, markers = [], []
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key):
            versions += [_version(entry) for entry in page.get("Versions", ()) if entry["Key"] == key]
            markers += [_version(entry) for entry in page.get("DeleteMarkers", ()) if entry["Key"] == key]
            if page.get("NextKeyMarker") != key:
                break
        return versions + markers

    def copy(self, key: str, version_id: str, *, replace: bool) -> None:
        """Copy a version onto its key, without its tags, which would need permissions of their own.

        S3 announces the copy as it announces an upload, but it does not announce that a marker was deleted (S3 User
        Guide, "Supported event types").
        """
        source = {"Bucket": self._bucket, "Key": key, "VersionId": version_id}
        condition = {} if replace else {"IfNoneMatch": "*"}
        try:
            self._client.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource=source,  # type: ignore[arg-type]
                TaggingDirective="REPLACE",
                **condition,  # type: ignore[arg-type]
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in TAKEN_CODES:
                raise KeyTakenError("there is an image of this key already") from error
            if code == "NoSuchVersion" or is_missing(error):
                raise VersionNotFoundError("the image has no such version") from error
            raise

    def delete(self, key: str, version_id: str) -> None:
        """Delete one version."""
        self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version_id)


def _version(entry: Mapping[str, Any]) -> ObjectVersion:
    modified = entry["LastModified"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return ObjectVersion(entry["VersionId"], modified, entry.get("Size", 0), entry["IsLatest"], "Size" not in entry)


class S3Links:
    """Implements `ports.Links`."""

    def __init__(self, client: S3Client, *, images_bucket: str, derived_bucket: str, seconds: int) -> None:
        self._client = client
        self._images_bucket = images_bucket
        self._derived_bucket = derived_bucket
        self._seconds = seconds

    def expires_at(self) -> str:
        """Return the end of what is signed now, unless the signer's own credentials end before it."""
        expires_at = datetime.now(UTC) + timedelta(seconds=self._seconds)
        return expires_at.isoformat(timespec="seconds").replace("+00:00", "Z")

    def original(self, image_id: str, content_type: str, disposition: str) -> str:
        """Sign a GET of the images bucket."""
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
        """Sign a GET of the derived bucket."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._derived_bucket, "Key": key}, ExpiresIn=self._seconds
        )

    def version(self, image_id: str, version_id: str) -> str:
        """Sign a GET of a version, as a download: what it is was not looked at."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._images_bucket,
                "Key": image_id,
                "VersionId": version_id,
                "ResponseContentType": "application/octet-stream",
                "ResponseContentDisposition": "attachment",
            },
            ExpiresIn=self._seconds,
        )

    def upload_form(self, image_id: str, content_type: str, max_bytes: int) -> UploadForm:
        """Return a presigned POST of one key and type; S3 refuses an empty body and more than `max_bytes`."""
        expires_at = self.expires_at()
        form = self._client.generate_presigned_post(
            Bucket=self._images_bucket,
            Key=image_id,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=self._seconds,
        )
        return UploadForm(form["url"], form["fields"], expires_at)
