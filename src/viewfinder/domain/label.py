"""What a detector finds in an image: labels, text and faces, each with its confidence and place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from viewfinder.domain.spelling import composed

Point = tuple[float, float]
"""X and y as ratios of the upright image's width and height."""

MAX_WORDS = 40
MAX_WORD_LENGTH = 50
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")

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
    source: str = ""  # PERSON, where a person has added it; else the detector

    @property
    def is_bare(self) -> bool:
        """Whether it is a person's that says nothing of the label but its name."""
        return bool(self.source) and not (self.parents or self.categories or self.aliases)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Label:
        """Read a label in the form of Rekognition's `Labels` member; absent lists are empty."""
        return cls(
            name=document["Name"],
            confidence=percent(document["Confidence"]),
            parents=_names(document, "Parents"),
            categories=_names(document, "Categories"),
            aliases=_names(document, "Aliases"),
            instances=tuple(_instance(entry) for entry in document.get("Instances", ()) if "BoundingBox" in entry),
            source=document.get("Source", ""),
        )

    def composed(self) -> Label:
        """Return the label with names in NFC, as they are written since format 2."""
        parents, categories, aliases = (
            tuple(map(composed, names)) for names in (self.parents, self.categories, self.aliases)
        )
        return replace(self, name=composed(self.name), parents=parents, categories=categories, aliases=aliases)

    def to_document(self) -> dict[str, Any]:
        """Return the label in the form of Rekognition's `Labels` member; of a person's, with its source."""
        source = {"Source": self.source} if self.source else {}
        return source | {
            "Name": self.name,
            "Confidence": self.confidence,
            "Parents": [{"Name": name} for name in self.parents],
            "Categories": [{"Name": name} for name in self.categories],
            "Aliases": [{"Name": name} for name in self.aliases],
            "Instances": [_instance_document(instance) for instance in self.instances],
        }


PERSON = "PERSON"
MAX_CORRECTIONS = 40
"""Labels that persons may add to an image, and as many that they may remove."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections of an image's labels by persons: added names and removed names.

    `content` is the corrected picture (`Image.content`): they do not apply to another picture under the same key.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    content: str = ""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def changed(
        self, add: Iterable[str] = (), remove: Iterable[str] = (), undo: Iterable[str] = (), *, content: str = ""
    ) -> Corrections:
        """Return them with the latest word on each name; names that differ in case only are one."""
        add, remove = tuple(map(composed, add)), tuple(map(composed, remove))
        settled = {label_key(name) for name in (*add, *remove, *undo)}
        added, removed = (
            tuple({label_key(name): name for name in (*_without(old, settled), *new)}.values())
            for old, new in ((self.added, add), (self.removed, remove))
        )
        return Corrections(added, removed, content or self.content) if added or removed else NO_CORRECTIONS

    def about(self, content: str) -> Corrections:
        """Return those that hold for a content ("": not known): of another one none do."""
        if not content:
            return self.composed()
        if self and self.content in ("", content):
            return replace(self.composed(), content=content)
        return NO_CORRECTIONS

    def composed(self) -> Corrections:
        """Return those of names in NFC, as they are written since format 2."""
        return replace(self, added=tuple(map(composed, self.added)), removed=tuple(map(composed, self.removed)))

    def with_other(self, other: Corrections) -> Corrections:
        """Return them with those names of others that they do not mention."""
        mine = {name.casefold() for name in (*self.added, *self.removed)}
        added, removed = (tuple(_without(names, mine)) for names in (other.added, other.removed))
        return self.changed(added, removed)

    def apply(self, labels: Iterable[Label]) -> tuple[Label, ...]:
        """Return the labels as corrected: added ones first, with what the detector says of them beside a confidence."""
        found = {label_key(label.name): label for label in labels}
        added = [found.get(label_key(name), Label(name, 100.0)) for name in self.added]
        gone = {label_key(name) for name in (*self.added, *self.removed)}
        theirs = tuple(replace(label, confidence=100.0, source=PERSON) for label in added)
        return theirs + tuple(label for name, label in found.items() if name not in gone)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Corrections:
        """Read the corrections as a catalog keeps them."""
        return cls(tuple(document.get("Added", ())), tuple(document.get("Removed", ())), document.get("Content", ""))

    def to_document(self) -> dict[str, Any]:
        """Return the corrections as a catalog keeps them."""
        return {"Added": list(self.added), "Removed": list(self.removed), "Content": self.content}


NO_CORRECTIONS = Corrections()


def _without(names: Iterable[str], folded: Collection[str]) -> Iterable[str]:
    return (name for name in names if label_key(name) not in folded)


def label_key(name: str) -> str:
    """Return what is the same of all spellings of a label: case and Unicode's form do not count."""
    return composed(name).casefold()


