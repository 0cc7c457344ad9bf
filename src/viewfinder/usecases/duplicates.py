"""Images of the same content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.image import Image, Status
from viewfinder.ports import Copies, Records


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Images of the same content, by its SHA-256."""

    content: str
    images: tuple[Image, ...]


_MOST_COPIES = 100
_MOST_RECORDS = 1000
"""Read for a page: 10 BatchGetItem calls, well within the time of a request."""


def list_duplicates(
    copies: Copies, records: Records, *, limit: int = 50, token: str = ""
) -> tuple[list[Duplicates], str]:
    """Return a page of groups by hash, and the token of the next; raise InvalidRequestError.

    Files that are no pictures are left out. Counts lag a little: the records decide, so a page may have fewer groups.
    A group shows 100 images at most, and a page ends with the group that makes it 1,000.
    """
    after = cursor_from_token(token, _DUPLICATES).position if token else ""
    contents = copies.contents(after, limit + 1)
    ids: dict[str, Sequence[str]] = {}
    for content in contents[:limit]:
        if sum(map(len, ids.values())) >= _MOST_RECORDS:
            break
        ids[content] = copies.images(content, _MOST_COPIES)
    known = records.find_many([image_id for group in ids.values() for image_id in group])
    groups = [Duplicates(content, _same(content, group, known)) for content, group in ids.items()]
    next_token = Cursor(contents[len(ids) - 1], "", _DUPLICATES).to_token() if len(ids) < len(contents) else ""
    return [group for group in groups if len(group.images) > 1], next_token


_DUPLICATES = "duplicates"


def _same(content: str, image_ids: Iterable[str], known: Mapping[str, Image]) -> tuple[Image, ...]:
    images = (known[image_id] for image_id in image_ids if image_id in known)
    return tuple(image for image in images if image.status is Status.ANALYZED and image.sha256 == content)
