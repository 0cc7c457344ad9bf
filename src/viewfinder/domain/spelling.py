"""Spellings that are one: Unicode's forms, accents, letters that are invisible, and one wrong letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import groupby

JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ: letters of Persian and Nepali words, and of emoji (Unicode Standard, 23.2)."""

_UNSEEN = (
    r"\x00-\x1f\x7f-\x9f"  # controls
    r"\u00ad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # what shows nothing: with it two names look like one
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # what turns the direction of text
    r"\u2028\u2029\ufffe\uffff"  # line separators, and what XML can't carry
)
NAME_PATTERN = rf"^(?!\s|.*\s$)[^{_UNSEEN}]*$"
"""The form of a name (ECMA-262, as in OpenAPI): without control characters, and without spaces around it.

Letters newer than this Python, and the spaces of other scripts (the wide one between Japanese names), are allowed.
"""

_NAME = re.compile(NAME_PATTERN)

SHORTEST_WITH_TYPO = 6
"""Letters of a word in which one may be wrong; a shorter one is too often another word."""

SHORTEST_PART = 3
"""Letters of a text that may be a part of a word."""

_WITHOUT_ACCENT = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
_MARKS = dict.fromkeys(map(chr, range(0x300, 0x370)), "")
"""Combining diacritical marks: those of Latin, Greek and Cyrillic letters."""

_PLAIN = str.maketrans(_WITHOUT_ACCENT | _MARKS)


def composed(name: str) -> str:
    """Return a name in NFC, the form in which labels are stored: one name, whatever its spelling in bytes."""
    return unicodedata.normalize("NFC", name)


def is_name(text: str) -> bool:
    """Return whether a person may give this name to a label or a person: see NAME_PATTERN."""
    return bool(text and _NAME.fullmatch(text))


def plain(text: str) -> str:
    """Return a text without regard to case and accents: `Café` is `cafe`."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold())
    return unicodedata.normalize("NFC", folded.translate(_PLAIN))


def with_plain(words: Collection[str]) -> tuple[str, ...]:
    """Return words, and after them what accents hide in them: `café`, `cafe`."""
    return tuple(dict.fromkeys((*words, *map(plain, words))))


def tokens(text: str) -> Iterator[str]:
    """Yield the runs of letters and digits of a text, plain: `IMG_1084 Café` has `img`, `1084` and `cafe`."""
    for are_letters, run in groupby(plain(text), _is_letter):
        if are_letters and (token := "".join(run).strip(JOINERS)):
            yield token


def _is_letter(character: str) -> bool:
    return character.isalnum() or character in JOINERS or unicodedata.category(character).startswith("M")


def is_typo(text: str, name: str) -> bool:
    """Return whether one letter is wrong, missing or too much, or two neighbours are swapped; only in a longer text."""
    return text != name and len(text) >= SHORTEST_WITH_TYPO and _is_one_edit(text, name)


def _is_one_edit(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = next((place for place, letter in enumerate(one) if letter != other[place]), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    return one[start + 1 :] == other[start + 1 :] or (
        one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    )
