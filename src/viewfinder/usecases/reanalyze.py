"""Analyse known images again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from viewfinder.domain.image import Image, Status
from viewfinder.ports import Catalog, Clock, Quota, Records, Requests
from viewfinder.usecases.images import get_image
from viewfinder.usecases.import_images import Sent


def find_images(records: Records, *, model_version_below: str = "", prefix: str = "") -> Iterator[Image]:
    """Yield the analysed images whose key starts so, and whose model is older than this version ("": all)."""
    for image in records.list_all():
        is_old = not model_version_below or _is_below(image.model_version, model_version_below)
        if image.status is Status.ANALYZED and image.image_id.startswith(prefix) and is_old:
            yield image


def reanalyze_images(images: list[Image], requests: Requests, clock: Clock) -> list[Sent]:
    """Queue a request for each image, which accepts no analysis made before now."""
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
    """Queue a known image; accept an analysis that is younger than the interval.

    Raise ImageNotFoundError, or TooManyRequestsError where the caller has had its share.
    """
    get_image(image_id, catalog)
    if limits.quota:
        limits.quota.spend(caller)
    since = datetime.fromisoformat(clock.now()) - timedelta(seconds=limits.interval_seconds)
    requests.send([image_id], analyzed_since=since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
