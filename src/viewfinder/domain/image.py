"""An image: the object of a bucket, as the catalog knows it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from viewfinder.domain import formats
from viewfinder.domain.feature import Feature, Findings, Stage, findings_document, read_findings
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import MAX_WORDS, NO_CORRECTIONS, Corrections, Face, Label, Text, search_words
from viewfinder.domain.likeness import NO_LIKENESS, Likeness
from viewfinder.domain.spelling import with_plain

MAX_FOLDERS = 8
"""Levels of folders that are counted; deeper ones are found by their prefix."""

MAX_IMAGE_ID_BYTES = 1024
"""An ImageId is an object key; S3 allows 1,024 bytes of UTF-8."""


class Status(StrEnum):
    """The status of an image."""

    ANALYZED = "ANALYZED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    REMOVED = "REMOVED"  # a tombstone: the API does not show it

    @property
    def is_final(self) -> bool:
        """Whether another attempt would have the same result; a failure may succeed later."""
        return self is not Status.FAILED


class Effort(StrEnum):
    """The work that an event required."""

    NONE = "NONE"  # the record accounted for the event already
    RECORD = "RECORD"  # rejected or removed: no analysis
    REUSED = "REUSED"  # the analysis of this content was known
    DETECTED = "DETECTED"  # the detector was asked


@dataclass(frozen=True, slots=True)
class Location:
    """Where a picture was taken: WGS 84 degrees, north and east positive; altitude in metres."""

    latitude: float
    longitude: float
    altitude: float | None = None


class TimeSource(StrEnum):
    """What a capture time is known by."""

    EXIF = "EXIF"  # the picture's metadata, XMP too
    NAME = "NAME"  # the file's name
    FILE = "FILE"  # the file's own time, where the import gave it


@dataclass(frozen=True, slots=True)
class Facts:
    """The capture facts of a picture's own metadata; None: unknown.

    `taken_at` is the camera's local time, ISO 8601 with microseconds and without a zone; `taken_offset` is that of its
    zone, as "+02:00". `taken_at_source` says how the time is known: older releases read metadata only. `exposure_time`
    is in seconds, `focal_length` in millimetres.
    """

    taken_at: str | None = None
    taken_offset: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure_time: float | None = None
    f_number: float | None = None
    iso_speed: int | None = None
    focal_length: float | None = None
    location: Location | None = None
    taken_at_source: TimeSource = TimeSource.EXIF

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Facts:
        """Read the facts as a catalog keeps them; numbers may be Decimal."""
        known = {name: kind(document[member]) for member, (name, kind) in _FACTS.items() if member in document}
        place = {name: float(document[member]) for member, name in _LOCATION.items() if member in document}
        return cls(**known, location=Location(**place) if place else None)

    def to_document(self) -> dict[str, Any]:
        """Return the known facts as a document of the catalog and the API."""
        facts = {member: getattr(self, name) for member, (name, _) in _FACTS.items()}
        facts["TakenAtSource"] = str(self.taken_at_source) if self.taken_at else None
        place = {member: getattr(self.location, name, None) for member, name in _LOCATION.items()}
        return {member: value for member, value in (facts | place).items() if value is not None}


_FACTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "TakenAt": ("taken_at", str),
    "TakenOffset": ("taken_offset", str),
    "TakenAtSource": ("taken_at_source", TimeSource),
    "Camera": ("camera", str),
    "Lens": ("lens", str),
    "ExposureTime": ("exposure_time", float),
    "FNumber": ("f_number", float),
    "IsoSpeed": ("iso_speed", int),
    "FocalLength": ("focal_length", float),
}
_LOCATION = {"Latitude": "latitude", "Longitude": "longitude", "Altitude": "altitude"}


FIRST_TAKEN = "1000-01-01T00:00:00.000000"
"""No dated image stands before this time among photos in order, and every undated one does."""

DELETED = "DELETED"
"""Reason of a tombstone whose object may still be restored."""

UNREADABLE = {
    "ACCESS_DENIED": "the pipeline may not read this object: its bucket's policy or its KMS key's forbids that",
    "CUSTOMER_KEY": "the object is encrypted with a key that only its uploader has (SSE-C)",
}
"""Reasons of a rejection that may pass without any change of the object, and what they mean."""

VISIBLE_STATUSES = (Status.ANALYZED, Status.REJECTED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read: size of the upright original, facts of its taking, and what is derived from it.

    `rendition` is what the detector gets (JPEG or PNG, at most 5 MB, 80 to 10,000 px a side), the original bytes
    themselves where the detector takes them. `thumbnail` is WebP, at most 512 px a side; `screen` is WebP, at most
    1,600 px a side, b"" where the original or the thumbnail serves (`needs_screen`). Both carry no metadata.
    """

    format: str
    width: int
    height: int
    rendition: bytes
    thumbnail: bytes
    facts: Facts = Facts()
    screen: bytes = b""
    likeness: Likeness = NO_LIKENESS


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the catalog.

    `sequencer` is that of the last S3 event the record accounts for; `version` grows with every write (the catalog
    sets it). `features` are those that it was analysed for, `findings` what was found of each; `pending` are those that
    the second stage is to analyse it for. An analysed image has a `reason` where a feature failed. `thumbnail` and
    `screen` are keys of the derived bucket, "" where there is none. `stored_format` is the format that the record was
    read in. Times are ISO 8601, UTC.
    """

    image_id: str
    status: Status
    sequencer: str
    analyzed_at: str
    size: int = 0
    etag: str = ""
    sha256: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    findings: Findings = field(default_factory=dict, hash=False)
    features: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    model_version: str = ""
    thumbnail: str = ""
    screen: str = ""
    effort: Effort = Effort.RECORD
    reason: str = ""
    message: str = ""
    version: int = 0
    facts: Facts = Facts()
    version_id: str = ""  # the bucket's, of the object
    corrections: Corrections = NO_CORRECTIONS
    likeness: Likeness = NO_LIKENESS
    stored_format: int = formats.RECORD

    @property
    def labels(self) -> tuple[Label, ...]:
        """The detector's labels."""
        return self.findings.get(Feature.LABELS, ())

    @property
    def texts(self) -> tuple[Text, ...]:
        """Lines and words of text."""
        return self.findings.get(Feature.TEXT, ())

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces that the feature FACES found; no identities."""
        return self.findings.get(Feature.FACES, ())

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of the people on it, those of the largest faces first; a tombstone has none."""
        if not self.is_visible:
            return ()
        faces: tuple[IndexedFace, ...] = self.findings.get(Feature.PEOPLE, ())
        by_size = sorted(faces, key=lambda face: -face.box.width * face.box.height)
        return tuple(dict.fromkeys(face.person for face in by_size if face.person))

    @property
    def is_settled(self) -> bool:
        """Whether another attempt would have the same result: nothing failed, a single feature neither."""
        return self.status.is_final and not (self.status is Status.ANALYZED and self.reason)

    @property
    def content(self) -> str:
        """What stands for the object's content; "" where it was never read."""
        return self.sha256 or self.etag

    @property
    def corrected_labels(self) -> tuple[Label, ...]:
        """The corrected labels, which lists and searches use; `labels` are the detector's. A removed image has none."""
        if not self.is_visible:
            return ()
        return self.corrections.apply(self.labels) if self.corrections else self.labels

    @property
    def is_in_trash(self) -> bool:
        """Whether this tombstone belongs to an image that can be restored."""
        return self.status is Status.REMOVED and self.reason == DELETED

    @property
    def is_visible(self) -> bool:
        """Whether the API shows this image."""
        return self.status is not Status.REMOVED

    @property
    def words(self) -> tuple[str, ...]:
        """The words that a search for text finds it by, with and without accents; a tombstone has none."""
        if not self.is_visible:
            return ()
        words = search_words(text.text for text in self.texts if text.kind == "WORD")
        return with_plain(words)[:MAX_WORDS]

    @property
    def taken_position(self) -> str:
        """When it was taken (local time): its place among photos in order. An undated one stands below all others.

        It has the time of its analysis 2,000 years before, so that undated ones have an order of their own.
        """
        taken_at = self.facts.taken_at
        return max(taken_at, FIRST_TAKEN) if taken_at else f"0{self.analyzed_at[1:].removesuffix('Z')}"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Image:
        """Read a record as a catalog keeps it, of any release."""
        members = {name: document[member] for member, name in _MEMBERS.items() if member in document}
        status = Status(members.pop("status"))
        return cls(
            **members,
            status=status,
            effort=Effort(document.get("Effort", Effort.RECORD)),
            findings=read_findings(document),
            facts=Facts.from_document(document.get("Facts", {})),
            features=features_of(document),
            pending=tuple(document.get(PENDING, ())),
            version_id=document.get("VersionId", ""),
            corrections=Corrections.from_document(document.get("Corrections", {})),
            likeness=Likeness.from_document(document.get("Likeness", {})),
            stored_format=formats.stored_format(document),
        )

    def to_document(self) -> dict[str, Any]:
        """Return the record as a catalog keeps it: texts, numbers, lists and mappings."""
        members = {member: getattr(self, name) for member, name in _MEMBERS.items()}
        members |= {formats.MEMBER: formats.RECORD, "Status": str(self.status), "Effort": str(self.effort)}
        members |= findings_document(self.findings) | {"Features": list(self.features)}
        members |= {PENDING: list(self.pending)} if self.pending else {}
        members |= {"VersionId": self.version_id} if self.version_id else {}
        members |= {"Likeness": self.likeness.to_document()} if self.likeness != NO_LIKENESS else {}
        members |= {"Corrections": self.corrections.to_document()} if self.corrections else {}
        return members | {"Facts": self.facts.to_document()}


