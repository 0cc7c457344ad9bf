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
    WORDS = "Words"


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

_WITHOUT_VECTORS = "similar images need a store of vectors, and Viewfinder's own engine or another model for them"
_WITHOUT_WORDS = "images are ranked by words with a model that knows both: `up --clip`, or Embeddings=Bedrock on AWS"


def absent_abilities(access: BucketAccess, *, keeps_vectors: bool, has_words: bool = False) -> Mapping[Ability, str]:
    """Return the abilities that the API lacks, each with the reason."""
    without_vectors = {} if keeps_vectors else {Ability.SIMILAR: _WITHOUT_VECTORS}
    without_words = {} if keeps_vectors and has_words else {Ability.WORDS: _WITHOUT_WORDS}
    return {**_BY_ACCESS[access], **without_vectors, **without_words}
