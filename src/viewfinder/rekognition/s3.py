"""Reads S3Object images with the server's own credentials: from one endpoint, and from allowed buckets only."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from viewfinder.rekognition.errors import EngineError, image_too_large

MOST_BYTES = 15 * 1024 * 1024
"""The service's limit for an image in S3 (developer guide, "Guidelines and quotas")."""

UNREADABLE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


class S3Reader:
    """Fetches the images that requests name; safe to use from several threads."""

    def __init__(self, endpoint: str, region: str, allowed_buckets: tuple[str, ...]) -> None:
        self._endpoint = endpoint
        self._region = region
        self._allowed = allowed_buckets

    def read(self, s3_object: Mapping[str, str]) -> bytes:
        """Return an object's content; raise EngineError."""
        if not self._endpoint or not any(fnmatchcase(s3_object["Bucket"], pattern) for pattern in self._allowed):
            raise _unreadable()
        import botocore.exceptions

        try:
            return self._fetch(s3_object)
        except botocore.exceptions.ClientError as error:
            raise _refusal(error) from error
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            raise EngineError("InternalServerError", "S3 can't be reached") from error

    def _fetch(self, s3_object: Mapping[str, str]) -> bytes:
        version = {"VersionId": s3_object["Version"]} if "Version" in s3_object else {}
        response = self._client.get_object(Bucket=s3_object["Bucket"], Key=s3_object["Name"], **version)
        with response["Body"] as body:
            if response["ContentLength"] > MOST_BYTES:
                raise image_too_large(f"Image size of {response['ContentLength']} bytes exceeds {MOST_BYTES} bytes")
            content: bytes = body.read()
        return content

    @cached_property
    def _client(self) -> Any:
        # Loaded by the first S3Object only: an engine that is sent bytes starts faster and stays smaller without it.
        import boto3
        from botocore.config import Config

        config = Config(
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 2, "mode": "standard"},
        )
        session = boto3.session.Session(region_name=self._region)
        return session.client("s3", endpoint_url=self._endpoint, config=config)


def _refusal(error: Any) -> EngineError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return EngineError("InternalServerError", "S3 failed") if status >= 500 else _unreadable()


def _unreadable() -> EngineError:
    return EngineError("InvalidS3ObjectException", UNREADABLE)
