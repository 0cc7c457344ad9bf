"""Findings of an image by feature, as a test writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from viewfinder.domain.feature import Feature
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import BoundingBox, Face, Instance, Label, Text
from viewfinder.domain.moderation import ModerationLabel


def found(
    labels: Iterable[Label] = (), *, texts: Iterable[Text] = (), faces: Iterable[Face] = ()
) -> dict[Feature, tuple[Any, ...]]:
    """Return the findings; features without one are left out."""
    findings = {Feature.LABELS: tuple(labels), Feature.TEXT: tuple(texts), Feature.FACES: tuple(faces)}
    return {feature: entries for feature, entries in findings.items() if entries}


BOX = BoundingBox(0.1, 0.2, 0.3, 0.4)

FINDINGS: dict[Feature, Any] = {
    Feature.LABELS: Label("Cat", 99.1234, ("Animal",), ("Animals and Pets",), ("Kitty",), (Instance(BOX, 91.5),)),
    Feature.TEXT: Text(1, "WORD", "STOP", 98.5, BOX, ((0.1, 0.2), (0.4, 0.2), (0.4, 0.6), (0.1, 0.6)), parent=0),
    Feature.FACES: Face(BOX, 99.9, (("eyeLeft", (0.2, 0.3)),)),
    Feature.MODERATION: ModerationLabel("Weapons", 88.5, "Violence", 2),
    Feature.PEOPLE: IndexedFace("face", BOX, 99.9, ((0.2, 0.3), (0.3, 0.3)), "person", "other"),
}
"""One finding of each feature, with all its members."""
