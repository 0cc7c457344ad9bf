"""Words that lead to labels: a table made of WordNet (tools/relate_words.py), and everyday words by hand.

The words were taken from WordNet 3.0, copyright 2006 by Princeton University (NOTICE beside the table).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class _Table:
    categories: tuple[str, ...]
    by_folded_name: Mapping[str, str]
    nothing: frozenset[str]
    labels: Mapping[str, tuple[str, ...]]


@cache
def _table() -> _Table:
    """Read the file: its `words` has the words of each set of labels on a line, both separated by `, `."""
    found = json.loads(files(__package__).joinpath("related.json").read_text(encoding="utf-8"))
    labels = {word: tuple(names.split(", ")) for names, words in found["words"].items() for word in words.split(", ")}
    categories = {name.casefold(): name for name in found["categories"]}
    return _Table(tuple(found["categories"]), categories, frozenset(found["nothing"]), labels)


def related_labels(word: str) -> tuple[str, ...]:
    """Return the labels that a case-folded word leads to: `puppy` to Dog, `feline` to Cat, Lion and others."""
    return _table().labels.get(word, ())


def says_nothing(word: str) -> bool:
    """Return whether nothing of an image's record answers a word, such as a colour."""
    return word in _table().nothing


def category_named(folded: str) -> str:
    """Return the category of a case-folded name; "" where there is none."""
    return _table().by_folded_name.get(folded, "")


def categories() -> tuple[str, ...]:
    """Return the names of the categories of labels."""
    return _table().categories
