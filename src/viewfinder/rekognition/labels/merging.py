"""The taxonomy of labels (taxonomy.json), and how the networks' scores become labels of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewfinder.rekognition.labels.doubt import Claims, Doubt
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.networks import Boxes, Floats, Integers, agreed, undisputed


@dataclass(frozen=True, slots=True)
class TaxonomyLabel:
    """A label as DetectLabels describes it; `parents` are all ancestors, `implies` holds as well but is no ancestor."""

    name: str
    parents: tuple[str, ...]
    aliases: tuple[str, ...]
    category: str
    implies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All labels by name, and the label of each COCO class name and ImageNet class (in order of WordNet id)."""

    labels: Mapping[str, TaxonomyLabel]
    coco: Mapping[str, str]
    imagenet: tuple[str | None, ...]


@cache
def load_taxonomy() -> Taxonomy:
    """Read the taxonomy of the package, once."""
    document = json.loads(files(__package__).joinpath("taxonomy.json").read_text(encoding="utf-8"))
    return Taxonomy(
        labels=MappingProxyType({name: _label(name, entry) for name, entry in document["labels"].items()}),
        coco=MappingProxyType(document["coco"]),
        imagenet=tuple(label for _wordnet_id, _class_name, label in document["imagenet"]),
    )


def _label(name: str, entry: Mapping[str, Any]) -> TaxonomyLabel:
    return TaxonomyLabel(
        name=name,
        parents=tuple(entry["parents"]),
        aliases=tuple(entry["aliases"]),
        category=entry["category"],
        implies=tuple(entry.get("implies", ())),
    )


LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """A line in log-odds: confidence = sigmoid(slope * logit(score) + offset)."""

    slope: float
    offset: float

    def confidence(self, scores: Floats) -> Floats:
        """Return how likely a score is right, 0 to 1."""
        clipped = np.clip(scores, LEAST, 1 - LEAST)
        odds = np.log(clipped / (1 - clipped)) * self.slope + self.offset
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


DETECTOR = {1: Calibration(slope=1.75, offset=0.13), 2: Calibration(slope=1.75, offset=0.6)}
"""By the number of views whose mean is taken: the mean of two is lower where one of them is wrong."""

CLASSIFIER = Calibration(slope=1.0, offset=0.0)


UNKNOWN_CATEGORY = "Everyday Objects"
"""Category of a class that only a detector of the user's knows: the service gives every label one."""

ColorsOf = Callable[[tuple[float, float, float, float]], list[dict[str, Any]]]

DOUBT = 0.6
"""How much the classifier counts for a class that the detector looks for and does not see."""

CLEAR = 0.3
"""Score that a class needs in every view of the picture, at a place that no other class disputes, ..."""

UNCLEAR = 0.85
"""... to exceed this confidence without the classifier's support."""

DECIMALS = 4

