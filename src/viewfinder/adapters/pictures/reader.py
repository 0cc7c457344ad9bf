"""The picture reader: recognise, check the cost, decode once, derive."""

from __future__ import annotations

from viewfinder.adapters import detector
from viewfinder.adapters.pictures import rendering
from viewfinder.adapters.pictures.formats import recognise
from viewfinder.adapters.pictures.likeness import likeness_of
from viewfinder.adapters.pictures.limits import (
    MAX_MEMORY,
    MAX_PIXELS,
    Budget,
    Defect,
    OutOfMemoryError,
    rejected,
    rejecting_defects,
)
from viewfinder.adapters.pictures.metadata import Metadata
from viewfinder.adapters.pictures.rendering import by_code_points, by_gamma, is_srgb
from viewfinder.adapters.pictures.sources import Source, open_source
from viewfinder.domain.image import Picture
from viewfinder.domain.screen import needs_screen


class Pictures:
    """Reads pictures, from several threads at once.

    A picture of more pixels than `max_pixels`, or whose decoding would take more than `max_memory` bytes, is rejected
    before any of it is decoded. Pictures that are decoded at the same time share `max_memory`. `has_screens` says
    whether renditions for screens are made.
    """

    def __init__(
        self, *, max_pixels: int = MAX_PIXELS, max_memory: int = MAX_MEMORY, has_screens: bool = False
    ) -> None:
        self._max_pixels = max_pixels
        self._has_screens = has_screens
        self._budget = Budget(max_memory)

    def rendition(self, content: bytes) -> bytes:
        """Return what the detector gets of a picture that `read` accepts; raises ImageRejectedError.

        A JPEG that goes as it is isn't decoded. Of a PNG only what lies behind its pixels tells whether it does.
        """
        with rejecting_defects(format_name := recognise(content), content):
            if format_name == "JPEG" and _goes_as_it_is(open_source(format_name, content)):
                return content
        return self.read(content).rendition

    def read(self, content: bytes) -> Picture:
        """Return the picture upright with its renditions; raises ImageRejectedError with a reason of `Defect`.

        A picture for which there was no memory is tried once more, alone.
        """
        format_name = recognise(content)
        try:
            return self._read(format_name, content)
        except OutOfMemoryError:
            pass
        try:
            return self._read(format_name, content, is_alone=True)
        except OutOfMemoryError as error:
            raise rejected(Defect.TOO_MANY_PIXELS, "Decoding takes more memory than there is.") from error

    def _read(self, format_name: str, content: bytes, *, is_alone: bool = False) -> Picture:
        with rejecting_defects(format_name, content):
            source = open_source(format_name, content)
            self._check(source)
            with self._budget.taking(source.cost, is_alone=is_alone or source.is_alone):
                has_screen = self._has_screens and needs_screen(source.format, *source.size, len(content))
                return _derive(source, has_screen=has_screen)

    def _check(self, source: Source) -> None:
        if source.pixels > self._max_pixels or source.cost > self._budget.total:
            width, height = source.size
            raise rejected(
                Defect.TOO_MANY_PIXELS,
                f"{width} x {height} pixels, {source.pixels:,} of them to decode, are too many.",
            )


def _derive(source: Source, *, has_screen: bool) -> Picture:
    """Decode at the smallest scale that serves, which also proves that the picture is whole.

    The detector gets the very bytes that were decoded here, without the chunks that were left out: another reader may
    refuse those.
    """
    picture, stored_size, as_is = source.picture, source.size, _goes_as_it_is(source)
    shown_size = rendering.screen_size if has_screen else rendering.thumbnail_size
    needed = (shown_size if as_is else rendering.rendition_size)(stored_size)
    source.load(needed)
    metadata = Metadata(picture)  # a PNG may have it behind its pixels
    orientation = 1 if source.format in rendering.TURNED_BY_DECODER else metadata.orientation
    if source.format == "PNG" and orientation != 1 and as_is:
        as_is, needed = False, rendering.rendition_size(stored_size)
    shrunk = rendering.shrink(picture, needed)
    if not picture.info.get("icc_profile"):
        shrunk = by_gamma(by_code_points(shrunk, source.code_points), source.gamma)
    upright = rendering.upright(shrunk, orientation)
    width, height = rendering.turned(stored_size, orientation)
    shown = rendering.shrink(upright, shown_size((width, height)))
    thumbnail = rendering.shrink(shown, rendering.thumbnail_size((width, height)))
    return Picture(
        format=source.format,
        width=width,
        height=height,
        rendition=source.content if as_is else rendering.encode_rendition(upright),
        thumbnail=rendering.encode_small(thumbnail),
        facts=metadata.facts,
        screen=rendering.encode_small(shown) if has_screen else b"",
        likeness=likeness_of(thumbnail),
    )


def _goes_as_it_is(source: Source) -> bool:
    """Return whether the detector takes the file unchanged, by its header."""
    mode = source.picture.mode if source.is_plain else ""
    return (
        source.is_untouched
        and is_srgb(source.code_points)
        and detector.takes(source.format, mode, source.size, len(source.content), source.scanned_pixels)
    )
