"""Labels and categories in use, with the number of images that have them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LabelOrder(StrEnum):
    """Which label comes first."""

    NAME = "name"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label in use: how many images have it, and what is known of it."""

    name: str
    count: int
    parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    matched_by: str = ""  # the alias that a search for labels found it by


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category in use: at least how many images have a label of it, and how many labels it has."""

    name: str
    count: int
    labels: int


@dataclass(frozen=True, slots=True)
class KnownName:
    """What is known of a case-folded name: how many images have it, and the labels it is an alias of."""

    count: int = 0
    alias_of: frozenset[str] = frozenset()
