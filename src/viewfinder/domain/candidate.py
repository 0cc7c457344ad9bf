"""A candidate of an import."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may be imported. `etag` is "" while the content has not been read."""

    image_id: str
    size: int
    location: str
    etag: str = ""
    modified: float = 0.0
    is_beside: bool = False

    def beside(self) -> Candidate:
        """Return the same content under a key of its own: `a.jpg` becomes `a~1f3870be.jpg`, by the ETag."""
        stem, dot, suffix = self.image_id.rpartition(".")
        if not stem or "/" in suffix:
            stem, dot, suffix = self.image_id, "", ""
        return replace(self, image_id=f"{stem}~{self.etag[:8]}{dot}{suffix}", is_beside=True)
