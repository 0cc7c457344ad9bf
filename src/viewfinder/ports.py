"""What the use cases need of the outside world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from viewfinder.domain.analysis import Analysis, Detection, Parameters
from viewfinder.domain.image import Image, Picture


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was fetched; `content` is None where it is larger than the caller would take."""

    content: bytes | None
    size: int
    etag: str


class ImageStore(Protocol):
    """The bucket of the images: the truth."""

    def fetch(self, image_id: str, max_bytes: int) -> StoredObject:
        """Gives the object as it is now; raises ObjectNotFoundError."""


class DerivedStore(Protocol):
    """The bucket of what was derived from images."""

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        """Gives the known analysis of a content."""

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        """Keeps an analysis by its content."""

    def put_thumbnail(self, key: str, content: bytes) -> None:
        """Stores a WebP thumbnail."""

    def copy_thumbnail(self, source: str, key: str) -> bool:
        """Copies a thumbnail; False where the source is gone."""

    def delete_thumbnails(self, keys: tuple[str, ...]) -> None:
        """Deletes thumbnails; one that is gone already is fine."""


class PictureReader(Protocol):
    """Reads pictures of any format."""

    def read(self, content: bytes) -> Picture:
        """Gives the picture upright with its renditions; raises ImageRejectedError."""


class Detector(Protocol):
    """Finds labels in a picture."""

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Raises ImageRejectedError, DetectorUnavailableError or MisconfiguredError."""


class Catalog(Protocol):
    """The index of all images."""

    def find(self, image_id: str) -> Image | None:
        """Gives the record of an image as last written (tombstones too)."""

    def save(self, image: Image, *, replacing: Image | None) -> Image:
        """Writes the image with its postings at once, and gives it with its new version.

        Raises CatalogConflictError when the record is no longer the one that it replaces.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> str:
        """Gives the time in UTC as ISO 8601 with microseconds and a Z: `2026-01-31T12:00:00.000000Z`."""
