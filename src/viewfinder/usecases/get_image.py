"""Gives one image with everything known of it."""

from __future__ import annotations

from viewfinder.domain.errors import ImageNotFoundError
from viewfinder.domain.image import Image
from viewfinder.ports import Catalog


def get_image(image_id: str, catalog: Catalog) -> Image:
    """Gives the image as last written; raises ImageNotFoundError, for a removed one too."""
    image = catalog.find(image_id)
    if image is None or not image.is_visible:
        raise ImageNotFoundError("there is no such image")
    return image
