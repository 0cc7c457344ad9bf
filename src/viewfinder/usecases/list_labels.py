"""List labels and categories in use, and match a person's text with them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from viewfinder.domain.completion import forms
from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.spelling import JOINERS
from viewfinder.domain.statistics import CategoryCount, LabelCount, LabelOrder
from viewfinder.ports import Statistics


@dataclass(frozen=True, slots=True)
class LabelPage:
    """Labels in order, and the token of the next page ("" on the last)."""

    labels: tuple[LabelCount, ...]
    next_token: str


def list_labels(
    statistics: Statistics,
    *,
    prefix: str = "",
    category: str = "",
    order: LabelOrder = LabelOrder.NAME,
    limit: int = 50,
    token: str = "",
) -> LabelPage:
    """Return a page of the labels that `prefix` may mean, or of all; raise InvalidRequestError.

    Those whose name or alias it is come first, then the commonest. Without a prefix they come in `order`. All labels by
    name cost a page, and a prefix the labels with a word that begins so; all else reads every label's counters.
    """
    asked = repr((prefix.casefold(), category.casefold(), str(order)))
    fingerprint = hashlib.blake2b(b"labels " + asked.encode(), digest_size=9).hexdigest()
    after = cursor_from_token(token, fingerprint).position if token else ""
    if prefix or category or order is LabelOrder.COUNT:
        text = prefix.casefold()
        candidates = statistics.completions(forms(text)) if prefix else statistics.labels("", "")
        places = _places(candidates, text, category.casefold(), order)
        found = sorted(place for place in places.items() if place[0] > after)[: limit + 1]
    else:
        labels = islice(statistics.labels("", after, portion=limit + 1), limit + 1)
        found = [(label.name.casefold(), label) for label in labels]
    page = tuple(label for _, label in found[:limit])
    is_last = len(found) <= limit
    return LabelPage(page, "" if is_last else Cursor(found[limit - 1][0], "", fingerprint).to_token())


def _places(labels: Iterable[LabelCount], prefix: str, category: str, order: LabelOrder) -> dict[str, LabelCount]:
    """Map the position in the order to each matching label."""
    places = {}
    for label in labels:
        match = match_label(label, prefix) if prefix else (0, "")
        if match is None or (category and category not in map(str.casefold, label.categories)):
            continue
        by_count = "" if order is LabelOrder.NAME and not prefix else f"{_MOST_IMAGES - label.count:012d}"
        places[f"{match[0]}#{by_count}#{label.name.casefold()}"] = replace(label, matched_by=match[1])
    return places


_MOST_IMAGES = 10**12 - 1


def match_label(label: LabelCount, text: str) -> tuple[int, str] | None:
    """Return how well a case-folded text means a label (0: it is a name of it), and by which alias ("": by its name).

    The text may be the beginning of any word of a name, or all of it in the plural.
    """
    names = [("", label.name), *((alias, alias) for alias in label.aliases)]
    matches = ((_rank(name.casefold(), text), by) for by, name in names)
    return min(((rank, by) for rank, by in matches if rank is not None), default=None, key=lambda match: match[0])


def _rank(name: str, text: str) -> int | None:
    if name in forms(text):
        return 0
    begins = re.escape(text)
    is_word = "|".join(rf"{re.escape(form)}(?![\w{JOINERS}])" for form in sorted(forms(text)))
    return 1 if re.search(rf"(?<![\w{JOINERS}])(?:{begins}|{is_word})", name) else None


def list_categories(statistics: Statistics) -> list[CategoryCount]:
    """Return the categories of the labels in use, by name."""
    counts: dict[str, list[int]] = {}
    for label in statistics.labels("", ""):
        for category in label.categories:
            counts.setdefault(category, []).append(label.count)
    return [CategoryCount(name, max(counts[name]), len(counts[name])) for name in sorted(counts)]
