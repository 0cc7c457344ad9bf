"""The versions of an image: list, and restore."""

from __future__ import annotations

from viewfinder.domain.errors import ImageNotFoundError, VersionNotFoundError
from viewfinder.ports import ObjectVersion
from viewfinder.usecases.trash import Trash

_MOST_VERSIONS = 100


def list_versions(image_id: str, trash: Trash) -> list[tuple[ObjectVersion, str]]:
    """Return the newest versions of an image, removed or not, each with a URL; raise ImageNotFoundError."""
    found = [version for version in trash.versions.list(image_id) if not version.is_marker]
    if not found:
        raise ImageNotFoundError("there is no such image")
    return [(version, trash.links.version(image_id, version.version_id)) for version in found[:_MOST_VERSIONS]]


def restore_version(image_id: str, version_id: str, trash: Trash) -> None:
    """Copy a version onto its key, which makes it the current one; raise VersionNotFoundError."""
    found = (version for version in trash.versions.list(image_id) if version.version_id == version_id)
    version = next((version for version in found if not version.is_marker), None)
    if version is None:
        raise VersionNotFoundError("the image has no such version")
    if not version.is_latest:
        trash.versions.copy(image_id, version_id, replace=True)
