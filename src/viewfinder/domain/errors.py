"""The errors of the pipeline."""

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
    """The image itself is faulty; a retry can't succeed."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DetectorUnavailableError(ViewfinderError):
    """The detector can't answer now; the same call may succeed later."""


class AnalysisInProgressError(ViewfinderError):
    """Another function is analysing the same content; its analysis will be available in a moment."""


class MisconfiguredError(ViewfinderError):
    """A permission or a setting is wrong; an operator must act, and the image is not at fault."""


class ObjectNotFoundError(ViewfinderError):
    """The bucket has no object with this key."""


class ObjectRefusedError(ViewfinderError):
    """S3 refuses this object: it is too large, archived, or belongs to another account."""


class KeyTakenError(ViewfinderError):
    """The bucket has an object of this key already."""


class VersionNotFoundError(ViewfinderError):
    """The object has no such version (any more)."""


class CatalogConflictError(ViewfinderError):
    """Another writer has changed this image since it was read."""


class DocumentConflictError(ViewfinderError):
    """Another writer has changed this document since it was read."""


class CatalogUnavailableError(ViewfinderError):
    """The catalog can't be read or written now; the same call may succeed later."""


class InvalidRequestError(ViewfinderError):
    """A parameter or member of a request is invalid; `parameter` names it."""

    def __init__(self, message: str, *, parameter: str | None = None, code: str = "InvalidParameter") -> None:
        super().__init__(message)
        self.parameter = parameter
        self.code = code


class ForbiddenError(ViewfinderError):
    """The caller is known, and may not do this."""


class TooManyRequestsError(ViewfinderError):
    """A caller has used up its requests of this minute; `retry_after` is the number of seconds to wait."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ImageNotFoundError(ViewfinderError):
    """The catalog has no image of this id."""


class PersonNotFoundError(ViewfinderError):
    """There is no person of this id."""


class FaceNotFoundError(ViewfinderError):
    """The image has no face of this id."""


class VectorNotFoundError(ViewfinderError):
    """There is no vector of the image."""


class ThumbnailNotFoundError(ViewfinderError):
    """The image has no thumbnail, because it was not analysed."""


class UndeliveredError(ViewfinderError):
    """The receiver did not take an event now; `retry_after` is the seconds that it asks to wait for, 0 for none."""

    def __init__(self, problem: str, retry_after: float = 0.0) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


class UnwantedEventError(ViewfinderError):
    """The receiver takes no such event any more, so that another attempt would be in vain."""
