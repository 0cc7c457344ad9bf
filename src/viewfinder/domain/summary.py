"""The summary of an image, for lists and filters; both catalogs store the whole document."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import category_confidences
from viewfinder.domain.posting import moderated


@dataclass(frozen=True, slots=True)
class Summary:
    """An image in a list; labels and categories with their confidences (percent), times as in `Image`.

    A member that the document of an older release lacks has its default here: unknown, or none.
    """

    image_id: str
    status: Status
    analyzed_at: str
    width: int = 0
    height: int = 0
    reason: str = ""
    labels: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, float] = field(default_factory=dict)
    taken_at: str = ""
    words: Collection[str] = ()
    camera: str = ""
    people: Collection[str] = ()
    moderated: str = ""  # "true", "false", or not looked for
    size: int = 0  # of a removed image only, and so is `version_id`
    version_id: str = ""
    hash: str = ""  # the perceptual hash; that of a flat picture is unknown

    @classmethod
    def of(cls, image: Image) -> Summary:
        """Summarise an image: its labels are the corrected ones."""
        labels = image.corrected_labels
        return cls(
            image_id=image.image_id,
            status=image.status,
            analyzed_at=image.analyzed_at,
            width=image.width,
            height=image.height,
            reason=image.reason,
            labels={label.name: label.confidence for label in labels},
            categories=category_confidences(labels),
            taken_at=image.facts.taken_at or "",
            words=image.words,
            camera=image.facts.camera or "",
            moderated=moderated(image),
            people=image.people,
            size=image.size if image.is_in_trash else 0,
            version_id=image.version_id if image.is_in_trash else "",
            hash=str(image.likeness.hash or "") if image.is_visible else "",
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Summary:
        """Read a summary that any release has stored; numbers may be Decimal."""
        known = {name: read(document[member]) for member, (name, read) in _MEMBERS.items() if member in document}
        return cls(**known)

    def to_document(self) -> dict[str, Any]:
        """Return the stored document; what equals its default is left out."""
        members = {member: _stored(getattr(self, name)) for member, (name, _) in _MEMBERS.items()}
        return {member: value for member, value in members.items() if value}

    def listed(self) -> dict[str, Any]:
        """Return the members that a list shows as they are, of those that are known."""
        return {member: value for member, value in self.to_document().items() if member not in _UNLISTED}


_UNLISTED = {"Labels", "Categories", "Words", "People", "Size", "VersionId"}
"""Members for filters and the trash; labels are listed in another form."""


def _floats(numbers: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(number) for name, number in numbers.items()}


def _stored(value: Any) -> Any:
    match value:
        case Status():
            return str(value)
        case Mapping():
            return dict(value)
        case str() | int():
            return value
    return list(value)


_MEMBERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "ImageId": ("image_id", str),
    "Status": ("status", Status),
    "AnalyzedAt": ("analyzed_at", str),
    "Width": ("width", int),
    "Height": ("height", int),
    "Reason": ("reason", str),
    "Labels": ("labels", _floats),
    "Categories": ("categories", _floats),
    "TakenAt": ("taken_at", str),
    "Words": ("words", tuple),
    "Camera": ("camera", str),
    "Moderated": ("moderated", str),
    "People": ("people", tuple),
    "Size": ("size", int),
    "VersionId": ("version_id", str),
    "Hash": ("hash", str),
}
"""Member of the stored document -> attribute, and how it is read."""
