"""Thumbnails: their keys in the derived bucket, and which of them are outdated, renditions for screens included."""

from __future__ import annotations

from collections.abc import Iterable

from viewfinder.domain.image import Image, image_digest
from viewfinder.domain.record_state import RecordState

THUMBNAIL_SIDE = 512
"""Pixels of the longer side, at most."""

THUMBNAIL_SUFFIX = ".webp"


def thumbnail_key(image_id: str, replaced_version: int, sha256: str) -> str:
    """Return the derived bucket's key of the thumbnail for a record that is to replace this version (0: none).

    At most one record ever replaces a version. So once a later version stands that does not name this key, none ever
    will again: it can be deleted without a look at who else is at work. And as the content is part of the key, whoever
    writes it writes the same picture.
    """
    return f"{thumbnail_prefix(image_id)}{replaced_version}-{sha256[:16]}{THUMBNAIL_SUFFIX}"


def thumbnail_prefix(image_id: str) -> str:
    """Return what the keys of all of an image's renditions start with."""
    return f"thumbnails/{image_digest(image_id)}/"


def outdated_thumbnails(image: Image | RecordState, keys: Iterable[str]) -> tuple[str, ...]:
    """Return those of an image's renditions that neither its record names nor any later one can."""
    named = {image.thumbnail, image.screen}
    return tuple(key for key in keys if key not in named and _replaced_version(key) < image.version)


def _replaced_version(key: str) -> int:
    return int(key.rpartition("/")[2].partition("-")[0])
