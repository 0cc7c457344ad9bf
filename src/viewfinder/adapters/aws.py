"""AWS clients of the pipeline, and the classification of their errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

import viewfinder
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.settings import Settings

_DENIED = {"AccessDenied", "403", "Forbidden"}

_MISCONFIGURED = {
    # Permissions and keys (S3 API Reference, "Error responses"; DynamoDB Developer Guide, "Error handling")
    *("AccessDenied", "AccessDeniedException", "403", "Forbidden", "NotAuthorized"),
    *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    *("ExpiredToken", "ExpiredTokenException", "InvalidSignatureException", "IncompleteSignature"),
    *("KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException"),
    # Names
    *("NoSuchBucket", "ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
}


@contextmanager
def misconfiguration_told(what: str) -> Iterator[None]:
    """Convert non-retryable errors to MisconfiguredError; pass on all others."""
    try:
        yield
    except ClientError as error:
        if not is_misconfiguration(error):
            raise
        raise MisconfiguredError(f"{what}: {error}") from error
    except (NoCredentialsError, NoRegionError) as error:
        raise MisconfiguredError(f"{what}: {error}") from error


def is_denied(error: ClientError) -> bool:
    """Return whether S3 refuses an object for want of a permission, its own or one of KMS."""
    return error.response["Error"]["Code"] in _DENIED or is_about_kms(error)


def is_about_kms(error: ClientError) -> bool:
    """Return whether S3 refuses an object because of the KMS key that it is encrypted with.

    S3 then answers a code of KMS's, or AccessDenied with the action that is missing, such as kms:Decrypt.
    """
    told = error.response["Error"]
    return told["Code"].startswith("KMS.") or "kms:" in told.get("Message", "").lower()


def is_misconfiguration(error: ClientError) -> bool:
    """Return whether an operator must fix the cause, because no retry can succeed."""
    return error.response["Error"]["Code"] in _MISCONFIGURED


def is_missing(error: ClientError) -> bool:
    """Return whether the error means that the object does not exist."""
    return error.response["Error"]["Code"] in {"NoSuchKey", "404", "NotFound"}


class AwsClients:
    """The AWS clients of one process, each created on first use (20 to 200 ms)."""

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process."""
        return Settings.from_environment(os.environ)

    @cached_property
    def session(self) -> Any:
        """The AWS session: credentials and region."""
        from boto3.session import Session

        return Session()

    @cached_property
    def endpoint_url(self) -> str | None:
        """The endpoint of all services; None: AWS's own, or the environment's."""
        return None

    @cached_property
    def rekognition_endpoint_url(self) -> str | None:
        """The endpoint of Rekognition; None: as for all services."""
        return None

    @cached_property
    def dynamodb_client(self) -> Any:
        """A DynamoDB client without client-side parameter validation.

        botocore's check takes half of the processor time of a transaction; the items are ours, never a caller's.
        """
        retries = {"mode": "standard", "total_max_attempts": 2}  # `adapters/dynamodb/calls.py` repeats what fails on
        return self._client("dynamodb", read_timeout=5, retries=retries, parameter_validation=False)

    @cached_property
    def s3_client(self) -> Any:
        """The S3 client."""
        return self._client("s3", read_timeout=20)

    @cached_property
    def signing_client(self) -> Any:
        """An S3 client whose URLs name the bucket's region, by Signature Version 4.

        Without this style botocore signs for s3.amazonaws.com, which redirects to other regions until DNS has caught up
        with a new bucket, and a redirect breaks the signature (botocore.signers, `_should_use_global_endpoint`).
        """
        return self._client("s3", signature_version="s3v4", s3={"addressing_style": "path"})

    @cached_property
    def sqs_client(self) -> Any:
        """The SQS client."""
        return self._client("sqs", read_timeout=5)

    @cached_property
    def s3vectors_client(self) -> Any:
        """Amazon S3 Vectors."""
        return self._client("s3vectors", read_timeout=10)

    @cached_property
    def bedrock_client(self) -> Any:
        """A client of Bedrock's models that slows down when the service throttles, as Rekognition's does."""
        retries = {"mode": "adaptive", "total_max_attempts": 3}
        return self._client("bedrock-runtime", retries=retries, read_timeout=15)

    @cached_property
    def events_client(self) -> Any:
        """EventBridge."""
        return self._client("events", read_timeout=5)

    @cached_property
    def rekognition_client(self) -> Any:
        """A Rekognition client that slows down when the service throttles, within the time of one invocation."""
        retries = {"mode": "adaptive", "total_max_attempts": 3}
        return self._client("rekognition", self.rekognition_endpoint_url, retries=retries, read_timeout=15)

    def _client(self, service: str, endpoint_url: str | None = None, **options: Any) -> Any:
        from botocore.config import Config

        defaults: dict[str, Any] = {
            "connect_timeout": 5,
            "max_pool_connections": max(10, 2 * self.settings.batch_threads),
            "retries": {"mode": "standard", "total_max_attempts": 4},
            # botocore builds its own twice in each call, which is a fifth of the call's processor time.
            "user_agent": f"viewfinder/{viewfinder.__version__}",
        }
        endpoint_url = endpoint_url or self.endpoint_url
        return self.session.client(service, endpoint_url=endpoint_url, config=Config(**defaults | options))
