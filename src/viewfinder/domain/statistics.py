"""Labels and categories in use, with the number of images that have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class LabelOrder(StrEnum):
    """The order of labels."""

    NAME = "name"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label in use, with the number of its images."""

    name: str
    count: int
    parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    matched_by: str = ""  # the alias that a search for labels found it by


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category in use, with its number of labels and a lower bound of its images."""

    name: str
    count: int
    labels: int


@dataclass(frozen=True, slots=True)
class KnownName:
    """A case-folded name: the number of its images, the labels that it is an alias of, and how the label is written."""

    count: int = 0
    alias_of: frozenset[str] = frozenset()
    name: str = field(default="", compare=False)
