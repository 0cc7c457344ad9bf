"""The errors of the service: one table from code to HTTP status, and the exception that carries a code."""

from __future__ import annotations

STATUSES = {
    # DetectLabels' own, with the statuses of the developer guide's error table.
    "ImageTooLargeException": 400,
    "InternalServerError": 500,
    "InvalidImageFormatException": 400,
    "InvalidParameterException": 400,
    "InvalidS3ObjectException": 400,
    "ThrottlingException": 500,
    # Of collections (service model; their statuses are those of its other 400s, as for DetectLabels).
    "ConflictException": 400,
    "IdempotentParameterMismatchException": 400,
    "InvalidPaginationTokenException": 400,
    "ProvisionedThroughputExceededException": 400,
    "ResourceAlreadyExistsException": 400,
    "ResourceNotFoundException": 400,
    "ServiceQuotaExceededException": 400,
    # Common to all AWS services that speak JSON.
    "AccessDeniedException": 400,
    "IncompleteSignature": 400,
    "InvalidSignatureException": 400,
    "MissingAuthenticationTokenException": 400,
    "RequestEntityTooLargeException": 413,
    "RequestTimeoutException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 400,
    "UnrecognizedClientException": 400,
}


class EngineError(Exception):
    """A refusal with a code that the service documents; `code` is a key of STATUSES."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return STATUSES[self.code]


class ModelFileError(Exception):
    """A model or label file that the operator named can't be used; the message says what was found."""


class StoreError(Exception):
    """The file of the collections can't be used; the message says why."""


def invalid_parameter(message: str = "Request has invalid parameters") -> EngineError:
    return EngineError("InvalidParameterException", message)


def not_found(message: str) -> EngineError:
    return EngineError("ResourceNotFoundException", message)


def invalid_image(message: str = "Request has invalid image format") -> EngineError:
    return EngineError("InvalidImageFormatException", message)


def image_too_large(message: str) -> EngineError:
    return EngineError("ImageTooLargeException", message)
