"""The text of the search box, taken apart: words, quoted phrases, words to leave out, and prefixes such as `text:`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 200
"""Characters of a text; of very many words the first MAX_TERMS count."""

MAX_TERMS = 12


class ReadAs(StrEnum):
    """What a word was read as, in the order of preference."""

    LABEL = "LABEL"
    CATEGORY = "CATEGORY"
    PERSON = "PERSON"
    TEXT = "TEXT"
    FOLDER = "FOLDER"
    FILE = "FILE"
    CAMERA = "CAMERA"
    DATE = "DATE"
    NOTHING = "NOTHING"


PREFIXES = {str(kind).lower(): kind for kind in ReadAs if kind is not ReadAs.NOTHING}
_BOUNDS = {"before", "after", "since", "until"}
"""Prefixes of a date that is an end: `before:2019`."""

_FILLERS = frozenset({
    *("a", "an", "the", "of", "in", "on", "at", "with", "and", "my", "our", "from", "for", "by", "to", "me", "i"),
    *("photo", "photos", "picture", "pictures", "pics", "pic", "image", "images", "show", "find", "that", "some"),
    *("taken", "during", "where", "is", "are", "near", "all"),
})  # fmt: skip
"""Words that say nothing beside others."""

_WITHOUT = {"without", "not", "no", "except"}

_TERM = re.compile(
    r"""
    (?P<minus>-)?
    (?:(?P<prefix>[A-Za-z]+):(?=\S))?
    (?: "(?P<quoted>[^"]*)"? | (?P<bare>\S+) )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a quoted phrase; `kind` is that of its prefix, `written` all of it as it was typed."""

    text: str
    kind: ReadAs | None = None
    is_excluded: bool = False
    is_quoted: bool = False
    written: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it may be part of a name of several words."""
        return self.kind is None and not self.is_quoted

    @property
    def is_filler(self) -> bool:
        """Whether it says nothing beside other words."""
        return self.is_plain and self.text.casefold() in _FILLERS


def read_terms(text: str) -> list[Term]:
    """Take a text apart."""
    return list(_terms(text))[:MAX_TERMS]


def _terms(text: str) -> Iterator[Term]:
    is_without = False
    for found in _TERM.finditer(text):
        term = _term(found)
        if term.is_plain and not term.is_excluded and term.text.casefold() in _WITHOUT:
            is_without = True
        elif term.text:
            yield term if not is_without else _without(term)
            is_without = False


def _without(term: Term) -> Term:
    return Term(term.text, term.kind, True, term.is_quoted, f"-{term.written}")


def _term(found: re.Match[str]) -> Term:
    prefix = (found["prefix"] or "").lower()
    text, is_quoted = (found["quoted"], True) if found["quoted"] is not None else (found["bare"], False)
    is_excluded = found["minus"] is not None
    if prefix in _BOUNDS:
        return Term(f"{prefix} {text}", ReadAs.DATE, is_excluded, is_quoted, found[0])
    if prefix in PREFIXES:
        return Term(text.strip(), PREFIXES[prefix], is_excluded, is_quoted, found[0])
    text = f"{found['prefix']}:{text}" if prefix else text
    return Term(text.strip(), None, is_excluded, is_quoted, found[0])


def written(kind: ReadAs, text: str, *, is_excluded: bool = False) -> str:
    """Return the term that means a text of one kind, whatever else it may be: `text:invoice`."""
    quoted = f'"{text}"' if re.search(r"\s", text) else text
    return f"{'-' if is_excluded else ''}{kind.lower()}:{quoted}"
