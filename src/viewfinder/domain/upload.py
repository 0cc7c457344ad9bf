"""An upload: one object that a caller may put straight into the bucket, and where it will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

IMAGE_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tiff",
    "image/bmp": ".bmp",
    "image/heic": ".heic",
    "image/avif": ".avif",
}
"""The media types that may be uploaded, with the extension of an ImageId that the server chooses."""

MAX_UPLOAD_BYTES = 100 * 1024 * 1024
DEFAULT_UPLOAD_BYTES = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form for one upload: send `fields`, and then the file as `file`, to `url` as multipart/form-data.

    It is good until `expires_at` (ISO 8601, UTC).
    """

    url: str
    fields: Mapping[str, str]
    expires_at: str
