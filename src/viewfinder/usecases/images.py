"""One image: its record, its end, and links to its pictures."""

from __future__ import annotations

from viewfinder.domain.errors import ImageNotFoundError, ThumbnailNotFoundError
from viewfinder.domain.image import Image
from viewfinder.domain.screen import SHOWN_BY_BROWSERS
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
    """Return a URL of the original; raise ImageNotFoundError."""
    return _original_url(get_image(image_id, catalog), links)


def _original_url(image: Image, links: Links) -> str:
    """Name the type that was recognised, not the one that the uploader claimed: what is no picture is a download."""
    content_type = f"image/{image.format.lower()}" if image.format else "application/octet-stream"
    return links.original(image.image_id, content_type, "inline" if image.format else "attachment")


def thumbnail_url(image_id: str, catalog: Catalog, links: Links) -> str:
    """Return a URL of the thumbnail; raise ImageNotFoundError or ThumbnailNotFoundError."""
    return _thumbnail_url(get_image(image_id, catalog), links)


def _thumbnail_url(image: Image, links: Links) -> str:
    if not image.thumbnail:
        raise ThumbnailNotFoundError("the image has no thumbnail")
    return links.thumbnail(image.thumbnail)


def screen_url(image_id: str, catalog: Catalog, links: Links) -> str:
    """Return a URL of the rendition for screens; raise ImageNotFoundError or ThumbnailNotFoundError.

    An image without one has a light original, or was analysed by an earlier release: it is shown by its original where
    browsers show the format, else by its thumbnail.
    """
    image = get_image(image_id, catalog)
    if image.screen:
        return links.thumbnail(image.screen)
    return (_original_url if image.format in SHOWN_BY_BROWSERS else _thumbnail_url)(image, links)
