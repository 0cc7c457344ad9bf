"""Stand-ins for what the use cases meet: in memory, to the letter of the ports (tests/contract holds them to it)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from viewfinder.domain.analysis import Analysis, Detection
from viewfinder.domain.errors import (
    AnalysisInProgressError,
    CatalogConflictError,
    DetectorUnavailableError,
    DocumentConflictError,
    ImageRejectedError,
    ObjectNotFoundError,
)
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import Facts, Image, Picture
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import BoundingBox, Face, Label, Text
from viewfinder.domain.lease import Lease
from viewfinder.domain.likeness import Likeness, PerceptualHash
from viewfinder.domain.moderation import ModerationLabel
from viewfinder.domain.record_state import RecordState
from viewfinder.ports import ObjectSummary, StoredDocument, StoredObject
from viewfinder.usecases.index_image import IndexImage


class FakeBucket:
    """A bucket; implements `ImageStore` and `Objects`."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.modified: dict[str, float] = {}
        self.archived: set[str] = set()
        self.file_times: dict[str, float] = {}
        self.refused: dict[str, str] = {}

    def put(self, key: str, content: bytes, modified: float = 0.0) -> str:
        self.contents[key], self.modified[key] = content, modified
        return etag(content)

    def fetch(self, image_id: str, max_bytes: int) -> StoredObject:
        if image_id not in self.contents:
            raise ObjectNotFoundError(image_id)
        content, is_archived = self.contents[image_id], image_id in self.archived
        refusal = self.refused.get(image_id, "")
        shown = content if len(content) <= max_bytes and not is_archived and not refusal else None
        modified = self.file_times.get(image_id)
        return StoredObject(shown, len(content), etag(content), is_archived, refusal=refusal, modified=modified)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        for key in sorted(self.contents):
            if key.startswith(prefix) and key > after:
                yield self._summary(key)

    def find(self, key: str) -> ObjectSummary | None:
        return self._summary(key) if key in self.contents else None

    def delete(self, key: str) -> None:
        self.contents.pop(key, None)

    def _summary(self, key: str) -> ObjectSummary:
        content = self.contents[key]
        return ObjectSummary(key, len(content), etag(content), self.modified[key])


