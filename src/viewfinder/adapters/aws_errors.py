"""What AWS's error codes mean to the pipeline: which of them an operator has to act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from viewfinder.domain.errors import MisconfiguredError

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
    """Make errors that no retry mends a MisconfiguredError; all others pass as they are."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISCONFIGURED:
            raise
        raise MisconfiguredError(f"{what}: {error}") from error
    except (NoCredentialsError, NoRegionError) as error:
        raise MisconfiguredError(f"{what}: {error}") from error


def is_missing(error: ClientError) -> bool:
    """Return whether S3 says that there is no such object."""
    return error.response["Error"]["Code"] in {"NoSuchKey", "404", "NotFound"}
