"""One image: get the record, delete the object, sign links to its pictures."""

from __future__ import annotations

from viewfinder.domain.errors import ImageNotFoundError, ThumbnailNotFoundError
from viewfinder.domain.image import Image
from viewfinder.ports import Catalog, Links, Objects


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