class FakeDerivedStore:
    """Implements `DerivedStore`."""

    def __init__(self) -> None:
        self.analyses: dict[tuple[str, str], Analysis] = {}
        self.thumbnails: dict[str, bytes] = {}
        self.documents: dict[str, StoredDocument] = {}
        self._revisions = 0

    def find_document(self, key: str) -> StoredDocument | None:
        return self.documents.get(key)

    def save_document(self, key: str, content: Mapping[str, Any], *, replacing: StoredDocument | None) -> None:
        if self.documents.get(key) != replacing:
            raise DocumentConflictError(key)
        self._revisions += 1
        self.documents[key] = StoredDocument(json.loads(json.dumps(content)), str(self._revisions))

    def delete_document(self, key: str) -> None:
        self.documents.pop(key, None)

    def list_documents(self, prefix: str, after: str = "") -> Iterator[str]:
        yield from [key for key in sorted(self.documents) if key.startswith(prefix) and key > after]

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        found = (self.analyses.get((str(each), sha256)) for each in parameters.with_versions())
        return next((analysis for analysis in found if analysis), None)

    def has_analysis(self, parameters: Parameters, sha256: str) -> bool:
        return self.find_analysis(parameters, sha256) is not None

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        self.analyses[str(parameters), analysis.sha256] = analysis

    def put_thumbnail(self, key: str, content: bytes) -> None:
        self.thumbnails[key] = content

    def copy_thumbnail(self, source: str, key: str) -> bool:
        if source in self.thumbnails:
            self.thumbnails[key] = self.thumbnails[source]
        return source in self.thumbnails

    def list_thumbnails(self, prefix: str) -> list[str]:
        return [key for key in sorted(self.thumbnails) if key.startswith(prefix)]

    def delete_thumbnails(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.thumbnails.pop(key, None)


class FakeCatalog:
    """Implements `Catalog`, `Records` and `Leases`; nobody waits for a lease, and none expires."""

    def __init__(self) -> None:
        self.images: dict[str, Image] = {}
        self.leases: dict[str, Lease] = {}
        self._version = 0

    def find(self, image_id: str) -> Image | None:
        return self.images.get(image_id)

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        if self.images.get(image.image_id) != replacing:
            raise CatalogConflictError(image.image_id)
        if lease:
            self.leases[lease.name] = lease
        self._version += 1
        self.images[image.image_id] = replace(image, version=self._version)
        return self.images[image.image_id]

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        held = self.leases.get(name)
        if held and not held.done_at:
            raise AnalysisInProgressError(name)
        if held and held.done_at >= since:
            return None
        self.leases[name] = Lease(name, "holder", 0, is_inherited=held is not None)
        return self.leases[name]

    def release(self, lease: Lease) -> None:
        self.leases.pop(lease.name, None)

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        return {image_id: self.images[image_id] for image_id in image_ids if image_id in self.images}

    def states(self) -> Iterator[RecordState]:
        yield from [RecordState.of(image) for image in self.images.values() if image.is_visible]


@dataclass
class FakeCopies:
    """Implements `Copies` over the records of a fake catalog."""

    catalog: FakeCatalog

    def contents(self, after: str, most: int) -> list[str]:
        found = Counter(image.sha256 for image in self.catalog.images.values() if image.is_visible and image.sha256)
        return sorted(content for content, count in found.items() if count > 1 and content > after)[:most]

    def images(self, content: str, most: int) -> list[str]:
        found = (each.image_id for each in self.catalog.images.values() if each.is_visible and each.sha256 == content)
        return sorted(found)[:most]

    def present(self, contents: Collection[str]) -> set[str]:
        return {content for content in contents if self.images(content, 1)}


class FakePictures:
    """Implements `PictureReader`: what begins with `bad` is no picture, what begins with `large` is a large one."""

    facts = Facts()
    likeness = Likeness(PerceptualHash(1, 2), 3.5)

    def read(self, content: bytes) -> Picture:
        if content.startswith(b"bad"):
            raise ImageRejectedError("NOT_AN_IMAGE", "The content is not that of an image.")
        small = Picture("JPEG", 640, 480, rendition=content, thumbnail=thumbnail(content), facts=self.facts)
        small = replace(small, likeness=self.likeness)
        is_large = content.startswith(b"large")
        return replace(small, format="HEIC", width=4032, height=3024, screen=screen(content)) if is_large else small

    def rendition(self, content: bytes) -> bytes:
        return self.read(content).rendition


@dataclass
class FakeDetector:
    """Implements `Detector`: a picture shows what its content says; `calls` counts them by content."""

    calls: dict[bytes, int] = field(default_factory=dict)
    is_down: bool = False
    model_version: str = "3.0"
    failing: set[Feature] = field(default_factory=set)
    refusing: set[Feature] = field(default_factory=set)
    asked: Counter[tuple[Feature, bytes]] = field(default_factory=Counter)

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        if self.is_down:
            raise DetectorUnavailableError("ThrottlingException: slow down")
        if parameters.feature in self.failing:
            raise DetectorUnavailableError("ThrottlingException: slow down")
        if parameters.feature in self.refusing:
            raise ImageRejectedError("UNSUPPORTED_FORMAT", "the detector refused the picture")
        self.calls[rendition] = self.calls.get(rendition, 0) + 1
        self.asked[parameters.feature, rendition] += 1
        if parameters.feature is Feature.TEXT:
            return Detection((Text(0, "LINE", "STOP", 99.0, BoundingBox(0.1, 0.1, 0.5, 0.2)),))
        if parameters.feature is Feature.FACES:
            return Detection((Face(BoundingBox(0.2, 0.2, 0.1, 0.1), 99.5),))
        if parameters.feature is Feature.MODERATION:
            return Detection((ModerationLabel("Violence", 90.0, "", 1),))
        if parameters.feature is Feature.PEOPLE:
            return Detection((IndexedFace("face-1", BoundingBox(0.2, 0.2, 0.1, 0.1), 99.5),))
        return Detection(labels(rendition), self.model_version)


class FakeClock:
    """Implements `Clock`: time passes when it is asked for."""

    def __init__(self) -> None:
        self.seconds = 0

    def now(self) -> str:
        self.seconds += 1
        return f"2026-01-01T{self.seconds // 3600:02}:{self.seconds // 60 % 60:02}:{self.seconds % 60:02}.000000Z"


@dataclass
class FakeRequests:
    """Implements `Requests`."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        self.sent += [(image_id, analyzed_since) for image_id in image_ids]


def etag(content: bytes) -> str:
    """Return the ETag that S3 gives an object in one part."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def labels(content: bytes) -> tuple[Label, ...]:
    """Return what the fake detector finds: the words of the content, one of them in a category."""
    return tuple(
        Label(word, 90.0 - place, categories=("Animals and Pets",) if word == "Dog" else ())
        for place, word in enumerate(content.decode().split())
    )


def screen(content: bytes) -> bytes:
    """Return the rendition for screens that the fake reader makes of a large picture."""
    return b"screen of " + content


def thumbnail(content: bytes) -> bytes:
    """Return the thumbnail that the fake reader makes."""
    return b"thumbnail of " + content


def fake_indexer(catalog: Any, **parts: Any) -> IndexImage:
    """Return the use case over a catalog, which has the leases too, and over fakes of the parts that are not given."""
    fakes: dict[str, Any] = {
        "images": FakeBucket(),
        "derived": FakeDerivedStore(),
        "pictures": FakePictures(),
        "detector": FakeDetector(),
        "clock": FakeClock(),
        "parameters": Parameters(40, 55.0),
        "max_bytes": 1000,
    }
    return IndexImage(catalog=catalog, leases=catalog, **{**fakes, **parts})
