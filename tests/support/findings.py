"""Findings of an image by feature, as a test writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from viewfinder.domain.feature import Feature
from viewfinder.domain.label import Face, Label, Text


def found(
    labels: Iterable[Label] = (), *, texts: Iterable[Text] = (), faces: Iterable[Face] = ()
) -> dict[Feature, tuple[Any, ...]]:
    """Return the findings; features without one are left out."""
    findings = {Feature.LABELS: tuple(labels), Feature.TEXT: tuple(texts), Feature.FACES: tuple(faces)}
    return {feature: entries for feature, entries in findings.items() if entries}
