"""Analyses, stored in the derived bucket by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.feature import FEATURES, Feature, Parameters
from viewfinder.domain.image import Facts
from viewfinder.domain.likeness import Likeness
from viewfinder.domain.vector import Vector


@dataclass(frozen=True, slots=True)
class Detection:
    """A detector's answer to one question about one picture; with its vector where that was asked for and is known."""

    findings: tuple[Any, ...] = ()
    model_version: str = ""
    vector: Vector | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The findings of one feature in one content, with the facts of the picture.

    `thumbnail` is the key of the first thumbnail of this content. `facts` and `likeness` are None if the release
    that stored the analysis did not read them. `vector` is None in other analyses than those of labels, and where the
    detector computes none. `stored_format` is the format that it was read in.
    """

    sha256: str
    format: str
    width: int
    height: int
    model_version: str
    thumbnail: str
    analyzed_at: str
    feature: Feature
    findings: tuple[Any, ...] = ()
    facts: Facts | None = None
    likeness: Likeness | None = None
    vector: Vector | None = None
    stored_format: int = formats.ANALYSIS

    @classmethod
    def from_document(cls, document: Mapping[str, Any], feature: Feature) -> Analysis:
        """Read the JSON object of the derived bucket, of any release."""
        row = FEATURES[feature]
        return cls(
            sha256=document["Sha256"],
            format=document["Format"],
            width=document["Width"],
            height=document["Height"],
            model_version=document["LabelModelVersion"],
            thumbnail=document["Thumbnail"],
            analyzed_at=document["AnalyzedAt"],
            feature=feature,
            findings=tuple(map(row.read, document.get(row.member, ()))),
            facts=Facts.from_document(document["Facts"]) if "Facts" in document else None,
            likeness=Likeness.from_document(document["Likeness"]) if "Likeness" in document else None,
            vector=Vector.from_text(document["Vector"]) if "Vector" in document else None,
            stored_format=formats.stored_format(document),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON object of the derived bucket."""
        return {
            formats.MEMBER: formats.ANALYSIS,
            "Sha256": self.sha256,
            "Format": self.format,
            "Width": self.width,
            "Height": self.height,
            "LabelModelVersion": self.model_version,
            "Thumbnail": self.thumbnail,
            "AnalyzedAt": self.analyzed_at,
            **({} if self.facts is None else {"Facts": self.facts.to_document()}),
            **({} if self.likeness is None else {"Likeness": self.likeness.to_document()}),
            **({} if self.vector is None else {"Vector": str(self.vector)}),
            FEATURES[self.feature].member: [finding.to_document() for finding in self.findings],
        }


def analysis_key(parameters: Parameters, sha256: str) -> str:
    """Return the derived bucket's key of the analysis of a content under these parameters."""
    return f"analyses/{parameters}/{sha256}.json"
