"""The errors of the pipeline; each name says what the caller can do about it."""

from __future__ import annotations


class ViewfinderError(Exception):
    """Base of every error that Viewfinder raises on purpose."""


class ImageRejectedError(ViewfinderError):
    """The image itself is at fault: no retry will help."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DetectorUnavailableError(ViewfinderError):
    """The detector can't answer now: the same call may succeed later."""


class MisconfiguredError(ViewfinderError):
    """A permission or a setting is wrong: an operator has to act, and the image is not to blame."""


class ObjectNotFoundError(ViewfinderError):
    """The bucket has no object of this key (any more)."""


class CatalogConflictError(ViewfinderError):
    """Someone else has written this image since it was read."""


class InvalidRequestError(ViewfinderError):
    """A request names something that the API can't take; `parameter` says which."""

    def __init__(self, message: str, *, parameter: str | None = None, code: str = "InvalidParameter") -> None:
        super().__init__(message)
        self.parameter = parameter
        self.code = code


class ImageNotFoundError(ViewfinderError):
    """The catalog has no image of this id."""


class ThumbnailNotFoundError(ViewfinderError):
    """The image has no thumbnail: it was not analysed."""
