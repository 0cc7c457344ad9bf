"""What a content is, told from its first bytes; a file's name says nothing.

Signatures: each format's own specification; brands of ISO base media files: ISO/IEC 23008-12 (HEIF) and the AV1
Image File Format, section 4.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, cast

from PIL import ImageFile

from viewfinder.adapters.pictures.limits import Defect, rejected

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # BigTIFF
    b"MM\0+": "TIFF",
}

UNSUPPORTED_SIGNATURES = {
    b"II*\0\x10\0\0\0CR": "Canon raw",  # a TIFF by its first bytes: looked up before those
    b"IIRO": "Olympus raw",
    b"IIRS": "Olympus raw",
    b"MMOR": "Olympus raw",
    b"IIU\0": "Panasonic raw",
    b"FUJIFILMCCD-RAW": "Fujifilm raw",
    b"FOVb": "Sigma raw",
    b"II\xbc\x01": "JPEG XR",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"%PDF-": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"8BPS": "Photoshop",
    b"gimp xcf": "GIMP",
    b"AT&TFORM": "DjVu",
    b"\0\0\1\0": "Windows icon",
    b"v/1\1": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"qoif": "QOI",
    b"DDS ": "DirectDraw surface",
}

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}
BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
SVG_BEGINNINGS = (b"<svg", b"<?xml", b"<!--", b"<!doctype svg")


def recognise(content: bytes) -> str:
    """Return the format's name (`JPEG`, `HEIC`, ...); raise ImageRejectedError for all that isn't taken."""
    if not content:
        raise rejected(Defect.EMPTY_OBJECT, "The object is empty.")
    if other := _unsupported(content):
        raise rejected(Defect.UNSUPPORTED_FORMAT, f"{other} is not among the formats that are analysed.")
    if found := _by_signature(content, SIGNATURES) or _by_structure(content):
        return found
    raise rejected(Defect.NOT_AN_IMAGE, "The content is not that of an image.")


def _by_signature(content: bytes, table: dict[bytes, str]) -> str | None:
    return next((name for signature, name in table.items() if content.startswith(signature)), None)


def _by_structure(content: bytes) -> str | None:
    """Recognise the formats whose first bytes alone don't say enough."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[:2] == b"BM" and int.from_bytes(content[14:18], "little") in BMP_HEADER_SIZES:
        return "BMP"
    brands = _brands(content)
    if AVIF_BRANDS & brands:  # first, because an AVIF is a `mif1` as well
        return "AVIF"
    return "HEIC" if HEIC_BRANDS & brands else None


def _brands(content: bytes) -> set[bytes]:
    """List the brands of an ISO base media file: the major one and the compatible ones."""
    if content[4:8] != b"ftyp":
        return set()
    box = content[8 : min(int.from_bytes(content[:4], "big"), 256)]
    return {box[:4]} | {box[start : start + 4] for start in range(8, len(box), 4)}


def _unsupported(content: bytes) -> str | None:
    if content[4:12] == b"ftypcrx ":
        return "Canon raw"
    return _by_signature(content, UNSUPPORTED_SIGNATURES) or ("SVG" if _is_svg(content) else None)


def _is_svg(content: bytes) -> bool:
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(SVG_BEGINNINGS) and b"<svg" in head


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
    """Read the picture's header; pixels are decoded later, by its `load()`."""
    module, name = DECODERS[format_name]
    decoder = getattr(import_module(module), name)
    source = cast(ImageFile.ImageFile, decoder(_CountedReads(content)))
    if format_name == "TIFF" and _is_camera_raw(cast("TiffImageFile", source)):
        raise rejected(Defect.UNSUPPORTED_FORMAT, "Camera raw is not among the formats that are analysed.")
    return source


def _is_camera_raw(source: TiffImageFile) -> bool:
    """Tell a DNG, NEF or ARW, whose first picture is but a small preview, from a TIFF."""
    tags = source.tag_v2
    is_preview = bool(tags.get(NEW_SUBFILE_TYPE, 0) & 1)
    return DNG_VERSION in tags or (is_preview and SUB_IFDS in tags)
