"""Lists the labels in use by name, with the number of images that have them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.statistics import LabelCount
from viewfinder.ports import Statistics


@dataclass(frozen=True, slots=True)
class LabelPage:
    """Labels in order, and the token of the next page ("" on the last)."""

    labels: tuple[LabelCount, ...]
    next_token: str


def list_labels(statistics: Statistics, *, prefix: str = "", limit: int = 50, token: str = "") -> LabelPage:
    """Gives a page of the labels whose name starts so, whatever its case; raises InvalidRequestError."""
    fingerprint = hashlib.blake2b(b"labels " + prefix.casefold().encode(), digest_size=9).hexdigest()
    after = cursor_from_token(token, fingerprint).position if token else ""
    labels = list(islice(statistics.labels(prefix.casefold(), after), limit + 1))
    page = tuple(labels[:limit])
    is_last = len(labels) <= limit
    return LabelPage(page, "" if is_last else Cursor(page[-1].name.casefold(), "", fingerprint).to_token())
