"""Has an image analysed again, by an analysis that is not older than the request."""

from __future__ import annotations

from viewfinder.ports import Catalog, Clock, Requests
from viewfinder.usecases.get_image import get_image


def analyze_again(image_id: str, catalog: Catalog, requests: Requests, clock: Clock) -> None:
    """Queues a known image; raises ImageNotFoundError."""
    get_image(image_id, catalog)
    requests.send([image_id], analyzed_since=clock.now())
