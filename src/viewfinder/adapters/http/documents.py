"""Images and labels as documents of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from viewfinder.domain.image import Image, Status
from viewfinder.domain.query import Entry
from viewfinder.domain.statistics import LabelCount

Document = dict[str, Any]


def page_document(member: str, documents: Iterable[Document], next_token: str) -> Document:
    """Return a page; the last one has no token."""
    return {member: list(documents)} | ({"NextToken": next_token} if next_token else {})


def summary_document(entry: Entry) -> Document:
    """Return an image of a list; of one that was not analysed, why."""
    document: Document = {"ImageId": entry.image_id, "Status": entry.status, "AnalyzedAt": entry.analyzed_at}
    if entry.status is Status.ANALYZED:
        document |= {"Width": entry.width, "Height": entry.height}
        document |= {"TakenAt": entry.taken_at} if entry.taken_at else {}
    elif entry.reason:
        document["Reason"] = entry.reason
    return document | {"Labels": _confidences(entry.labels)}


def image_document(image: Image) -> Document:
    """Return everything known of an image; what is not known is left out."""
    document: Document = {
        "ImageId": image.image_id,
        "Status": image.status,
        "AnalyzedAt": image.analyzed_at,
        "Size": image.size,
    }
    facts: Document = {
        "ETag": image.etag,
        "Sha256": image.sha256,
        "Format": image.format,
        "Width": image.width,
        "Height": image.height,
        "LabelModelVersion": image.model_version,
        "Reason": image.reason,
        "Message": image.message,
        "Facts": image.facts.to_document(),
    }
    document |= {name: value for name, value in facts.items() if value}
    document |= {"Texts": [text.to_document() for text in image.texts]} if image.texts else {}
    document |= {"Faces": [face.to_document() for face in image.faces]} if image.faces else {}
    document |= {"Features": list(image.features)} if image.features else {}
    return document | {"Labels": [label.to_document() for label in image.labels]}


def label_document(label: LabelCount) -> Document:
    """Return a label with its count."""
    return {
        "Name": label.name,
        "Count": label.count,
        "Parents": _names(label.parents),
        "Categories": _names(label.categories),
        "Aliases": _names(label.aliases),
    }


def _confidences(labels: Mapping[str, float]) -> list[Document]:
    surest_first = sorted(labels.items(), key=lambda label: (-label[1], label[0]))
    return [{"Name": name, "Confidence": confidence} for name, confidence in surest_first]


def _names(names: Iterable[str]) -> list[Document]:
    return [{"Name": name} for name in names]
