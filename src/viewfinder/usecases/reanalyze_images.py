"""Has images analysed anew: by a newer model, or just again."""

from __future__ import annotations

from collections.abc import Iterator

from viewfinder.domain.image import Image, Status
from viewfinder.ports import Catalog, Clock, Records, Requests
from viewfinder.usecases.images import get_image
from viewfinder.usecases.import_images import Sent


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


def analyze_again(image_id: str, catalog: Catalog, requests: Requests, clock: Clock) -> None:
    """Queue a known image; raise ImageNotFoundError."""
    get_image(image_id, catalog)
    requests.send([image_id], analyzed_since=clock.now())
