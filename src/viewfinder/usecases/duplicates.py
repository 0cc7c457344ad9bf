"""Images of the same content, and images that look alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from viewfinder.domain.cursor import Cursor, cursor_from_token
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.near_duplicates import MAX_CONTENTS, Group, Kind, split
from viewfinder.ports import Copies, Distinctions, NearDuplicates, Records


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Images of the same content, by its SHA-256."""

    content: str
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of groups; `pending` contents were not compared yet: the same request compares more of them."""

    groups: Sequence[Group]
    next_token: str
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Alike:
    """The dependencies of near-duplicates."""

    copies: Copies
    records: Records
    near: NearDuplicates
    distinctions: Distinctions


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
    read = _read({content: (content,) for content in contents[:limit]}, copies, records)
    groups = [Duplicates(content, images) for content, images in read.items() if len(images) > 1]
    next_token = Cursor(contents[len(read) - 1], "", _DUPLICATES).to_token() if len(read) < len(contents) else ""
    return groups, next_token


_DUPLICATES, _NEAR = "duplicates", "near-duplicates"
_FIRST_NEAR = "~"  # behind every SHA-256: equal images come first


def list_near_duplicates(alike: Alike, *, limit: int = 50, token: str = "") -> Page:
    """Return a page of groups of equal images, or, behind the last of those, of images that look alike.

    Only a page without a token is the last; others may have fewer groups than `limit`, even none. Raises
    InvalidRequestError.
    """
    after = cursor_from_token(token, _NEAR).position if token else ""
    if after.startswith(_FIRST_NEAR):
        return _near_page(alike, after.removeprefix(_FIRST_NEAR), limit)
    contents = alike.copies.contents(after, limit + 1)
    read = _read({content: (content,) for content in contents[:limit]}, alike.copies, alike.records)
    groups = [Group(Kind.EQUAL, images) for images in read.values() if len(images) > 1]
    if len(read) < len(contents):
        return Page(groups, Cursor(contents[len(read) - 1], "", _NEAR).to_token())
    if groups:
        return Page(groups, Cursor(_FIRST_NEAR, "", _NEAR).to_token())
    return _near_page(alike, "", limit)


def _near_page(alike: Alike, after: str, limit: int) -> Page:
    found = alike.near.groups()
    behind = {group[0]: group for group in found.groups if group[0] > after}
    read = _read(dict(list(behind.items())[:limit]), alike.copies, alike.records)
    distinct = alike.distinctions.list() if read else ()
    groups = [Group(Kind.NEAR, images) for group in read.values() for images in split(group, distinct)]
    next_token = Cursor(_FIRST_NEAR + list(read)[-1], "", _NEAR).to_token() if len(read) < len(behind) else ""
    return Page(groups, next_token, found.pending)


def decide_duplicates(contents: Collection[str], distinctions: Distinctions, *, are_duplicates: bool) -> None:
    """Remember that contents (SHA-256) are no duplicates of one another, or forget that; raise InvalidRequestError."""
    if not 2 <= len(set(contents)) <= MAX_CONTENTS:
        raise InvalidRequestError(f"must be a list of 2 to {MAX_CONTENTS} different hashes", parameter="Contents")
    (distinctions.remove if are_duplicates else distinctions.add)(set(contents))


def _read(groups: Mapping[str, Sequence[str]], copies: Copies, records: Records) -> dict[str, tuple[Image, ...]]:
    """Return the images of groups of contents, group by group until there are enough of them for a page."""
    ids: dict[str, dict[str, Sequence[str]]] = {}
    read = 0
    for name, contents in groups.items():
        if read >= _MOST_RECORDS:
            break
        ids[name] = {content: copies.images(content, _MOST_COPIES) for content in contents}
        read += sum(map(len, ids[name].values()))
    wanted = [image_id for group in ids.values() for images in group.values() for image_id in images]
    known = records.find_many(wanted)
    return {
        name: tuple(image for content, images in group.items() for image in _same(content, images, known))
        for name, group in ids.items()
    }


def _same(content: str, image_ids: Iterable[str], known: Mapping[str, Image]) -> Iterable[Image]:
    images = (known[image_id] for image_id in image_ids if image_id in known)
    return (image for image in images if image.status is Status.ANALYZED and image.sha256 == content)
