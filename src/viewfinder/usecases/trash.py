"""Removed images: list, restore, and delete permanently."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from viewfinder.domain.errors import ImageNotFoundError, KeyTakenError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.query import Query
from viewfinder.domain.summary import Summary
from viewfinder.ports import Catalog, Links, ObjectVersion, Versions
from viewfinder.usecases.search_images import Search, search_images
from viewfinder.usecases.write_again import write_again


@dataclass(frozen=True, slots=True)
class Trash:
    """The ports that the use cases of this module need.

    `days` is how long the bucket keeps a removed or overwritten version. `forget` forgets the faces of a content that
    no image has any more.
    """

    catalog: Catalog
    search: Search
    versions: Versions
    links: Links
    days: int
    forget: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class TrashedImage:
    """A removed image that can be restored; `url` is that of its last content ("": not known)."""

    image_id: str
    deleted_at: str
    expires_at: str
    size: int
    url: str


def list_trash(trash: Trash, *, limit: int = 50, token: str = "") -> tuple[list[TrashedImage], str]:
    """Return a page of the trash, the last removed first, and the token of the next; raise InvalidRequestError."""
    page = search_images(Query(status=Status.REMOVED), trash.search, limit=limit, token=token)
    now = trash.search.clock.now()
    found = [_trashed(entry, trash) for entry in page.images]
    kept = [image for image in found if image.expires_at > now]
    return kept, page.next_token if len(kept) == len(found) else ""


def _trashed(entry: Summary, trash: Trash) -> TrashedImage:
    expires_at = datetime.fromisoformat(entry.analyzed_at) + timedelta(days=trash.days)
    url = trash.links.version(entry.image_id, entry.version_id) if entry.version_id else ""
    expiry = expires_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return TrashedImage(entry.image_id, entry.analyzed_at, expiry, entry.size, url)


def restore_image(image_id: str, trash: Trash) -> None:
    """Restore the version of a removed image that the trash shows; raise ImageNotFoundError or KeyTakenError.

    Where the trash shows none, or the bucket has forgotten it, that is the last version. The new object is announced
    like an upload; its analysis is known by its content.
    """
    contents, _ = _removed(image_id, trash)
    if not contents:
        raise ImageNotFoundError("there is nothing to restore")
    shown = _shown_version(image_id, trash)
    versions = [version.version_id for version in contents]
    trash.versions.copy(image_id, shown if shown in versions else versions[0], replace=False)


def _shown_version(image_id: str, trash: Trash) -> str:
    """Return the version that the trash links: what was put and deleted in one moment was never in the catalog."""
    known = trash.catalog.find(image_id)
    return known.version_id if known and known.is_in_trash else ""


def delete_for_good(image_id: str, trash: Trash) -> None:
    """Delete all versions of a removed image, and remove it from the trash.

    Raise ImageNotFoundError, or KeyTakenError where the image is not removed.
    """
    contents, markers = _removed(image_id, trash)
    known = trash.catalog.find(image_id)
    if not contents and not markers and not (known and known.is_in_trash):
        raise ImageNotFoundError("there is nothing to delete")
    for version in (*contents, *markers):  # under a marker nothing becomes current, so markers go last
        trash.versions.delete(image_id, version.version_id)
    deleted = {version.version_id for version in contents}
    now = trash.search.clock.now()
    write_again(image_id, trash.catalog, lambda image: _forgotten(image, deleted, now))
    if known and known.sha256:
        trash.forget(known.sha256)


def _forgotten(image: Image, deleted: Collection[str], now: str) -> Image:
    """Return the tombstone that is not in the trash, also where the removal has not reached the record yet."""
    if image.is_in_trash:
        return replace(image, reason="")
    if image.is_visible and image.version_id in deleted:
        return Image(image.image_id, Status.REMOVED, image.sequencer, now)
    return image


def _removed(image_id: str, trash: Trash) -> tuple[list[ObjectVersion], list[ObjectVersion]]:
    """Return the versions of an image and its markers; raise KeyTakenError if the image is there."""
    versions = trash.versions.list(image_id)
    if any(version.is_latest and not version.is_marker for version in versions):
        raise KeyTakenError("there is an image of this key")
    contents = [version for version in versions if not version.is_marker]
    return contents, [version for version in versions if version.is_marker]
