"""Gives short-lived URLs of an image's pictures."""

from __future__ import annotations

from viewfinder.domain.errors import ThumbnailNotFoundError
from viewfinder.ports import Catalog, Links
from viewfinder.usecases.get_image import get_image


def original_url(image_id: str, catalog: Catalog, links: Links) -> str:
    """Gives a URL of the original; raises ImageNotFoundError.

    The response names the type that was recognised, not the one that the uploader claimed: what is no picture is a
    download, never a page.
    """
    image = get_image(image_id, catalog)
    content_type = f"image/{image.format.lower()}" if image.format else "application/octet-stream"
    return links.original(image_id, content_type, "inline" if image.format else "attachment")


def thumbnail_url(image_id: str, catalog: Catalog, links: Links) -> str:
    """Gives a URL of the thumbnail; raises ImageNotFoundError or ThumbnailNotFoundError."""
    image = get_image(image_id, catalog)
    if not image.thumbnail:
        raise ThumbnailNotFoundError("the image has no thumbnail")
    return links.thumbnail(image.thumbnail)
