"""The rendition for screens: which images have one, and its key in the derived bucket.

It lies beside the thumbnail, so that what finds, signs and deletes thumbnails does so with it.
"""

from __future__ import annotations

from viewfinder.domain.thumbnail import THUMBNAIL_SIDE, THUMBNAIL_SUFFIX

SCREEN_SIDE = 1600
"""Pixels of the longer side."""

LIGHT_BYTES = 500_000
"""An original that browsers show, of at most so many bytes, serves as it is."""

SHOWN_BY_BROWSERS = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"})
"""Formats that every current browser shows."""

_MAY_MOVE = frozenset({"GIF", "WEBP"})
"""Formats of moving pictures: a rendition would stand still."""


def needs_screen(format_name: str, width: int, height: int, size: int) -> bool:
    """Return whether an image has a rendition for screens beside its thumbnail; `size` in bytes."""
    if format_name not in SHOWN_BY_BROWSERS:
        return max(width, height) > THUMBNAIL_SIDE
    return size > LIGHT_BYTES and format_name not in _MAY_MOVE


def screen_key(thumbnail: str) -> str:
    """Return the derived bucket's key of the rendition that belongs to a thumbnail."""
    return f"{thumbnail.removesuffix(THUMBNAIL_SUFFIX)}-screen{THUMBNAIL_SUFFIX}"
