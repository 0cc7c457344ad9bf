"""Images with the same content."""

from __future__ import annotations

import json
from collections.abc import Collection

from viewfinder.adapters.sqlite.database import Database

_COPIED = "SELECT sha256 FROM copied WHERE sha256 > ? ORDER BY sha256 LIMIT ?"
_COPIES = """
    SELECT image_id FROM images INDEXED BY images_by_content WHERE expires_at IS NULL AND sha256 = ?
    ORDER BY image_id LIMIT ?
"""
_PRESENT = """
    SELECT DISTINCT sha256 FROM images INDEXED BY images_by_content
    WHERE expires_at IS NULL AND sha256 IN (SELECT value FROM json_each(?))
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

    def present(self, contents: Collection[str]) -> set[str]:
        """Look each of them up in the same index, by one statement."""
        return {content for (content,) in self._database.rows(_PRESENT, [json.dumps(list(contents))])}
