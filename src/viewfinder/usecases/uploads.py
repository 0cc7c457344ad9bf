"""Create forms with which a browser uploads an image to the bucket."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import DEFAULT_UPLOAD_BYTES, IMAGE_TYPES, MAX_IMAGE_ID_BYTES, UploadForm, has_dot_segment
from viewfinder.ports import Links

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
"""Neither the parts of a form nor the XML of S3's listings can carry all of them."""

_WILDCARD = "${filename}"
"""S3 puts the name of the uploaded file in its place: the key would no longer be one that we know."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload form, and the ImageId of its object."""

    image_id: str
    form: UploadForm


def create_upload(
    links: Links,
    *,
    content_type: str,
    image_id: str = "",
    prefix: str | None = None,
    max_bytes: int = DEFAULT_UPLOAD_BYTES,
) -> Upload:
    """Return a form for one object of this type and size; chooses the ImageId below `prefix` where none is given.

    Raise InvalidRequestError for a key that no image can have.
    """
    if image_id and prefix is not None:
        raise InvalidRequestError("is for an ImageId that the server chooses", parameter="Prefix")
    given = "ImageId" if image_id else "Prefix"
    image_id = image_id or f"{prefix or ''}{uuid.uuid4()}{IMAGE_TYPES[content_type]}"
    if len(image_id.encode()) > MAX_IMAGE_ID_BYTES:
        raise InvalidRequestError(f"gives an ImageId of more than {MAX_IMAGE_ID_BYTES:,} bytes", parameter=given)
    if image_id.endswith("/"):
        raise InvalidRequestError("must not end in a slash, as the names of folders do", parameter=given)
    if has_dot_segment(image_id):
        raise InvalidRequestError(
            "must not have a segment . or .., because clients remove those from URLs", parameter=given
        )
    if _CONTROLS.search(image_id):
        raise InvalidRequestError("must not contain control characters such as line breaks", parameter=given)
    if _WILDCARD in image_id:
        raise InvalidRequestError(f"must not contain {_WILDCARD}", parameter=given)
    return Upload(image_id, links.upload_form(image_id, content_type, max_bytes))
