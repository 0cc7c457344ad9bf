"""The numbers of images and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from viewfinder.domain.image import VISIBLE_STATUSES
from viewfinder.ports import Statistics


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of images by status (a status without images has 0), and the number of labels in use."""

    images: Mapping[str, int]
    labels: int


def get_statistics(statistics: Statistics) -> Totals:
    """Return the totals. The cost depends on the number of names in use, not of images."""
    counts = statistics.statuses()
    images = {str(status): counts.get(status, 0) for status in VISIBLE_STATUSES}
    return Totals(images, sum(1 for _ in statistics.labels("", "")))
