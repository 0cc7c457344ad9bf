"""A label: a name that applies to an image, how surely, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONFIDENCE_DECIMALS = 4
"""Confidences are rounded on entry, so that what is stored, sorted and compared is one and the same number."""


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A box as ratios (0 to 1) of the upright image's width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence of a label; confidence in percent."""

    box: BoundingBox
    confidence: float


@dataclass(frozen=True, slots=True)
class Label:
    """One label of an image; confidence in percent (0 to 100), parents are all ancestors."""

    name: str
    confidence: float
    parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Label:
        """Read a label in the form of Rekognition's `Labels` member; absent lists are empty."""
        return cls(
            name=document["Name"],
            confidence=_percent(document["Confidence"]),
            parents=_names(document, "Parents"),
            categories=_names(document, "Categories"),
            aliases=_names(document, "Aliases"),
            instances=tuple(_instance(entry) for entry in document.get("Instances", ()) if "BoundingBox" in entry),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the label in the form of Rekognition's `Labels` member."""
        return {
            "Name": self.name,
            "Confidence": self.confidence,
            "Parents": [{"Name": name} for name in self.parents],
            "Categories": [{"Name": name} for name in self.categories],
            "Aliases": [{"Name": name} for name in self.aliases],
            "Instances": [_instance_document(instance) for instance in self.instances],
        }


def confidence_rank(confidence: float) -> int:
    """Return a number from 0 to 1,000,000 that grows as the confidence (percent, four decimals) falls."""
    return 1_000_000 - round(confidence * 10_000)


def category_confidences(labels: tuple[Label, ...]) -> dict[str, float]:
    """Return each category of the labels the confidence of its surest label."""
    confidences: dict[str, float] = {}
    for label in labels:
        for category in label.categories:
            confidences[category] = max(label.confidence, confidences.get(category, 0.0))
    return confidences


def _percent(value: Any) -> float:
    return round(float(value), CONFIDENCE_DECIMALS)


def _names(document: Mapping[str, Any], member: str) -> tuple[str, ...]:
    return tuple(entry["Name"] for entry in document.get(member, ()))


def _instance(document: Mapping[str, Any]) -> Instance:
    box = document["BoundingBox"]
    left, top, width, height = (round(float(box[side]), 6) for side in ("Left", "Top", "Width", "Height"))
    return Instance(BoundingBox(left, top, width, height), _percent(document["Confidence"]))


def _instance_document(instance: Instance) -> dict[str, Any]:
    box = instance.box
    return {
        "BoundingBox": {"Left": box.left, "Top": box.top, "Width": box.width, "Height": box.height},
        "Confidence": instance.confidence,
    }
