"""TIFF 6.0 and BigTIFF: Pillow's reader with corrections, and the reasons for refusals."""

from __future__ import annotations

import io
from contextlib import suppress
from math import ceil
from typing import Any, cast

from PIL import ExifTags, ImageFile, ImagePalette, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from viewfinder.adapters.pictures.limits import Defect, rejected

NEW_SUBFILE_TYPE, OLD_SUBFILE_TYPE, SUB_IFDS, DNG_VERSION = 254, 255, 330, 50706
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANES = 256, 257, 258, 259, 262, 277, 284
STRIP_OFFSETS, ROWS_PER_STRIP, STRIP_BYTES, COLOUR_MAP = 273, 278, 279, 320
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325

YCBCR, COLOUR_FILTER, LINEAR_RAW = 6, 32803, 34892
RAW_COMPRESSIONS = {262, 32767, 32769, 32770, 34713, 34892, 65000, 65535}
"""Kodak, Sony, Epson, Samsung, Nikon, DNG and Pentax, as exiftool names them."""

UNREAD_COMPRESSIONS = {50_001}
"""WebP, which Pillow knows by name but its libtiff does not unpack."""

MAX_PIECES = 300_000
MAX_PAGES = 64
MAX_SAMPLES = 6


_BIG_ENDIAN_BIGTIFF, _AS_PILLOW_KNOWS_IT = b"MM\0+", b"MM+\0"
TiffImagePlugin.PREFIXES.append(
    _AS_PILLOW_KNOWS_IT
)  # it tells a BigTIFF by its third byte, as little-endian ones have it


class Tiff(TiffImageFile):
    """A TIFF that stays as it is stored: turning it upright is left to the reader, as for every format."""

    def _open(self) -> None:
        fp = cast(io.BytesIO, self.fp)
        if fp.read(4) == _BIG_ENDIAN_BIGTIFF:
            self.fp = _Swapped(fp.getvalue())
        self.fp.seek(0)  # type: ignore[union-attr]
        super()._open()
        self._turn_to_full_size()

    def _turn_to_full_size(self) -> None:
        """Go from a reduced version of the picture, a thumbnail, to the first page that is none, where there is one."""
        with suppress(EOFError):
            for page in range(1, MAX_PAGES):
                if not self._is_reduced:
                    return
                self.seek(page)
        if self._is_reduced:
            self.seek(0)

    @property
    def _is_reduced(self) -> bool:
        return bool(self._number(NEW_SUBFILE_TYPE) & 1) or self._number(OLD_SUBFILE_TYPE) == 2

    def _setup(self) -> None:
        self._check()
        try:
            super()._setup()
        except (KeyError, SyntaxError, TypeError) as error:
            raise self._refusal(error) from error
        # Pillow's own reader of uncompressed pixels takes neither apart; libtiff's does.
        if self._tag(PHOTOMETRIC) == YCBCR and not self.use_load_libtiff:
            self._read_by_libtiff("RGBX")
        elif self._tag(PLANES) == 2 and self._bits[:1] == (16,) and not self.use_load_libtiff and self.mode == "RGB":
            self._read_by_libtiff("RGB;16N")
        if self.mode in ("P", "PA") and max(self.tag_v2[COLOUR_MAP]) < 256:  # entries of 8 bits in place of 16
            self.palette = ImagePalette.raw("RGB;L", bytes(self.tag_v2[COLOUR_MAP]))

    def load_end(self) -> None:
        """Read what needs the file; leave out Pillow's turn, which needs the picture twice and EXIF that is whole."""
        with suppress(Exception):
            for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
                self.getexif().get_ifd(directory)
        self._size = self._tile_size

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height before the picture is turned upright."""
        return self._tile_size

    @property
    def is_jpeg(self) -> bool:
        """Whether its strips or tiles are JPEGs."""
        return self._tag(COMPRESSION) in (6, 7)

    @property
    def pieces(self) -> tuple[int, int]:
        """Pixels of one strip or tile, and bytes of a pixel: libtiff unpacks a strip or tile as a whole."""
        width, height = self._tile_size
        if TILE_OFFSETS in self.tag_v2:
            pixels = self._number(TILE_WIDTH) * self._number(TILE_LENGTH)
        else:
            pixels = width * min(self._number(ROWS_PER_STRIP) or height, height)
        return pixels, ceil(sum(self._bits) / 8)

    @property
    def _bits(self) -> tuple[int, ...]:
        bits: tuple[int, ...] = self.tag_v2.get(BITS, (1,))
        return bits if len(bits) != 1 else bits * min(self._number(SAMPLES) or 1, MAX_SAMPLES)

    def _tag(self, tag: int) -> Any:
        return self.tag_v2.get(tag)

    def _number(self, tag: int) -> int:
        value = self.tag_v2.get(tag, 0)
        return value if isinstance(value, int) else 0

    def _check(self) -> None:
        offsets = self.tag_v2._tagdata.get(STRIP_OFFSETS) or self.tag_v2._tagdata.get(TILE_OFFSETS) or b""
        if len(offsets) > 8 * MAX_PIECES:
            raise rejected(Defect.CORRUPT_IMAGE, f"The image is made of more than {MAX_PIECES:,} pieces.")
        if self._tag(COMPRESSION) in UNREAD_COMPRESSIONS:
            raise self._refusal(ValueError())
        if self._is_camera_raw():
            raise rejected(Defect.UNSUPPORTED_FORMAT, "Camera raw is not among the formats that are analysed.")

    def _is_camera_raw(self) -> bool:
        """Return whether the first picture is a sensor's, or the small preview of a DNG, NEF or ARW."""
        return (
            DNG_VERSION in self.tag_v2
            or (self._is_reduced and SUB_IFDS in self.tag_v2)
            or self._tag(PHOTOMETRIC) in (COLOUR_FILTER, LINEAR_RAW)
            or self._tag(COMPRESSION) in RAW_COMPRESSIONS
        )

    def _refusal(self, error: Exception) -> Exception:
        """Return why Pillow can't read it: cut, nonsense, or a kind of pixels that is not read."""
        if not (self._number(WIDTH) and self._number(LENGTH)) or self._number(SAMPLES) > 255:
            return error
        if self._is_cut():
            return rejected(Defect.TRUNCATED_IMAGE, "The TIFF ends before its pixels do.")
        kind = f"{len(self._bits)} x {max(self._bits)} bits, compression {self._tag(COMPRESSION) or 1}"
        return rejected(Defect.UNSUPPORTED_FORMAT, f"TIFF of this kind ({kind}) is not among the formats analysed.")

    def _is_cut(self) -> bool:
        end = len(cast(io.BytesIO, self.fp).getbuffer())
        for starts, sizes in ((STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)):
            places = zip(self.tag_v2.get(starts, ()), self.tag_v2.get(sizes, ()), strict=False)
            if any(start + size > end for start, size in places):
                return True
        return False

    def _read_by_libtiff(self, raw_mode: str) -> None:
        self._mode, self.use_load_libtiff = "RGB", True
        self.tile = [ImageFile._Tile("libtiff", (0, 0, *self._tile_size), 0, (raw_mode, False, self.tag_v2.offset))]


class _Swapped(io.BytesIO):
    """A big-endian BigTIFF whose header Pillow recognises; libtiff is given the file as it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        is_start = self.tell() == 0
        found = super().read(size)
        return _AS_PILLOW_KNOWS_IT + found[4:] if is_start and found.startswith(_BIG_ENDIAN_BIGTIFF) else found
