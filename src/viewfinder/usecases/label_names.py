"""The names of labels in use, by their spelling: for words of the search box that are no name.

They are read at once and kept for a minute, as a catalog has some thousands of labels at most. So an unknown word costs
no more than a known one, and a new label may be missing among the suggestions for as long.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from viewfinder.domain.label import label_key
from viewfinder.domain.spelling import is_typo
from viewfinder.ports import Statistics

KEPT_SECONDS = 60.0

_CLOSE = 0.66
"""Similarity (difflib's ratio) of a suggestion."""

_COMPARED = 50
"""Names that are compared letter by letter: those that share the most pairs of letters with the text."""


@dataclass(slots=True)
class _Names:
    """Folded names and aliases with their labels, in the order of the labels, and where each spelling leads."""

    labels: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    by_deletion: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_pair: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, label: str) -> None:
        """Index a name by each of its spellings with one letter less, and by its pairs of letters."""
        if name in self.labels:
            return
        self.labels[name], self.places[name] = label, len(self.places)
        for deletion in {name, *_deletions(name)}:
            self.by_deletion[deletion].append(name)
        for pair in set(_pairs(name)):
            self.by_pair[pair].append(name)


@dataclass(slots=True)
class LabelNames:
    """Reads the names from the statistics when they are older than a minute; threads may share it."""

    statistics: Statistics
    monotonic: Callable[[], float] = time.monotonic
    _names: _Names = field(default_factory=_Names)
    _read_at: float = float("-inf")

    def misspelt(self, texts: Collection[str]) -> str | None:
        """Return the first label, in the order of names, of which one of the folded texts has one letter wrong."""
        names = self._current()
        spellings = {text: {text, *_deletions(text)} for text in texts}
        found = {
            name
            for text, several in spellings.items()
            for spelling in several
            for name in names.by_deletion.get(spelling, ())
            if is_typo(text, name)
        }
        return names.labels[min(found, key=names.places.__getitem__)] if found else None

    def nearest(self, text: str, most: int) -> list[str]:
        """Return the labels with the names most similar to a folded text, the nearest first."""
        names = self._current()
        shared = Counter(name for pair in set(_pairs(text)) for name in names.by_pair.get(pair, ()))
        ranked = sorted(shared, key=lambda name: (-shared[name] / (len(text) + len(name)), names.places[name]))
        close = get_close_matches(text, ranked[:_COMPARED], n=most, cutoff=_CLOSE)
        return list(dict.fromkeys(names.labels[name] for name in close))

    def _current(self) -> _Names:
        now = self.monotonic()
        if now - self._read_at >= KEPT_SECONDS:
            names = _Names()
            for label in self.statistics.labels("", ""):
                for name in (label.name, *label.aliases):
                    names.add(label_key(name), label.name)
            self._names, self._read_at = names, now
        return self._names


def _deletions(text: str) -> Iterator[str]:
    """Yield a text without each of its letters: two of them are one where one letter is wrong, or two are swapped."""
    return (text[:place] + text[place + 1 :] for place in range(len(text)))


def _pairs(text: str) -> Iterator[str]:
    """Yield the pairs of neighbouring letters, with the ends of the text as letters."""
    whole = f"\x02{text}\x03"
    return (whole[place : place + 2] for place in range(len(whole) - 1))
