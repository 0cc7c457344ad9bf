"""How the text of the search box was read: for each of its words a reading, and what else it might be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from viewfinder.domain.dates import When
from viewfinder.domain.label import search_words
from viewfinder.domain.places import file_words, folder_words
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Condition, has
from viewfinder.domain.search_text import ReadAs
from viewfinder.domain.summary import Summary


class Fit(StrEnum):
    """How a word is that which it was read as, the best first."""

    EXACT = "EXACT"
    ALIAS = "ALIAS"
    PLURAL = "PLURAL"
    RELATED = "RELATED"
    PART = "PART"
    TYPO = "TYPO"


_TIERS = {Fit.RELATED: 1, Fit.PART: 2, Fit.TYPO: 3}
"""A name in any of its forms comes before all that is only like one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a word: conditions that all hold, or a time. `written` is the term that means this alone.

    `name` is for people; `names` are what the word leads to, where that is several or another.
    """

    kind: ReadAs
    fit: Fit
    name: str
    written: str
    conditions: tuple[Condition, ...] = ()
    when: When | None = None
    names: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, int, int]:
        """Return the order of preference: a name before what is like one, then the kind, then how well it fits."""
        kinds = list(ReadAs)
        kind = -1 if self.kind is ReadAs.DATE else kinds.index(self.kind)  # what looks like a date is one
        return _TIERS.get(self.fit, 0), kind, list(Fit).index(self.fit)

    def admits(self, image: Summary, minimum: float = 0.0) -> bool:
        """Return whether an image has what this means, with a minimum confidence (percent)."""
        if self.when and self.when.is_span:
            day = image.taken_at[:10]
            since, until = self.when.since, self.when.until
            return bool(day) and (not since or since.isoformat() <= day) and (not until or day < until.isoformat())
        return all(_is_met(condition, image, minimum) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A word or phrase as it was typed, its reading (None: nothing is known by it), and the other readings.

    `suggestions` are names that a word of which nothing is known may be a wrong spelling of.
    """

    typed: str
    reading: Reading | None
    is_excluded: bool = False
    alternatives: tuple[Reading, ...] = ()
    suggestions: tuple[str, ...] = field(default=())


def _is_met(condition: Condition, image: Summary, minimum: float) -> bool:
    return any(_HAS[source.kind](image, source.name, minimum) for source in condition.sources)


_HAS: Mapping[SourceKind, Callable[[Summary, str, float], bool]] = {
    SourceKind.LABEL: lambda image, name, minimum: has(image.labels, (name,), minimum),
    SourceKind.CATEGORY: lambda image, name, minimum: has(image.categories, (name,), minimum),
    SourceKind.PERSON: lambda image, name, _: name in image.people,
    SourceKind.WORD: lambda image, name, _: name in image.words,
    SourceKind.CAMERA: lambda image, name, _: name in search_words([image.camera]),
    SourceKind.FILE: lambda image, name, _: name in file_words(image.image_id),
    SourceKind.FOLDER: lambda image, name, _: name in folder_words(image.image_id),
    SourceKind.MONTH: lambda image, name, _: image.taken_at[5:7] == name,
    SourceKind.DAY: lambda image, name, _: image.taken_at[5:10] == name,
}


def one_of(kind: SourceKind, *names: str) -> Condition:
    """Return the condition that an image has one of these names."""
    return Condition(frozenset(Source(kind, name) for name in names))
