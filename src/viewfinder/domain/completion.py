"""What a text may be the beginning of: the rest of a name from each of its words on."""

from __future__ import annotations

import re

from viewfinder.domain.plurals import singulars
from viewfinder.domain.spelling import JOINERS

_WORD_START = re.compile(rf"(?<![\w{JOINERS}])[^{JOINERS}]", re.DOTALL)


def beginnings(name: str) -> list[str]:
    """Return the case-folded ends of a name that begin where a word does: "mobile phone", "phone"."""
    folded = name.casefold()
    return [folded[match.start() :] for match in _WORD_START.finditer(folded)]


def forms(text: str) -> set[str]:
    """Return a case-folded text, and what it may be the plural of."""
    return {text, *singulars(text)}
