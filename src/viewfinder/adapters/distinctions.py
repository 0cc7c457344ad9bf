"""Decisions that images are no duplicates of one another: documents of the derived bucket, by content."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.domain import formats
from viewfinder.domain.near_duplicates import short

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOLDER = "corrections/distinct/"


class S3Distinctions:
    """Implements `ports.Distinctions`.

    A decision's key has the beginnings of its contents' hashes, in order: a listing says all, 1,000 decisions a call,
    and two people who decide the same write the same. The document itself is for people and for exports.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def list(self) -> Collection[frozenset[str]]:
        """Read the keys; a content is there as `near_duplicates.short`."""
        with misconfiguration_told(f"s3://{self._bucket} can't be listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=FOLDER)
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return [frozenset(key.removeprefix(FOLDER).removesuffix(".json").split("-")) for key in keys]

    def add(self, contents: Collection[str]) -> None:
        """Write the document."""
        document = {formats.MEMBER: formats.DISTINCTION, "Contents": sorted(contents)}
        with misconfiguration_told(f"s3://{self._bucket} can't be written"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(contents),
                Body=json.dumps(document, separators=(",", ":")).encode(),
                ContentType="application/json",
            )

    def remove(self, contents: Collection[str]) -> None:
        """Delete the document."""
        with misconfiguration_told(f"s3://{self._bucket} can't be written"):
            self._client.delete_object(Bucket=self._bucket, Key=_key(contents))


def _key(contents: Collection[str]) -> str:
    return f"{FOLDER}{'-'.join(sorted(short(content) for content in contents))}.json"
