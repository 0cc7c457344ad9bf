"""Removes an image: deletes the object, whose event then takes it from the catalog."""

from __future__ import annotations

from viewfinder.ports import Catalog, Objects
from viewfinder.usecases.get_image import get_image


def delete_image(image_id: str, catalog: Catalog, objects: Objects) -> None:
    """Deletes the object of a known image; raises ImageNotFoundError."""
    get_image(image_id, catalog)
    objects.delete(image_id)
