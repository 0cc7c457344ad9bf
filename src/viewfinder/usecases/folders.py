"""Folders: the levels of the images' keys."""

from __future__ import annotations

from collections.abc import Mapping

from viewfinder.domain.image import MAX_FOLDERS
from viewfinder.ports import Statistics

_MOST_LISTED = 200
_LONGEST_PREFIX = 1020
"""Of a folder with an image in it, in bytes: with the end of the range a sort key's limit of 1,024 (AWS)."""


def list_folders(statistics: Statistics, *, prefix: str = "") -> Mapping[str, int]:
    """Return the folders of the level that a prefix of keys reaches, with the number of images in each; 200 at most."""
    if prefix.count("/") >= MAX_FOLDERS or len(prefix.encode()) > _LONGEST_PREFIX:
        return {}
    return statistics.folders(prefix, _MOST_LISTED)
