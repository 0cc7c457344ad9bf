"""Recognise the format of a content by its first bytes, never by the file's name.

Signatures: each format's own specification; brands of ISO base media files: ISO/IEC 23008-12 (HEIF) and the AV1
Image File Format, section 4.
"""

from __future__ import annotations

import re

from viewfinder.adapters.pictures.limits import Defect, rejected

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
    b"icns": "Apple icon",
    b"\1\xda": "SGI image",
    b"\x59\xa6\x6a\x95": "Sun raster",
    b"SIMPLE  =": "FITS",
    b"SDPX": "DPX",
    b"XPDS": "DPX",
    b"BPG\xfb": "BPG",
    b"FLIF": "FLIF",
    b"\x8aMNG\r\n\x1a\n": "MNG",
    b"/* XPM */": "X pixmap",
    b"\xd7\xcd\xc6\x9a": "Windows metafile",
    b"farbfeld": "farbfeld",
    b"\0MRM": "Minolta raw",
}

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}
BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
SVG_BEGINNINGS = (b"<svg", b"<?xml", b"<!--", b"<!doctype svg")


def recognise(content: bytes) -> str:
    """Return the format's name (`JPEG`, `HEIC`, ...); raise ImageRejectedError for an unsupported one."""
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


_NETPBM = re.compile(rb"P(?:[1-7F]|f)[ \t\r\n]+(?:#|\d|WIDTH)")


def _unsupported(content: bytes) -> str | None:
    if content[4:12] == b"ftypcrx ":
        return "Canon raw"
    return _by_signature(content, UNSUPPORTED_SIGNATURES) or _unsupported_by_structure(content)


def _unsupported_by_structure(content: bytes) -> str | None:
    if content[128:132] == b"DICM":
        return "DICOM"
    if _NETPBM.match(content):
        return "Portable pixmap"
    if (
        content[:1] == b"\n"
        and content[1:2] in b"\0\2\3\4\5"
        and content[2:3] == b"\1"
        and content[3:4] in b"\1\2\4\x08"
    ):
        return "PCX"
    if content[:4] == b"\0\0\2\0" and content[4:6] > b"\0\0":  # else a TGA may begin so
        return "Windows cursor"
    if content[-18:] == b"TRUEVISION-XFILE.\0" or _is_old_tga(content[:18]):
        return "TGA"
    return "SVG" if _is_svg(content) else None


def _is_old_tga(header: bytes) -> bool:
    """Return whether a header is that of a TGA without a signature: every field has one of few values."""
    if len(header) < 18 or not any(header[12:14]) or not any(header[14:16]):
        return False
    has_map, kind, depth, flags = header[1], header[2], header[16], header[17]
    is_mapped = has_map == 1 and kind in (1, 9) and depth == 8 and header[7] in (15, 16, 24, 32)
    is_plain = has_map == 0 and not any(header[3:8]) and kind in (2, 3, 10, 11) and depth in (8, 15, 16, 24, 32)
    return (is_mapped or is_plain) and not flags & 0xC0 and not any(header[8:12])


def _is_svg(content: bytes) -> bool:
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(SVG_BEGINNINGS) and b"<svg" in head
