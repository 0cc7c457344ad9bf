"""What the pipeline may do with the images bucket: everything with its own, less with one that is attached."""

from __future__ import annotations

from enum import StrEnum


class BucketAccess(StrEnum):
    """Whose the images bucket is, and what the pipeline may do with it (parameter ExistingBucketAccess)."""

    OWN = "Own"
    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"  # of a bucket that keeps no versions
    READ_WRITE_VERSIONS = "ReadWriteVersions"