PENDING = "PendingFeatures"
"""Member of a record; without it nothing is to come."""


def features_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a stored record was analysed for: in 0.1.0 for labels only, which it does not say."""
    was_analyzed = document["Status"] == Status.ANALYZED
    return tuple(document.get("Features", (str(Feature.LABELS),) if was_analyzed else ()))


_MEMBERS = {
    "ImageId": "image_id",
    "Status": "status",
    "Sequencer": "sequencer",
    "AnalyzedAt": "analyzed_at",
    "Size": "size",
    "ETag": "etag",
    "Sha256": "sha256",
    "Format": "format",
    "Width": "width",
    "Height": "height",
    "LabelModelVersion": "model_version",
    "Thumbnail": "thumbnail",
    "Screen": "screen",
    "Reason": "reason",
    "Message": "message",
    "Version": "version",
}
"""Member of a document -> attribute, of those that are written as they are; a missing one has the default of Image."""


def image_digest(image_id: str) -> str:
    """Return 24 hex digits that identify an ImageId in a sort key, whose limit is 1,024 bytes (AWS)."""
    return hashlib.blake2b(image_id.encode(), digest_size=12).hexdigest()


def is_folder_marker(image_id: str, size: int) -> bool:
    """Return whether an object is the empty one that consoles create for a folder; one with content is an image."""
    return image_id.endswith("/") and not size


def folders_of(image_id: str) -> list[str]:
    """Return the folders that an image lies in, outermost first, each with its slash; at most MAX_FOLDERS."""
    ends = [place for place, character in enumerate(image_id, 1) if character == "/" and place < len(image_id)]
    return [image_id[:end] for end in ends[:MAX_FOLDERS]]


def has_dot_segment(image_id: str) -> bool:
    """Return whether a key has a dot segment, which clients remove from URLs (RFC 3986, 5.2.4)."""
    return not {".", ".."}.isdisjoint(image_id.split("/"))


@dataclass(frozen=True, slots=True)
class ImageEvent:
    """One hint about one object.

    `sequencer` orders the events of one key ("" where the event did not come from S3). An analysis made before
    `analyzed_since` is not good enough ("": any is). `last_delivery` is true when the queue will not deliver this
    message again. `sent_at` is the time of the event, UTC in ISO 8601 with microseconds ("": unknown). An event of the
    second stage asks for the features that the record lacks.
    """

    image_id: str
    sequencer: str = ""
    analyzed_since: str = ""
    last_delivery: bool = False
    sent_at: str = ""
    stage: Stage = Stage.FIRST


def is_accounted_for(sequencer: str, by: str) -> bool:
    """Return whether an event is no newer than the event `by`.

    S3's sequencers are hexadecimal strings of unequal length: compare them padded on the right with zeros
    (S3 User Guide, "Event message structure"). An event without one is never accounted for.
    """
    if not sequencer:
        return False
    width = max(len(sequencer), len(by))
    return sequencer.upper().ljust(width, "0") <= by.upper().ljust(width, "0")


def later_sequencer(one: str, other: str) -> str:
    """Return the later of two sequencers; any is later than none."""
    return other if not one or is_accounted_for(one, other) else one


IMAGE_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tiff",
    "image/bmp": ".bmp",
    "image/heic": ".heic",
    "image/avif": ".avif",
}
"""The media types that may be uploaded, with the extension of an ImageId that the server chooses."""

MAX_UPLOAD_BYTES = 100 * 1024 * 1024
DEFAULT_UPLOAD_BYTES = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form for one upload: send `fields`, and then the file as `file`, to `url` as multipart/form-data.

    It is good until `expires_at` (ISO 8601, UTC).
    """

    url: str
    fields: Mapping[str, str]
    expires_at: str
