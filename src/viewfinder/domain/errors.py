"""The errors of the pipeline; each name says what the caller can do about it."""

from __future__ import annotations

import re


class ViewfinderError(Exception):
    """Base of every error that Viewfinder raises on purpose."""


def failure_reason(error: Exception) -> str:
    """Return the reason code of a failure: DETECTOR_UNAVAILABLE for a DetectorUnavailableError, and so on."""
    if not isinstance(error, ViewfinderError):
        return "INTERNAL_ERROR"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")).upper()


class ImageRejectedError(ViewfinderError):
    """The image itself is at fault: no retry will help."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DetectorUnavailableError(ViewfinderError):
    """The detector can't answer now: the same call may succeed later."""


class AnalysisInProgressError(ViewfinderError):
    """Someone else is analysing the same content: its analysis can be used in a moment."""


class MisconfiguredError(ViewfinderError):
    """A permission or a setting is wrong: an operator has to act, and the image is not to blame."""


class ObjectNotFoundError(ViewfinderError):
    """The bucket has no object of this key (any more)."""


class ObjectRefusedError(ViewfinderError):
    """S3 does not take or give this one object: it is too large, archived, or another's."""


class KeyTakenError(ViewfinderError):
    """The bucket has an object of this key already."""


class VersionNotFoundError(ViewfinderError):
    """The object has no such version (any more)."""


class CatalogConflictError(ViewfinderError):
    """Someone else has written this image since it was read."""


class CatalogUnavailableError(ViewfinderError):
    """The catalog can't be read or written now: the same call may succeed later."""


class InvalidRequestError(ViewfinderError):
    """A request names something that the API can't take; `parameter` says which."""

    def __init__(self, message: str, *, parameter: str | None = None, code: str = "InvalidParameter") -> None:
        super().__init__(message)
        self.parameter = parameter
        self.code = code


class TooManyRequestsError(ViewfinderError):
    """A caller has used up its share of requests; `retry_after` says in how many seconds there is more."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ImageNotFoundError(ViewfinderError):
    """The catalog has no image of this id."""


class ThumbnailNotFoundError(ViewfinderError):
    """The image has no thumbnail: it was not analysed."""
