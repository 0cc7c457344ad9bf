"""One image: find, delete, restore, upload, analyse again, and links to its pictures."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from viewfinder.domain.errors import (
    CatalogConflictError,
    ImageNotFoundError,
    InvalidRequestError,
    KeyTakenError,
    ThumbnailNotFoundError,
    VersionNotFoundError,
)
from viewfinder.domain.image import (
    DEFAULT_UPLOAD_BYTES,
    IMAGE_TYPES,
    MAX_IMAGE_ID_BYTES,
    Image,
    Status,
    UploadForm,
    has_dot_segment,
)
from viewfinder.domain.label import MAX_CORRECTIONS
from viewfinder.domain.query import Query
from viewfinder.domain.summary import Summary
from viewfinder.ports import Catalog, Clock, Links, Objects, ObjectVersion, Quota, Records, Requests, Versions
from viewfinder.usecases.import_images import Sent
from viewfinder.usecases.search_images import Search, search_images


def get_image(image_id: str, catalog: Catalog) -> Image:
    """Return the image as last written; raise ImageNotFoundError, for a removed one too."""
    image = catalog.find(image_id)
    if image is None or not image.is_visible:
        raise ImageNotFoundError("there is no such image")
    return image


def delete_image(image_id: str, catalog: Catalog, objects: Objects) -> None:
    """Delete the object of a known image; raise ImageNotFoundError."""
    get_image(image_id, catalog)
    objects.delete(image_id)


def original_url(image_id: str, catalog: Catalog, links: Links) -> str:
    """Return a URL of the original; raise ImageNotFoundError.

    The response names the type that was recognised, not the one that the uploader claimed: what is no picture is a
    download, never a page.
    """
    image = get_image(image_id, catalog)
    content_type = f"image/{image.format.lower()}" if image.format else "application/octet-stream"
    return links.original(image_id, content_type, "inline" if image.format else "attachment")


def thumbnail_url(image_id: str, catalog: Catalog, links: Links) -> str:
    """Return a URL of the thumbnail; raise ImageNotFoundError or ThumbnailNotFoundError."""
    image = get_image(image_id, catalog)
    if not image.thumbnail:
        raise ThumbnailNotFoundError("the image has no thumbnail")
    return links.thumbnail(image.thumbnail)


_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
"""Neither the parts of a form nor the XML of S3's listings can carry all of them."""

_WILDCARD = "${filename}"
"""S3 puts the name of the uploaded file in its place: the key would no longer be one that we know."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A form, and the ImageId that its object will have."""

    image_id: str
    form: UploadForm


def create_upload(
    links: Links,
    *,
    content_type: str,
    image_id: str = "",
    prefix: str | None = None,
    max_bytes: int = DEFAULT_UPLOAD_BYTES,
) -> Upload:
    """Return a form for one object of this type and size; chooses the ImageId below `prefix` where none is given.

    Raises InvalidRequestError for a key that no image can have.
    """
    if image_id and prefix is not None:
        raise InvalidRequestError("is for an ImageId that the server chooses", parameter="Prefix")
    given = "ImageId" if image_id else "Prefix"
    image_id = image_id or f"{prefix or ''}{uuid.uuid4()}{IMAGE_TYPES[content_type]}"
    if len(image_id.encode()) > MAX_IMAGE_ID_BYTES:
        raise InvalidRequestError(f"gives an ImageId of more than {MAX_IMAGE_ID_BYTES:,} bytes", parameter=given)
    if image_id.endswith("/"):
        raise InvalidRequestError("must not end in a slash, as the names of folders do", parameter=given)
    if has_dot_segment(image_id):
        raise InvalidRequestError("must not have a segment . or .., which clients take out of URLs", parameter=given)
    if _CONTROLS.search(image_id):
        raise InvalidRequestError("must not contain control characters such as line breaks", parameter=given)
    if _WILDCARD in image_id:
        raise InvalidRequestError(f"must not contain {_WILDCARD}", parameter=given)
    return Upload(image_id, links.upload_form(image_id, content_type, max_bytes))


def find_images(records: Records, *, model_version_below: str = "", prefix: str = "") -> Iterator[Image]:
    """Yield the analysed images whose key starts so, and whose model is older than this version ("": all)."""
    for image in records.list_all():
        is_old = not model_version_below or _is_below(image.model_version, model_version_below)
        if image.status is Status.ANALYZED and image.image_id.startswith(prefix) and is_old:
            yield image


def reanalyze_images(images: list[Image], requests: Requests, clock: Clock) -> list[Sent]:
    """Queue a request for each, for which no analysis made before now is good enough."""
    requests.send([image.image_id for image in images], analyzed_since=clock.now())
    return [Sent(image.image_id, image.etag, image.version) for image in images]


