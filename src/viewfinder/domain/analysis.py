"""What the derived bucket keeps: analyses, each by the content that it is of, and thumbnails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from viewfinder.domain.image import Facts, Image, image_digest
from viewfinder.domain.label import Face, Label, Text


class Feature(StrEnum):
    """What a detector can look for; each takes a call of its own."""

    LABELS = "LABELS"
    TEXT = "TEXT"
    FACES = "FACES"


def read_features(text: str) -> tuple[Feature, ...]:
    """Read `LABELS,TEXT`, in any order; raise ValueError for what can't be looked for."""
    names = [name.strip() for name in text.split(",")]
    if Feature.LABELS not in names or not set(names) <= set(Feature) or len(set(names)) < len(names):
        raise ValueError("LABELS, and any of TEXT and FACES, comma-separated")
    return tuple(feature for feature in Feature if feature in names)


@dataclass(frozen=True, slots=True)
class Detection:
    """A detector's answer to one question about one picture."""

    labels: tuple[Label, ...] = ()
    model_version: str = ""
    texts: tuple[Text, ...] = ()
    faces: tuple[Face, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """A detection with the facts of the picture that it is about, and where a thumbnail of it was put first."""

    sha256: str
    format: str
    width: int
    height: int
    model_version: str
    labels: tuple[Label, ...]
    thumbnail: str
    analyzed_at: str
    facts: Facts = field(default_factory=Facts)
    texts: tuple[Text, ...] = ()
    faces: tuple[Face, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Analysis:
        """Read the JSON object of the derived bucket."""
        return cls(
            sha256=document["Sha256"],
            format=document["Format"],
            width=document["Width"],
            height=document["Height"],
            model_version=document["LabelModelVersion"],
            labels=tuple(Label.from_document(entry) for entry in document["Labels"]),
            thumbnail=document["Thumbnail"],
            analyzed_at=document["AnalyzedAt"],
            facts=Facts.from_document(document.get("Facts", {})),
            texts=tuple(Text.from_document(entry) for entry in document.get("Texts", ())),
            faces=tuple(Face.from_document(entry) for entry in document.get("Faces", ())),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON object of the derived bucket."""
        return {
            "Sha256": self.sha256,
            "Format": self.format,
            "Width": self.width,
            "Height": self.height,
            "LabelModelVersion": self.model_version,
            "Labels": [label.to_document() for label in self.labels],
            "Thumbnail": self.thumbnail,
            "AnalyzedAt": self.analyzed_at,
            "Facts": self.facts.to_document(),
            "Texts": [text.to_document() for text in self.texts],
            "Faces": [face.to_document() for face in self.faces],
        }


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is asked of the detector: one feature, a maximum of labels, a minimum of confidence (percent).

    `detector` names ours with its version; Amazon's has no name here, for its version is known only from its answers.
    `former` are the names of older versions, whose analyses stay valid until somebody asks for a new one.
    """

    max_labels: int
    min_confidence: float
    feature: Feature = Feature.LABELS
    detector: str = ""
    former: tuple[str, ...] = ()

    def with_versions(self) -> tuple[Parameters, ...]:
        """Return these parameters, and the same of each older version, the newest first."""
        return self, *(replace(self, detector=detector, former=()) for detector in self.former)

    def __str__(self) -> str:
        detector = f"{self.detector}-" if self.detector else ""
        if self.feature is Feature.LABELS:
            return f"{detector}general-labels-max{self.max_labels}-min{self.min_confidence:g}"
        return f"{detector}{self.feature.lower()}-min{self.min_confidence:g}"


def analysis_key(parameters: Parameters, sha256: str) -> str:
    """Return the derived bucket's key of the analysis of a content under these parameters."""
    return f"analyses/{parameters}/{sha256}.json"


def thumbnail_key(image_id: str, replaced_version: int, sha256: str) -> str:
    """Return the derived bucket's key of the thumbnail for a record that is to replace this version (0: none).

    At most one record ever replaces a version. So once a later version stands that does not name this key, none ever
    will again: it can be deleted without a look at who else is at work. And as the content is part of the key, whoever
    writes it writes the same picture.
    """
    return f"{thumbnail_prefix(image_id)}{replaced_version}-{sha256[:16]}.webp"


def thumbnail_prefix(image_id: str) -> str:
    """Return what the keys of all of an image's thumbnails start with."""
    return f"thumbnails/{image_digest(image_id)}/"


def outdated_thumbnails(image: Image, keys: Iterable[str]) -> tuple[str, ...]:
    """Return those of an image's thumbnails that neither its record names nor any later one can."""
    return tuple(key for key in keys if key != image.thumbnail and _replaced_version(key) < image.version)


def _replaced_version(key: str) -> int:
    return int(key.rpartition("/")[2].partition("-")[0])
