"""A candidate: an image somewhere else that may be imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may be imported. `sha256` is "" where finding it out would mean to fetch the object."""

    image_id: str
    size: int
    etag: str
    location: str
    sha256: str = ""
    modified: float = 0.0

    @property
    def content(self) -> str:
        """A name for the content: equal contents have equal names."""
        return self.sha256 or f"{self.etag}/{self.size}"
