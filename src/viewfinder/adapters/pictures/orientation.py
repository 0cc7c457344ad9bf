"""Turning a picture upright by its EXIF orientation (EXIF 2.32, tag 0x0112)."""

from __future__ import annotations

from PIL import ExifTags, Image, ImageFile

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

TURNED_BY_DECODER = ("TIFF", "HEIC")
"""Formats whose decoder gives the picture upright already; an AVIF's decoder gives its turn as EXIF."""


def orientation_of(format_name: str, source: ImageFile.ImageFile) -> int:
    """Gives the orientation that is still to be applied, 1 to 8; one that can't be read counts as upright."""
    if format_name in TURNED_BY_DECODER or "exif" not in source.info:
        return 1
    try:
        exif = Image.Exif()
        exif.load(source.info["exif"])
        orientation = exif.get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged metadata: nothing a viewer would refuse the picture for
        return 1
    return orientation if orientation in TURNS else 1


def turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Gives the size of a picture once it is upright."""
    return (size[1], size[0]) if orientation >= 5 else size


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Gives the picture upright."""
    return picture.transpose(TURNS[orientation]) if orientation in TURNS else picture
