"""What the pipeline may do with the images bucket: everything with its own, less with one that is attached."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class BucketAccess(StrEnum):
    """Whose the images bucket is, and what the pipeline may do with it (parameter ExistingBucketAccess)."""

    OWN = "Own"
    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"  # of a bucket that keeps no versions
    READ_WRITE_VERSIONS = "ReadWriteVersions"


class Ability(StrEnum):
    """What the API can do with the images bucket beside reading it."""

    UPLOADS = "Uploads"
    DELETION = "Deletion"
    TRASH = "Trash"
    VERSIONS = "Versions"


_ATTACHED = "the images are in a bucket that is attached read-only"
_UNVERSIONED = "the attached bucket keeps no versions of its objects"

ABSENT: Mapping[BucketAccess, Mapping[Ability, str]] = {
    BucketAccess.OWN: {},
    BucketAccess.READ_ONLY: dict.fromkeys(Ability, _ATTACHED),
    BucketAccess.READ_WRITE: {Ability.TRASH: _UNVERSIONED, Ability.VERSIONS: _UNVERSIONED},
    BucketAccess.READ_WRITE_VERSIONS: {},
}
"""Access -> the abilities that the API lacks, each with the reason."""
