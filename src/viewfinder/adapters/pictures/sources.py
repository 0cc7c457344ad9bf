"""Opening a picture with the one decoder of its format, within limits of pixels, memory and time.

Each decoder class is named here and imported when needed: Image.open would import more of them (cold start), try
them in turn, and check sizes against a limit that is global to the process and warns.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, cast

from PIL import ImageFile

from viewfinder.adapters.pictures.defects import Defect, rejected

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

DECODERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),  # also MPO: its first picture is a JPEG
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pillow_heif", "HeifImageFile"),
}

MAX_READS = 300_000
"""A picture in more pieces is hostile: 50 MB of empty chunks would keep a decoder busy for a minute.

A PNG of 50 MB as libpng writes it, in chunks of 8 KB, takes some 30,000.
"""

NEW_SUBFILE_TYPE, SUB_IFDS, DNG_VERSION = 254, 330, 50706
"""Tags of TIFF 6.0 and of the DNG specification."""


class _CountedReads(io.BytesIO):
    """A content that ends the reading of a file made of endless small pieces."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise rejected(Defect.CORRUPT_IMAGE, f"The image is made of more than {MAX_READS:,} pieces.")
        return super().read(size)


def open_source(format_name: str, content: bytes) -> ImageFile.ImageFile:
    """Reads the picture's header; pixels are decoded later, by its `load()`."""
    module, name = DECODERS[format_name]
    decoder = getattr(import_module(module), name)
    source = cast(ImageFile.ImageFile, decoder(_CountedReads(content)))
    if format_name == "TIFF" and _is_camera_raw(cast("TiffImageFile", source)):
        raise rejected(Defect.UNSUPPORTED_FORMAT, "Camera raw is not among the formats that are analysed.")
    return source


def _is_camera_raw(source: TiffImageFile) -> bool:
    """Tells a DNG, NEF or ARW, whose first picture is but a small preview, from a TIFF."""
    tags = source.tag_v2
    is_preview = bool(tags.get(NEW_SUBFILE_TYPE, 0) & 1)
    return DNG_VERSION in tags or (is_preview and SUB_IFDS in tags)
