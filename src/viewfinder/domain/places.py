"""The words of an image's key and of its capture time, which searches find it by."""

from __future__ import annotations

from functools import lru_cache

from viewfinder.domain.image import IMAGE_TYPES
from viewfinder.domain.spelling import plain, tokens

MAX_FILE_WORDS = 5
MAX_FOLDER_WORDS = 10
_LONGEST = 50
"""Characters of a word, as of a word in a picture."""

_GENERIC = frozenset({"img", "dsc", "dscn", "dscf", "pxl", "mvimg", "image", "photo", "jpg", "jpeg", "png", "heic"})
"""Beginnings of most file names: they are the last to be indexed."""

_ENDINGS = frozenset({*(ending.lstrip(".") for ending in IMAGE_TYPES.values()), "jpeg", "tif", "heif", "arw", "nef"})


def file_words(image_id: str) -> tuple[str, ...]:
    """Return the name of a file without its ending, and its words: of `IMG_1084.JPG` `img_1084`, `1084`, `img`."""
    stem = file_stem(image_id.rpartition("/")[2])
    words = dict.fromkeys(tokens(stem))
    ordered = sorted(words, key=lambda word: word in _GENERIC)
    return tuple(dict.fromkeys((stem, *ordered)))[:MAX_FILE_WORDS] if stem else ()


def file_stem(name: str) -> str:
    """Return a file's name, plain and without the ending of an image."""
    stem, _, ending = plain(name).rpartition(".")
    return (stem if stem and ending in _ENDINGS else plain(name))[:_LONGEST]


def folder_words(image_id: str) -> tuple[str, ...]:
    """Return the words of all folders that an image lies in, the innermost first."""
    return _words_of(image_id.rpartition("/")[0])


@lru_cache(maxsize=1024)  # a search asks it of each image on its way, and most are in few folders
def _words_of(folder: str) -> tuple[str, ...]:
    levels = folder.split("/")
    words = dict.fromkeys(word[:_LONGEST] for level in reversed(levels) for word in tokens(level))
    return tuple(words)[:MAX_FOLDER_WORDS]


def calendar(taken_at: str) -> tuple[str, str] | None:
    """Return the month and the day of a capture time in any year, as `06` and `06-12`; None where it is not known."""
    return (taken_at[5:7], taken_at[5:10]) if taken_at else None
