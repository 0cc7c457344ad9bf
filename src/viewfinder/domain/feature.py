"""The features: what a detector can look for. Settings, prices, permissions and documents follow from one table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any, Protocol, TypeAlias

from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import Face, Label, Text
from viewfinder.domain.moderation import ModerationLabel


class Finding(Protocol):
    """One thing that a detector found; each feature has a class of them."""

    @property
    def confidence(self) -> float:
        """Percent, 0 to 100."""

    def to_document(self) -> dict[str, Any]:
        """Return it in the form of Rekognition's answer."""


class Feature(StrEnum):
    """A feature of the detector; each needs a separate call for each picture."""

    LABELS = "LABELS"
    TEXT = "TEXT"
    FACES = "FACES"
    MODERATION = "MODERATION"
    PEOPLE = "PEOPLE"


class Stage(IntEnum):
    """When a feature is asked for: an image can be searched for as soon as its first stage is done."""

    FIRST = 1
    SECOND = 2


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is asked of the detector: one feature, a maximum of labels, a minimum of confidence (percent).

    `detector` names our engine with its version; Amazon's has no name here, for its version is known only from its
    answers. `former` are the names of older versions, whose analyses stay valid until somebody asks for new ones.
    `collection` is that of the stack's faces, and `content` the SHA-256 that a picture's faces have there.
    """

    max_labels: int
    min_confidence: float
    feature: Feature = Feature.LABELS
    detector: str = ""
    former: tuple[str, ...] = ()
    collection: str = ""
    content: str = ""

    def with_versions(self) -> tuple[Parameters, ...]:
        """Return these parameters, and the same of each older version, the newest first."""
        return self, *(replace(self, detector=detector, former=()) for detector in self.former)

    def __str__(self) -> str:
        """Return the folder in which analyses under these parameters are stored."""
        detector = f"{self.detector}-" if self.detector else ""
        if self.feature is Feature.LABELS:
            return f"{detector}general-labels-max{self.max_labels}-min{self.min_confidence:g}"
        return f"{detector}{self.feature.lower()}-min{self.min_confidence:g}"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """What there is to know of a feature.

    `operation` is Rekognition's; `request` returns its members beside Image, `answers` and `version` name members of
    its answer. `member` is that of our documents, `read` reads one entry of either. `price` is the list of tiers in
    operations/prices.json. `engine_seconds` is the time that our engine takes for a picture of 12 megapixels in a
    function of 1,769 MB (docs/benchmarks, with room for a slower core); None: the engine has no model for it. `stage`
    says when it is asked for, where images are analysed in two stages. `beside` are further operations of a feature
    that keeps faces in a collection, which the engine inside of a function can't do.
    """

    operation: str
    request: Callable[[Parameters], dict[str, Any]]
    answers: tuple[str, ...]
    member: str
    read: Callable[[Mapping[str, Any]], Finding]
    version: str
    price: str
    engine_seconds: float | None
    stage: Stage = Stage.SECOND
    beside: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """The IAM action that the call needs."""
        return f"rekognition:{self.operation}"


FEATURES: Mapping[Feature, FeatureRow] = {
    Feature.LABELS: FeatureRow(
        operation="DetectLabels",
        request=lambda asked: {
            "MaxLabels": asked.max_labels,
            "MinConfidence": asked.min_confidence,
            "Features": ["GENERAL_LABELS"],
        },
        answers=("Labels",),
        member="Labels",
        read=Label.from_document,
        version="LabelModelVersion",
        price="RekognitionPer1000",
        engine_seconds=0.15,
        stage=Stage.FIRST,
    ),
    Feature.TEXT: FeatureRow(
        operation="DetectText",
        request=lambda asked: {"Filters": {"WordFilter": {"MinConfidence": asked.min_confidence}}},
        answers=("TextDetections",),
        member="Texts",
        read=Text.from_document,
        version="TextModelVersion",
        price="RekognitionPer1000",
        engine_seconds=0.2,
    ),
    Feature.FACES: FeatureRow(
        operation="DetectFaces",
        request=lambda _: {"Attributes": ["DEFAULT"]},
        answers=("FaceDetails",),
        member="Faces",
        read=Face.from_document,
        version="",
        price="RekognitionPer1000",
        engine_seconds=0.1,
    ),
    Feature.MODERATION: FeatureRow(
        operation="DetectModerationLabels",
        request=lambda asked: {"MinConfidence": asked.min_confidence},
        answers=("ModerationLabels", "ContentTypes"),
        member="ModerationLabels",
        read=ModerationLabel.from_document,
        version="ModerationModelVersion",
        price="RekognitionPer1000",
        engine_seconds=None,
        stage=Stage.FIRST,  # a filter by it must not show an image before its verdict
    ),
    Feature.PEOPLE: FeatureRow(
        operation="IndexFaces",
        request=lambda asked: {
            "CollectionId": asked.collection,
            "ExternalImageId": asked.content,
            "DetectionAttributes": ["DEFAULT"],
            "QualityFilter": "AUTO",
        },
        answers=("FaceRecords",),
        member="People",
        read=IndexedFace.from_document,
        version="FaceModelVersion",
        price="RekognitionPer1000",
        engine_seconds=0.15,
        beside=("SearchFaces", "DeleteFaces"),
    ),
}


FURTHER = tuple(feature for feature in Feature if feature is not Feature.LABELS)
"""The features that are looked for where they are asked for; labels always are."""


FACES_PER_IMAGE = 1.0
"""Assumed beforehand, with PEOPLE: each face is searched for once."""


def detector_calls(features: Collection[Feature], contents: int) -> int:
    """Return how many calls of the detector so many contents are expected to take: one for each feature, and searches.

    Example: 100 contents with LABELS and PEOPLE take 100 DetectLabels, 100 IndexFaces and some 100 SearchFaces.
    """
    searches = sum(bool(FEATURES[feature].beside) for feature in features)
    return contents * len(features) + round(contents * searches * FACES_PER_IMAGE)


def read_features(text: str) -> tuple[Feature, ...]:
    """Read `LABELS,TEXT`, in any order; raise ValueError for an unknown feature, a repeated one, or no LABELS."""
    names = [name.strip() for name in text.split(",")]
    if Feature.LABELS not in names or not set(names) <= set(Feature) or len(set(names)) < len(names):
        raise ValueError(f"LABELS, and any of {', '.join(FURTHER)}, separated by commas")
    return tuple(feature for feature in Feature if feature in names)


class EngineLacksModelError(ViewfinderError):
    """A feature is asked for that our engine has no model for."""


def check_engine(features: Iterable[Feature], *, in_process: bool = True) -> None:
    """Raise EngineLacksModelError if our engine has no model for one of the features.

    In the process of a function it keeps no collection either: the function's disk ends with it.
    """
    asked = tuple(features)
    lacking = ", ".join(feature for feature in asked if FEATURES[feature].engine_seconds is None)
    if lacking:
        raise EngineLacksModelError(f"Viewfinder's engine has no model for {lacking}; Amazon Rekognition has.")
    kept = ", ".join(feature for feature in asked if FEATURES[feature].beside)
    if in_process and kept:
        raise EngineLacksModelError(
            f"{kept} needs a collection of faces, which the engine inside of the image function can't keep; "
            "use Amazon Rekognition, or the engine over its wire."
        )


Findings: TypeAlias = Mapping[Feature, tuple[Any, ...]]
"""What was found, by feature: `Label` for LABELS, and so on; a feature without findings may be missing."""


def read_findings(document: Mapping[str, Any]) -> dict[Feature, tuple[Any, ...]]:
    """Read the findings of every feature from a document of ours; numbers may be Decimal."""
    return {
        feature: tuple(map(row.read, document[row.member]))
        for feature, row in FEATURES.items()
        if document.get(row.member)
    }


def findings_document(findings: Findings) -> dict[str, Any]:
    """Return the members of a document that hold the findings; features without findings have none."""
    return {
        FEATURES[feature].member: [finding.to_document() for finding in found]
        for feature, found in findings.items()
        if found
    }
