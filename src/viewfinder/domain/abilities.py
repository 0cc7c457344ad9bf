"""What the API of one stack can do and that of another can't, and why."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from viewfinder.domain.bucket_access import BucketAccess


class Ability(StrEnum):
    """What the API of one stack can do and that of another can't."""

    UPLOADS = "Uploads"
    DELETION = "Deletion"
    TRASH = "Trash"
    VERSIONS = "Versions"
    SIMILAR = "Similar"


_ATTACHED = "the images are in a bucket that is attached read-only"
_UNVERSIONED = "the attached bucket keeps no versions of its objects"

_BY_ACCESS: Mapping[BucketAccess, Mapping[Ability, str]] = {
    BucketAccess.OWN: {},
    BucketAccess.READ_ONLY: dict.fromkeys(
        (Ability.UPLOADS, Ability.DELETION, Ability.TRASH, Ability.VERSIONS), _ATTACHED
    ),
    BucketAccess.READ_WRITE: {Ability.TRASH: _UNVERSIONED, Ability.VERSIONS: _UNVERSIONED},
    BucketAccess.READ_WRITE_VERSIONS: {},
}

_WITHOUT_VECTORS = "similar images need Viewfinder's own engine as the detector, and a store of vectors"


def absent_abilities(access: BucketAccess, *, keeps_vectors: bool) -> Mapping[Ability, str]:
    """Return the abilities that the API lacks, each with the reason."""
    return _BY_ACCESS[access] if keeps_vectors else {**_BY_ACCESS[access], Ability.SIMILAR: _WITHOUT_VECTORS}