def _is_below(version: str, other: str) -> bool:
    return _numbers(version) < _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    """Return `3.0` as (3, 0); what is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Limits:
    """What `POST /analyses` may cost: one detector call per picture in `interval_seconds`, so many requests a minute.

    `quota` counts the requests of a caller; None: any number.
    """

    interval_seconds: int = 0
    quota: Quota | None = None


def analyze_again(
    image_id: str, catalog: Catalog, *, caller: str, requests: Requests, clock: Clock, limits: Limits
) -> None:
    """Queue a known image; an analysis that is younger than the interval is good enough.

    Raises ImageNotFoundError, or TooManyRequestsError where the caller has had its share.
    """
    get_image(image_id, catalog)
    if limits.quota:
        limits.quota.spend(caller)
    since = datetime.fromisoformat(clock.now()) - timedelta(seconds=limits.interval_seconds)
    requests.send([image_id], analyzed_since=since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


@dataclass(frozen=True, slots=True)
class Trash:
    """What the use cases of removed images and earlier versions need; the bucket keeps those for `days`."""

    catalog: Catalog
    search: Search
    versions: Versions
    links: Links
    days: int


@dataclass(frozen=True, slots=True)
class TrashedImage:
    """A removed image that can come back; `url` is that of its last content ("": not known)."""

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
    """Make the last version of a removed image its object again; raise ImageNotFoundError or KeyTakenError.

    The new object is announced like an upload; its analysis is known by its content.
    """
    contents, _ = _removed(image_id, trash)
    if not contents:
        raise ImageNotFoundError("there is nothing to restore")
    trash.versions.copy(image_id, contents[0].version_id, replace=False)


def delete_for_good(image_id: str, trash: Trash) -> None:
    """Delete all versions of a removed image, and take it out of the trash.

    Raises ImageNotFoundError, or KeyTakenError where the image is not removed.
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


def _forgotten(image: Image, deleted: Collection[str], now: str) -> Image:
    """Return the tombstone that is not in the trash, also where the removal has not reached the record yet."""
    if image.is_in_trash:
        return replace(image, reason="")
    if image.is_visible and image.version_id in deleted:
        return Image(image.image_id, Status.REMOVED, image.sequencer, now)
    return image


def _removed(image_id: str, trash: Trash) -> tuple[list[ObjectVersion], list[ObjectVersion]]:
    """Return the versions of an image and its markers; raise KeyTakenError where the image is there."""
    versions = trash.versions.list(image_id)
    if any(version.is_latest and not version.is_marker for version in versions):
        raise KeyTakenError("there is an image of this key")
    contents = [version for version in versions if not version.is_marker]
    return contents, [version for version in versions if version.is_marker]


_MOST_VERSIONS = 100


def list_versions(image_id: str, trash: Trash) -> list[tuple[ObjectVersion, str]]:
    """Return the newest versions of an image, removed or not, each with a URL; raise ImageNotFoundError."""
    found = [version for version in trash.versions.list(image_id) if not version.is_marker]
    if not found:
        raise ImageNotFoundError("there is no such image")
    return [(version, trash.links.version(image_id, version.version_id)) for version in found[:_MOST_VERSIONS]]


def restore_version(image_id: str, version_id: str, trash: Trash) -> None:
    """Make a version the current one; raise VersionNotFoundError."""
    found = (version for version in trash.versions.list(image_id) if version.version_id == version_id)
    version = next((version for version in found if not version.is_marker), None)
    if version is None:
        raise VersionNotFoundError("the image has no such version")
    if not version.is_latest:
        trash.versions.copy(image_id, version_id, replace=True)


_ATTEMPTS = 5


def write_again(image_id: str, catalog: Catalog, change: Callable[[Image], Image]) -> Image | None:
    """Change a record as it is when it is written, and return it; raise CatalogConflictError."""
    for _ in range(_ATTEMPTS):
        known = catalog.find(image_id)
        changed = change(known) if known else None
        if known is None or changed is None or changed == known:
            return known
        try:
            return catalog.save(changed, replacing=known)
        except CatalogConflictError:
            continue
    raise CatalogConflictError(f"the image was written {_ATTEMPTS} times by others while it was read")


def correct_labels(
    image_id: str, catalog: Catalog, *, add: Sequence[str] = (), remove: Sequence[str] = (), undo: Sequence[str] = ()
) -> Image:
    """Take a person's word on labels of an image, and return the record; raise ImageNotFoundError, InvalidRequestError.

    A lost race is run again: what others have written meanwhile stays. AnalyzedAt does too, for nothing was analysed.
    """
    names = [name.casefold() for name in (*add, *remove, *undo)]
    if not 1 <= len(names) <= _MOST_NAMES:
        raise InvalidRequestError(f"the body needs 1 to {_MOST_NAMES} names in all")
    if len(set(names)) < len(names):
        raise InvalidRequestError("the body has a name twice")

    def change(image: Image) -> Image:
        if not image.is_visible:
            raise ImageNotFoundError("there is no such image")
        corrections = image.corrections.changed(add, remove, undo, content=image.content)
        if max(len(corrections.added), len(corrections.removed)) > MAX_CORRECTIONS:
            raise InvalidRequestError(f"an image has room for {MAX_CORRECTIONS} added and as many removed labels")
        return replace(image, corrections=corrections)

    image = write_again(image_id, catalog, change)
    if image is None:
        raise ImageNotFoundError("there is no such image")
    return image


_MOST_NAMES = 20
