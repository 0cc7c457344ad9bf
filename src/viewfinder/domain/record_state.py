"""What of a record tells whether it is up to date: little, because there may be millions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.image import PENDING, Image, Status, features_of


@dataclass(frozen=True, slots=True)
class RecordState:
    """A visible image's record without what was found; members as in `Image`."""

    image_id: str
    status: Status
    etag: str = ""
    version: int = 0
    stored_format: int = 0
    features: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    thumbnail: str = ""
    screen: str = ""
    sha256: str = ""
    model_version: str = ""
    reason: str = ""

    @classmethod
    def of(cls, image: Image) -> RecordState:
        """Return what is needed of a record."""
        return cls(**{name: getattr(image, name) for name in cls.__slots__})

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RecordState:
        """Read the members `MEMBERS` of a stored record, of any release; a number may be a Decimal."""
        return cls(
            image_id=document["ImageId"],
            status=Status(document["Status"]),
            etag=document.get("ETag", ""),
            version=int(document["Version"]),
            stored_format=formats.stored_format(document),
            features=features_of(document),
            thumbnail=document.get("Thumbnail", ""),
            screen=document.get("Screen", ""),
            sha256=document.get("Sha256", ""),
            model_version=document.get("LabelModelVersion", ""),
            reason=document.get("Reason", ""),
            pending=tuple(document.get(PENDING, ())),
        )

    def to_row(self) -> list[Any]:
        """Return the values in the order of the fields, as JSON can hold them; the ImageId is the first."""
        return [*asdict(self).values()]

    @classmethod
    def from_row(cls, row: list[Any]) -> RecordState:
        """Read what `to_row` returned."""
        image_id, status, etag, version, stored_format, features, pending, *rest = row
        return cls(image_id, Status(status), etag, version, stored_format, tuple(features), tuple(pending), *rest)


MEMBERS = (
    *("ImageId", "Status", "ETag", "Version", formats.MEMBER, "Features"),
    *("Thumbnail", "Screen", "Sha256", "LabelModelVersion", "Reason", PENDING),
)
