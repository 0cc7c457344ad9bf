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
    """What the API of one stack can do and that of another can't."""

    UPLOADS = "Uploads"
    DELETION = "Deletion"
    TRASH = "Trash"
    VERSIONS = "Versions"
    SIMILAR = "Similar"  # whatever the bucket is


_ATTACHED = "the images are in a bucket that is attached read-only"
_UNVERSIONED = "the attached bucket keeps no versions of its objects"

ABSENT: Mapping[BucketAccess, Mapping[Ability, str]] = {
    BucketAccess.OWN: {},
    BucketAccess.READ_ONLY: dict.fromkeys(
        (Ability.UPLOADS, Ability.DELETION, Ability.TRASH, Ability.VERSIONS), _ATTACHED
    ),
    BucketAccess.READ_WRITE: {Ability.TRASH: _UNVERSIONED, Ability.VERSIONS: _UNVERSIONED},
    BucketAccess.READ_WRITE_VERSIONS: {},
}
"""Access -> the abilities that the API lacks, each with the reason."""

WITHOUT_VECTORS = "similar images need Viewfinder's own engine as the detector, and a store of vectors"