NO_WORDS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Instance:
    """One object: `corners` are left, top, right, bottom as ratios; confidence in percent."""

    corners: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its confidence in percent and its objects, highest confidence first."""

    entry: TaxonomyLabel
    confidence: float
    instances: tuple[Instance, ...]


class LabelMerger:
    """Knows, for one set of class names, which labels each class of the networks speaks for.

    Works on vectors with an element for each label, since a picture costs too much time label by label.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        detector_names: Iterable[str],
        doubt: Doubt | None = None,
        class_names: Iterable[str] = (),
    ) -> None:
        """Prepare for the classes of the detector, and for those of a classifier of the user's."""
        entries = dict(taxonomy.labels)
        self._doubt = doubt
        self._targets = [_target(taxonomy, entries, name) for name in detector_names]
        classes = {name: _target(taxonomy, entries, name) for name in class_names}
        self._entries = list(entries.values())
        self._rows = {entry.name: row for row, entry in enumerate(self._entries)}
        self._spoken = [self._spoken_for(target) for target in self._targets]
        words = {name: name for name in self._rows} | classes
        self._word_rows = {word: self._spoken_for(label) for word, label in words.items()}
        self._leaf_rows, self._leaf_columns = self._memberships(taxonomy.imagenet)
        self._watched = np.array([self._watcher(leaf) for leaf in taxonomy.imagenet])
        self._own, self._kin = self._relations(taxonomy.imagenet)

    def merge(
        self, views: Sequence[Boxes], probabilities: Floats, least: float, words: Mapping[str, float] = NO_WORDS
    ) -> list[Label]:
        """Return the labels of at least a confidence in percent, unordered, with all their objects.

        `views` are the detector's boxes of the picture, seen in one way or in two; `words` are labels that need no
        object (of the scene, of a classifier of the user's), with their confidence from 0 to 1.
        """
        evidence = self._evidence(views, probabilities)
        boxes = views[0] if len(views) == 1 else agreed(*views)
        scores = np.minimum(DETECTOR[len(views)].confidence(boxes.scores), evidence[boxes.classes])
        seen = self._seen(evidence)
        thought = CLASSIFIER.confidence(self._summed(probabilities * self._trust(seen)))
        # Noisy-OR: a label is wrong only where both networks are.
        confidences = _percent(np.maximum(1 - (1 - seen) * (1 - thought), self._said(words)))
        instances = self._instances(boxes, _percent(scores).tolist())
        return [
            Label(self._entries[row], float(confidences[row]), tuple(instances.get(self._entries[row].name, ())))
            for row in np.flatnonzero(confidences >= least)
        ]

    def _spoken_for(self, name: str) -> list[int]:
        """Return the rows of a label, its ancestors, what they imply, and the ancestors of that."""
        found: dict[str, int] = {}
        waiting = [name]
        while waiting:
            entry = self._entries[self._rows[waiting.pop()]]
            if entry.name not in found:
                found[entry.name] = self._rows[entry.name]
                waiting += (*entry.parents, *entry.implies)
        return list(found.values())

    def _memberships(self, leaves: tuple[str | None, ...]) -> tuple[Integers, Integers]:
        """Return the pairs of a label's row and a column of the classifier that speaks for it."""
        pairs = [(row, column) for column, leaf in enumerate(leaves) if leaf for row in self._spoken_for(leaf)]
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return rows, columns

    def _summed(self, probabilities: Floats) -> Floats:
        """(labels,): the sum of the classes that speak for each. No matrix product, whose threads fight for cores."""
        sums = np.bincount(self._leaf_rows, probabilities[self._leaf_columns], minlength=len(self._entries))
        return np.minimum(sums, 1.0).astype(np.float32)

    def _watcher(self, leaf: str | None) -> int:
        """Return the row of the detector's target that a class of the classifier is a kind of; -1: of none."""
        if leaf is None:
            return -1
        kinds = {leaf, *self._entries[self._rows[leaf]].parents}
        rows = [self._rows[target] for target in self._targets if target in kinds]
        return max(rows, key=lambda row: len(self._entries[row].parents), default=-1)

    def _relations(self, leaves: tuple[str | None, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(classes, 1000): the classifier's classes that speak for each of the detector's, and those akin to it."""
        spoken = [set(self._spoken_for(leaf)) if leaf else set() for leaf in leaves]
        categories = np.array([self._entries[self._rows[leaf]].category if leaf else "" for leaf in leaves])
        rows = [self._rows[target] for target in self._targets]
        own = np.array([[row in among for among in spoken] for row in rows])
        return own, np.array([categories == self._entries[row].category for row in rows]) & ~own

    def claims(self, views: Sequence[Boxes], probabilities: Floats) -> Claims:
        """Return the evidence for and against each class of the detector, from its views and the classifier (1000,)."""
        clear = np.min([self._best(boxes.where(undisputed(boxes))) for boxes in views], axis=0) >= CLEAR
        return Claims(
            score=np.mean([self._best(boxes) for boxes in views], axis=0),
            clear=clear,
            area=np.max([self._areas(boxes) for boxes in views], axis=0),
            own=self._own @ probabilities,
            rival=np.where(self._own, 0, probabilities).max(axis=1),
            kin=np.where(self._kin, probabilities, 0).max(axis=1),
        )

    def _evidence(self, views: Sequence[Boxes], probabilities: Floats) -> Floats:
        """(classes,): the confidence in each class of the detector, by the mean of its best scores in the views."""
        claims = self.claims(views, probabilities)
        confidences = np.where(claims.score > 0, DETECTOR[len(views)].confidence(claims.score), 0)
        confidences = np.where(claims.clear, confidences, np.minimum(confidences, UNCLEAR))
        limit = self._doubt.limit(claims) if self._doubt else 1.0
        return np.minimum(confidences, limit).astype(np.float32)

    def _areas(self, boxes: Boxes) -> Floats:
        """(classes,): the area of the best box of each class."""
        areas = np.zeros(len(self._targets), dtype=np.float32)
        sides = boxes.corners[:, 2:] - boxes.corners[:, :2]
        areas[boxes.classes[::-1]] = sides.prod(axis=1)[::-1]  # highest confidence first: the last to be written stays
        return areas

    def _said(self, words: Mapping[str, float]) -> Floats:
        """(labels,): the highest confidence of the words that speak for each."""
        said = np.zeros(len(self._entries), dtype=np.float32)
        for word, confidence in words.items():
            rows = self._word_rows[word]
            said[rows] = np.maximum(said[rows], confidence)
        return said

    def _best(self, boxes: Boxes) -> Floats:
        """(classes,): the highest score of each class."""
        best = np.zeros(len(self._targets), dtype=np.float32)
        np.maximum.at(best, boxes.classes, boxes.scores)
        return best

    def _seen(self, evidence: Floats) -> Floats:
        """(labels,): the highest evidence for each, ancestors included."""
        seen = np.zeros(len(self._entries), dtype=np.float32)
        for index in np.flatnonzero(evidence):
            rows = self._spoken[index]
            seen[rows] = np.maximum(seen[rows], evidence[index])
        return seen

    def _trust(self, seen: Floats) -> Floats:
        """(1000,): how much each class of the classifier counts, given what the detector saw."""
        watched = DOUBT + (1 - DOUBT) * seen[self._watched]
        return np.where(self._watched >= 0, watched, 1.0).astype(np.float32)

    def _instances(self, boxes: Boxes, confidences: list[float]) -> dict[str, list[Instance]]:
        found: dict[str, list[Instance]] = {}
        for (left, top, right, bottom), index, confidence in zip(
            boxes.corners.tolist(), boxes.classes.tolist(), confidences, strict=True
        ):
            found.setdefault(self._targets[index], []).append(Instance((left, top, right, bottom), confidence))
        return found


def _target(taxonomy: Taxonomy, entries: dict[str, TaxonomyLabel], name: str) -> str:
    """Return the label of a detector's class; one that the taxonomy does not know becomes a label of its own."""
    known = {label.lower(): label for label in taxonomy.labels}
    label = taxonomy.coco.get(name.lower()) or known.get(name.lower(), name.title())
    entries.setdefault(label, TaxonomyLabel(label, (), (), UNKNOWN_CATEGORY))
    return label


def entry_of(name: str) -> TaxonomyLabel:
    """Return the taxonomy's label of a name, whatever its case; of another one a label of its own, as it is written."""
    known = {label.casefold(): entry for label, entry in load_taxonomy().labels.items()}
    return known.get(name.casefold(), TaxonomyLabel(name, (), (), UNKNOWN_CATEGORY))


def answer(labels: Iterable[Label], request: Request) -> list[Label]:
    """Return the labels that a request asks for: filtered, highest confidence first, ties by name, cut."""
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
    """Return a label in the form of the service's shape Label, with the colours of its objects where asked."""
    return {
        "Name": label.entry.name,
        "Confidence": label.confidence,
        "Instances": [_instance_document(instance, colors_of) for instance in label.instances],
        "Parents": _names(label.entry.parents),
        "Aliases": _names(label.entry.aliases),
        "Categories": _names((label.entry.category,)),
    }


def _percent(confidences: Floats) -> NDArray[np.float64]:
    return np.round(confidences.astype(np.float64) * 100, DECIMALS)


def _names(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"Name": name} for name in names]


def _instance_document(instance: Instance, colors_of: ColorsOf | None) -> dict[str, Any]:
    left, top, right, bottom = instance.corners
    document: dict[str, Any] = {
        "BoundingBox": {"Width": right - left, "Height": bottom - top, "Left": left, "Top": top},
        "Confidence": instance.confidence,
    }
    return {**document, "DominantColors": colors_of(instance.corners)} if colors_of else document