@dataclass(frozen=True, slots=True)
class Text:
    """A line or a word of text; `parent` is the `id` of a word's line. The corners of `polygon` run clockwise."""

    id: int
    kind: Literal["LINE", "WORD"]
    text: str
    confidence: float
    box: BoundingBox
    polygon: tuple[Point, ...] = ()
    parent: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Text:
        """Read an entry of Rekognition's `TextDetections`."""
        geometry = document["Geometry"]
        return cls(
            id=int(document["Id"]),
            kind=document["Type"],
            text=document["DetectedText"],
            confidence=percent(document["Confidence"]),
            box=box_from_document(geometry["BoundingBox"]),
            polygon=tuple(point_from_document(corner) for corner in geometry.get("Polygon", ())),
            parent=int(document["ParentId"]) if "ParentId" in document else None,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the entry of Rekognition's `TextDetections`."""
        geometry = {"BoundingBox": box_document(self.box), "Polygon": [point_document(xy) for xy in self.polygon]}
        document = {"Id": self.id, "Type": self.kind, "DetectedText": self.text, "Confidence": self.confidence}
        return document | {"Geometry": geometry} | ({} if self.parent is None else {"ParentId": self.parent})


@dataclass(frozen=True, slots=True)
class Face:
    """A face; `landmarks` are points by Rekognition's names, as `eyeLeft`."""

    box: BoundingBox
    confidence: float
    landmarks: tuple[tuple[str, Point], ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Face:
        """Read an entry of Rekognition's `FaceDetails`, without what it says of the person."""
        landmarks = tuple((entry["Type"], point_from_document(entry)) for entry in document.get("Landmarks", ()))
        return cls(box_from_document(document["BoundingBox"]), percent(document["Confidence"]), landmarks)

    def to_document(self) -> dict[str, Any]:
        """Return the entry of Rekognition's `FaceDetails`."""
        landmarks = [{"Type": name, **point_document(point)} for name, point in self.landmarks]
        return {"BoundingBox": box_document(self.box), "Confidence": self.confidence, "Landmarks": landmarks}


def confidence_rank(confidence: float) -> int:
    """Return a number from 0 to 1,000,000 that grows as the confidence (percent, four decimals) falls."""
    return 1_000_000 - round(confidence * 10_000)


def category_confidences(labels: tuple[Label, ...]) -> dict[str, float]:
    """Map each category of the labels to the highest confidence among them."""
    confidences: dict[str, float] = {}
    for label in labels:
        for category in label.categories:
            confidences[category] = max(label.confidence, confidences.get(category, 0.0))
    return confidences


def percent(value: Any) -> float:
    """Return a confidence as it is kept; a number may be Decimal."""
    return round(float(value), CONFIDENCE_DECIMALS)


def _names(document: Mapping[str, Any], member: str) -> tuple[str, ...]:
    return tuple(entry["Name"] for entry in document.get(member, ()))


def _instance(document: Mapping[str, Any]) -> Instance:
    return Instance(box_from_document(document["BoundingBox"]), percent(document["Confidence"]))


def _instance_document(instance: Instance) -> dict[str, Any]:
    return {"BoundingBox": box_document(instance.box), "Confidence": instance.confidence}


def box_from_document(document: Mapping[str, Any]) -> BoundingBox:
    """Read Rekognition's `BoundingBox`."""
    return BoundingBox(*(_ratio(document[side]) for side in ("Left", "Top", "Width", "Height")))


def box_document(box: BoundingBox) -> dict[str, float]:
    """Return Rekognition's `BoundingBox`."""
    return {"Left": box.left, "Top": box.top, "Width": box.width, "Height": box.height}


def point_from_document(document: Mapping[str, Any]) -> Point:
    """Read a point, or a landmark without its type."""
    return _ratio(document["X"]), _ratio(document["Y"])


def point_document(point: Point) -> dict[str, float]:
    """Return a point as Rekognition has it."""
    return {"X": point[0], "Y": point[1]}


def _ratio(value: Any) -> float:
    return round(float(value), 6)


def search_words(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words of texts as a search compares them: case-folded, without the punctuation around them, each once.

    What is longer than MAX_WORD_LENGTH is cut there, and of very many words the first MAX_WORDS count.
    """
    bare = (_EDGES.sub("", word) for text in texts for word in text.casefold().split())
    return tuple(islice(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in bare if word), MAX_WORDS))
