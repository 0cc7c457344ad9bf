"""What a DetectLabels call asks for, with the service's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GENERAL_LABELS = "GENERAL_LABELS"
IMAGE_PROPERTIES = "IMAGE_PROPERTIES"
MOST_LABELS = 1000
LEAST_CONFIDENCE = 55.0
DOMINANT_COLORS = 10


@dataclass(frozen=True, slots=True)
class LabelFilters:
    """Names of labels and categories to keep and to drop; an empty inclusion keeps everything."""

    labels: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    no_labels: frozenset[str] = frozenset()
    no_categories: frozenset[str] = frozenset()

    def keep(self, label: str, category: str) -> bool:
        """Return whether a label passes; an exclusion beats an inclusion."""
        if label in self.no_labels or category in self.no_categories:
            return False
        return not (self.labels or self.categories) or label in self.labels or category in self.categories


@dataclass(frozen=True, slots=True)
class Request:
    """A valid DetectLabels call less its image; confidence in percent.

    `vector` asks for the picture's vector as well, which is no part of the service's API.
    """

    max_labels: int = MOST_LABELS
    min_confidence: float = LEAST_CONFIDENCE
    general_labels: bool = True
    image_properties: bool = False
    filters: LabelFilters = field(default_factory=LabelFilters)
    max_dominant_colors: int = DOMINANT_COLORS
    vector: bool = False

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Request:
        """Read a validated document of shape DetectLabelsRequest."""
        features = document.get("Features") or [GENERAL_LABELS]
        settings = document.get("Settings", {})
        return cls(
            max_labels=min(document.get("MaxLabels", MOST_LABELS), MOST_LABELS),
            min_confidence=document.get("MinConfidence", LEAST_CONFIDENCE),
            general_labels=GENERAL_LABELS in features,
            image_properties=IMAGE_PROPERTIES in features,
            filters=_filters(settings.get("GeneralLabels", {})),
            max_dominant_colors=settings.get("ImageProperties", {}).get("MaxDominantColors", DOMINANT_COLORS),
        )


def _filters(document: Mapping[str, Any]) -> LabelFilters:
    return LabelFilters(
        labels=frozenset(document.get("LabelInclusionFilters", ())),
        categories=frozenset(document.get("LabelCategoryInclusionFilters", ())),
        no_labels=frozenset(document.get("LabelExclusionFilters", ())),
        no_categories=frozenset(document.get("LabelCategoryExclusionFilters", ())),
    )
