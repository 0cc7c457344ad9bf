"""The picture reader: recognise, check the cost, decode once, derive."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

from PIL import Image, ImageFile

from viewfinder.adapters.pictures import rendering
from viewfinder.adapters.pictures.formats import open_source, recognise
from viewfinder.adapters.pictures.limits import Defect, decoding_bytes, rejected, rejecting_defects
from viewfinder.adapters.pictures.metadata import Metadata
from viewfinder.adapters.pictures.rendering import TURNED_BY_DECODER, shrink, turned, upright
from viewfinder.domain.image import Picture

MAX_PIXELS = 300_000_000
"""Phones make 200 megapixels. Only a JPEG in one scan gets this far: it is decoded at a reduced scale."""

MAX_MEMORY = 640 * 1024 * 1024
"""Bytes for decoding one picture; with interpreter, content and renditions it stays below 1 GB."""

LARGE = 64 * 1024 * 1024
"""Pictures that take more bytes than this are decoded one at a time."""


class Pictures:
    """Reads pictures, from several threads at once.

    A picture of more pixels than `max_pixels`, or whose decoding would take more than `max_memory` bytes, is rejected
    before any of it is decoded.
    """

    def __init__(self, *, max_pixels: int = MAX_PIXELS, max_memory: int = MAX_MEMORY) -> None:
        self._max_pixels = max_pixels
        self._max_memory = max_memory
        self._one_large = threading.Lock()

    def read(self, content: bytes) -> Picture:
        """Return the picture upright with its renditions; raise ImageRejectedError with a reason of `Defect`."""
        format_name = recognise(content)
        with rejecting_defects(content):
            source = open_source(format_name, content)
            with self._turn(self._checked_cost(format_name, source, content)):
                return _derive(format_name, source, content)

    def _checked_cost(self, format_name: str, source: ImageFile.ImageFile, content: bytes) -> int:
        pixels = source.width * source.height
        cost = decoding_bytes(format_name, source, content)
        if pixels > self._max_pixels or cost > self._max_memory:
            raise rejected(Defect.TOO_MANY_PIXELS, f"{source.width} x {source.height} pixels are too many to decode.")
        return cost

    def _turn(self, cost: int) -> AbstractContextManager[object]:
        return self._one_large if cost > LARGE else nullcontext()


def _derive(format_name: str, source: ImageFile.ImageFile, content: bytes) -> Picture:
    """Decode at the smallest scale that serves, which also proves that the picture is whole."""
    stored_size = source.size
    as_is = rendering.detector_takes(format_name, source, content)
    needed = (rendering.thumbnail_size if as_is else rendering.rendition_size)(stored_size)
    source.draft(None, needed)
    source.load()
    metadata = Metadata(source)  # a PNG may have it behind its pixels
    orientation = 1 if format_name in TURNED_BY_DECODER else metadata.orientation
    if format_name == "PNG" and orientation != 1 and as_is:
        as_is, needed = False, rendering.rendition_size(stored_size)
    picture = upright(shrink(source, needed), orientation)
    width, height = turned(stored_size, orientation)
    return Picture(
        format=format_name,
        width=width,
        height=height,
        rendition=content if as_is else rendering.encode_rendition(picture),
        thumbnail=rendering.encode_thumbnail(_thumbnail(picture, (width, height))),
        facts=metadata.facts,
    )


def _thumbnail(picture: Image.Image, upright_size: tuple[int, int]) -> Image.Image:
    return shrink(picture, rendering.thumbnail_size(upright_size))
