"""Change a record, and repeat after a conflicting write."""

from __future__ import annotations

from collections.abc import Callable

from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import Image
from viewfinder.ports import Catalog

_ATTEMPTS = 5


def write_again(image_id: str, catalog: Catalog, change: Callable[[Image], Image]) -> Image | None:
    """Apply a change to the latest record, and return it; raise CatalogConflictError after too many conflicts."""
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
