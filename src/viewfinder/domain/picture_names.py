"""Guess by name and size whether an object may be a picture, where reading millions of them would cost too much.

What a picture is, its content decides (`adapters.pictures.formats`); this leaves out what nobody would call one.
"""

from __future__ import annotations

from posixpath import basename, splitext

from viewfinder.domain.image import MAX_IMAGE_ID_BYTES, is_folder_marker

PICTURE_SUFFIXES = frozenset({
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".dib"),
    *(".heic", ".heif", ".hif", ".avif"),
})  # fmt: skip
"""Of the formats that the pipeline reads; names without any suffix may be pictures, too."""

EMPTY, TOO_LARGE, TOO_LONG, FOLDER = "empty", "too large", "of a name that is too long", "a folder"


def why_no_picture(key: str, size: int, max_bytes: int) -> str:
    """Return the reason for leaving an object out (its suffix, or about its size), "" for what may be a picture."""
    if is_folder_marker(key, size):
        return FOLDER
    if not size:
        return EMPTY
    if size > max_bytes:
        return TOO_LARGE
    if len(key.encode(errors="surrogatepass")) > MAX_IMAGE_ID_BYTES:
        return TOO_LONG
    return why_no_picture_name(key)


def why_no_picture_name(key: str) -> str:
    """Return the suffix of a name that no picture has, in lower case; "" for a picture's, or for none."""
    suffix = splitext(basename(key))[1].lower()
    return "" if not suffix or suffix in PICTURE_SUFFIXES else suffix
