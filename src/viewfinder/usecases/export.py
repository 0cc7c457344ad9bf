"""Export the catalog's visible records, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from viewfinder.domain.image import Image
from viewfinder.ports import Records

_PAGE = 100


@dataclass
class Exported:
    """How many images were exported, and the highest version among them: the next export's `since`."""

    images: int = 0
    version: int = 0


def pages(records: Records, done: Exported, *, since: int = 0) -> Iterator[list[Image]]:
    """Yield the images whose version is higher than `since`, each once as long as nobody writes meanwhile."""
    ids = (state.image_id for state in records.states() if state.version > since)
    while wanted := list(islice(ids, _PAGE)):
        page = [image for image in records.find_many(wanted).values() if image.is_visible]
        done.images += len(page)
        done.version = max([done.version, *(image.version for image in page)])
        if page:
            yield page
