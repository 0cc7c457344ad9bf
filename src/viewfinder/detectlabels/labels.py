"""Merges what the two networks saw into labels by the taxonomy, in the form and the order of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viewfinder.detectlabels.boxes import Boxes, Floats
from viewfinder.detectlabels.calibration import CLASSIFIER, DETECTOR
from viewfinder.detectlabels.request import Request
from viewfinder.detectlabels.taxonomy import Taxonomy, TaxonomyLabel

UNKNOWN_CATEGORY = "Everyday Objects"
"""Category of a class that only a detector of the user's knows: the service gives every label one."""

ColorsOf = Callable[[tuple[float, float, float, float]], list[dict[str, Any]]]

DOUBT = 0.6
"""How much the classifier counts for a class that the detector looks for and does not see."""

DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Instance:
    """One object: `corners` are left, top, right, bottom as ratios; confidence in percent."""

    corners: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its confidence in percent and its objects, surest first."""

    entry: TaxonomyLabel
    confidence: float
    instances: tuple[Instance, ...]


class LabelMerger:
    """Knows, for one set of class names, which labels each class of the networks speaks for."""

    def __init__(self, taxonomy: Taxonomy, detector_names: Iterable[str]) -> None:
        self._entries = dict(taxonomy.labels)
        self._targets = [self._target(taxonomy, name) for name in detector_names]
        self._classified = sorted({name for leaf in taxonomy.imagenet if leaf for name in self._spoken_for(leaf)})
        self._membership = self._memberships(taxonomy.imagenet)
        self._watched = np.array([self._watcher(leaf) for leaf in taxonomy.imagenet])

    def merge(self, boxes: Boxes, probabilities: Floats) -> list[Label]:
        """Gives all labels with any evidence, unordered."""
        instances = self._instances(boxes)
        seen = self._seen(instances)
        thought = self._thought(probabilities * self._trust(seen))
        return [
            Label(self._entries[name], _combined(seen.get(name, 0.0), thought.get(name, 0.0)), instances.get(name, ()))
            for name in seen.keys() | thought.keys()
        ]

    def _target(self, taxonomy: Taxonomy, name: str) -> str:
        label = taxonomy.coco.get(name.lower()) or next(
            (known for known in taxonomy.labels if known.lower() == name.lower()), name.title()
        )
        self._entries.setdefault(label, TaxonomyLabel(label, (), (), UNKNOWN_CATEGORY))
        return label

    def _spoken_for(self, name: str) -> set[str]:
        """Gives a label with its ancestors, what they imply, and the ancestors of that."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            entry = self._entries[waiting.pop()]
            if entry.name not in found:
                found.add(entry.name)
                waiting += (*entry.parents, *entry.implies)
        return found

    def _memberships(self, leaves: tuple[str | None, ...]) -> Floats:
        """(labels, 1000): 1 where a class of the classifier speaks for a label."""
        rows = {name: row for row, name in enumerate(self._classified)}
        membership = np.zeros((len(rows), len(leaves)), dtype=np.float32)
        for column, leaf in enumerate(leaves):
            membership[[rows[name] for name in self._spoken_for(leaf)] if leaf else [], column] = 1
        return membership

    def _watcher(self, leaf: str | None) -> int:
        """Gives the index of the detector's target that a class of the classifier is a kind of; -1: of none."""
        kinds = {leaf, *self._entries[leaf].parents} if leaf else set()
        found = [index for index, target in enumerate(self._targets) if target in kinds]
        return max(found, key=lambda index: len(self._entries[self._targets[index]].parents), default=-1)

    def _trust(self, seen: Mapping[str, float]) -> Floats:
        """(1000,): how much each class of the classifier counts, given what the detector saw."""
        surest = np.array([*(seen.get(target, 0.0) / 100 for target in self._targets), 1.0], dtype=np.float32)
        return np.asarray(DOUBT + (1 - DOUBT) * surest[self._watched], dtype=np.float32)

    def _instances(self, boxes: Boxes) -> dict[str, tuple[Instance, ...]]:
        found: dict[str, list[Instance]] = {}
        confidences = _percent(DETECTOR.confidence(boxes.scores))
        for corners, confidence, index in zip(boxes.corners.tolist(), confidences, boxes.classes, strict=True):
            found.setdefault(self._targets[index], []).append(Instance(tuple(corners), confidence))
        return {name: tuple(entries) for name, entries in found.items()}

    def _seen(self, instances: Mapping[str, tuple[Instance, ...]]) -> dict[str, float]:
        """Gives the surest object of each label, ancestors included."""
        seen: dict[str, float] = {}
        for target, entries in instances.items():
            for name in self._spoken_for(target):
                seen[name] = max(entries[0].confidence, seen.get(name, 0.0))
        return seen

    def _thought(self, probabilities: Floats) -> dict[str, float]:
        """Gives each label the sum of the classes that speak for it, calibrated."""
        sums = np.minimum(self._membership @ probabilities, 1.0)
        return dict(zip(self._classified, _percent(CLASSIFIER.confidence(sums)), strict=True))


def answer(labels: Iterable[Label], request: Request) -> list[Label]:
    """Gives the labels that a request asks for: filtered, surest first, ties by name, cut."""
    wanted = [
        _less_unsure(label, request.min_confidence)
        for label in labels
        if label.confidence >= request.min_confidence and request.filters.keep(label.entry.name, label.entry.category)
    ]
    wanted.sort(key=lambda label: (-label.confidence, label.entry.name))
    return wanted[: request.max_labels]


def _less_unsure(label: Label, least: float) -> Label:
    return replace(label, instances=tuple(entry for entry in label.instances if entry.confidence >= least))


def label_document(label: Label, colors_of: ColorsOf | None) -> dict[str, Any]:
    """Gives a label in the form of the service's shape Label, with the colours of its objects where these are asked."""
    return {
        "Name": label.entry.name,
        "Confidence": label.confidence,
        "Instances": [_instance_document(instance, colors_of) for instance in label.instances],
        "Parents": _names(label.entry.parents),
        "Aliases": _names(label.entry.aliases),
        "Categories": _names((label.entry.category,)),
    }


def _combined(seen: float, thought: float) -> float:
    """Two witnesses: a label is wrong only where both are."""
    return round(100 - (100 - seen) * (100 - thought) / 100, DECIMALS)


def _percent(confidences: Floats) -> list[float]:
    return [round(confidence * 100, DECIMALS) for confidence in confidences.tolist()]


def _names(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"Name": name} for name in names]


def _instance_document(instance: Instance, colors_of: ColorsOf | None) -> dict[str, Any]:
    left, top, right, bottom = instance.corners
    document: dict[str, Any] = {
        "BoundingBox": {"Width": right - left, "Height": bottom - top, "Left": left, "Top": top},
        "Confidence": instance.confidence,
    }
    return {**document, "DominantColors": colors_of(instance.corners)} if colors_of else document
