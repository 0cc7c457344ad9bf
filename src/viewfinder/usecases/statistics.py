"""Keeps the statistics in agreement with the catalog, from the states that its records went through."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import MAX_FOLDERS, VISIBLE_STATUSES, Image
from viewfinder.domain.query import CategoryCount, Cursor, ImageState, LabelCount, LabelOrder, cursor_from_token
from viewfinder.ports import Copies, Counters, Records, Statistics

_ATTEMPTS = 5


def count_labels(states: Iterable[ImageState], counters: Counters) -> int:
    """Count each image as its newest state says, and return the number of images that this changed.

    A state that was counted already, or that is older than one that was, changes nothing: states may come twice, late
    or again after a failure half way. Raises CatalogConflictError.
    """
    newest = _newest(states)
    for _ in range(_ATTEMPTS):
        counted = counters.find(newest)
        changes = [(state, counted[name]) for name, state in newest.items() if state.is_newer_than(counted[name])]
        try:
            counters.apply(changes)
        except CatalogConflictError:
            continue
        return len(changes)
    raise CatalogConflictError(f"the counters were written {_ATTEMPTS} times by others while they were read")


def _newest(states: Iterable[ImageState]) -> dict[str, ImageState]:
    newest: dict[str, ImageState] = {}
    for state in states:
        known = newest.get(state.image_id)
        if known is None or state.is_newer_than(known):
            newest[state.image_id] = state
    return newest


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
    name cost a page; all else reads the counters of every label in use.
    """
    asked = repr((prefix.casefold(), category.casefold(), str(order)))
    fingerprint = hashlib.blake2b(b"labels " + asked.encode(), digest_size=9).hexdigest()
    after = cursor_from_token(token, fingerprint).position if token else ""
    if prefix or category or order is LabelOrder.COUNT:
        places = _places(statistics.labels("", ""), prefix.casefold(), category.casefold(), order)
        found = sorted(place for place in places.items() if place[0] > after)[: limit + 1]
    else:
        labels = islice(statistics.labels("", after, portion=limit + 1), limit + 1)
        found = [(label.name.casefold(), label) for label in labels]
    page = tuple(label for _, label in found[:limit])
    is_last = len(found) <= limit
    return LabelPage(page, "" if is_last else Cursor(found[limit - 1][0], "", fingerprint).to_token())


def _places(labels: Iterable[LabelCount], prefix: str, category: str, order: LabelOrder) -> dict[str, LabelCount]:
    """Map the place in the order to each label that answers."""
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
    forms = {text, *singulars(text)}
    if name in forms:
        return 0
    begins = re.escape(text)
    is_word = "|".join(rf"{re.escape(form)}(?!\w)" for form in sorted(forms))
    return 1 if re.search(rf"(?<!\w)(?:{begins}|{is_word})", name) else None


_PLURALS = (
    *(("people", "person"), ("children", "child"), ("men", "man"), ("mice", "mouse"), ("geese", "goose")),
    *(("feet", "foot"), ("teeth", "tooth"), ("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", "")),
)
"""Ends of English plurals, and what the singular may end in instead."""


def singulars(text: str) -> set[str]:
    """Return what a text may be the plural of; words that do not exist among them match nothing."""
    return {
        text.removesuffix(end) + singular
        for end, singular in _PLURALS
        if text.endswith(end) and (text.removesuffix(end) or singular)
    }


def list_categories(statistics: Statistics) -> list[CategoryCount]:
    """Return the categories of the labels in use, by name."""
    counts: dict[str, list[int]] = {}
    for label in statistics.labels("", ""):
        for category in label.categories:
            counts.setdefault(category, []).append(label.count)
    return [CategoryCount(name, max(counts[name]), len(counts[name])) for name in sorted(counts)]


_MOST_LISTED = 200
_LONGEST_PREFIX = 1020
"""Of a folder with an image in it, in bytes: with the end of the range a sort key's limit of 1,024 (AWS)."""


def list_folders(statistics: Statistics, *, prefix: str = "") -> Mapping[str, int]:
    """Return the folders of the level that a prefix of keys reaches, with the number of images in each; 200 at most."""
    if prefix.count("/") >= MAX_FOLDERS or len(prefix.encode()) > _LONGEST_PREFIX:
        return {}
    return statistics.folders(prefix, _MOST_LISTED)


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of images by status (all of them, 0 included), and of labels that an image has."""

    images: Mapping[str, int]
    labels: int


def get_statistics(statistics: Statistics) -> Totals:
    """Read all counters: as many as there are names in use, however many images there are."""
    counts = statistics.statuses()
    images = {str(status): counts.get(status, 0) for status in VISIBLE_STATUSES}
    return Totals(images, sum(1 for _ in statistics.labels("", "")))


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Images of the same content, by its SHA-256."""

    content: str
    images: tuple[Image, ...]


_MOST_COPIES = 100
_MOST_RECORDS = 1000
"""Read for a page: 10 BatchGetItem calls, well within the time of a request."""


def list_duplicates(
    copies: Copies, records: Records, *, limit: int = 50, token: str = ""
) -> tuple[list[Duplicates], str]:
    """Return a page of groups by hash, and the token of the next; raise InvalidRequestError.

    Counts lag a little: the records decide, so a page may have fewer groups. A group shows 100 images at most, and a
    page ends with the group that makes it 1,000.
    """
    after = cursor_from_token(token, _DUPLICATES).position if token else ""
    contents = copies.contents(after, limit + 1)
    ids: dict[str, Sequence[str]] = {}
    for content in contents[:limit]:
        if sum(map(len, ids.values())) >= _MOST_RECORDS:
            break
        ids[content] = copies.images(content, _MOST_COPIES)
    known = records.find_many([image_id for group in ids.values() for image_id in group])
    groups = [Duplicates(content, _same(content, group, known)) for content, group in ids.items()]
    next_token = Cursor(contents[len(ids) - 1], "", _DUPLICATES).to_token() if len(ids) < len(contents) else ""
    return [group for group in groups if len(group.images) > 1], next_token


_DUPLICATES = "duplicates"


def _same(content: str, image_ids: Iterable[str], known: Mapping[str, Image]) -> tuple[Image, ...]:
    images = (known[image_id] for image_id in image_ids if image_id in known)
    return tuple(image for image in images if image.is_visible and image.sha256 == content)
