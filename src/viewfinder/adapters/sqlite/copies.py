"""Images with the same content."""

from __future__ import annotations

from viewfinder.adapters.sqlite.database import Database

_COPIED = "SELECT sha256 FROM copied WHERE sha256 > ? ORDER BY sha256 LIMIT ?"
_COPIES = """
    SELECT image_id FROM images INDEXED BY images_by_content WHERE expires_at IS NULL AND sha256 = ?
    ORDER BY image_id LIMIT ?
"""


class SqliteCopies:
    """Implements `ports.Copies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def contents(self, after: str, most: int) -> list[str]:
        """Read a page of the contents that several images have."""
        return [content for (content,) in self._database.rows(_COPIED, [after, most])]

    def images(self, content: str, most: int) -> list[str]:
        """Return ids of the images with this content, from the same index."""
        return [image_id for (image_id,) in self._database.rows(_COPIES, [content, most])]
