"""Open a picture's file: estimate the cost of decoding, and decode each format correctly."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from PIL import Image, ImageFile

from viewfinder.adapters.pictures import isobmff, structure
from viewfinder.adapters.pictures.limits import MAX_PIXELS, MAX_SCANNED_PIXELS, Defect, decoding_bytes, rejected

if TYPE_CHECKING:
    from viewfinder.adapters.pictures.tiff import Tiff

DECODERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),  # also MPO: its first picture is a JPEG
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "TIFF": ("viewfinder.adapters.pictures.tiff", "Tiff"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pillow_heif", "HeifImageFile"),
}

_SPREAD = {2: 85, 4: 17}
"""Factor from a grey of so many bits to one of 8."""

_SLIGHT = 0.05
"""Deviation of a gamma from that of screens which nobody sees; some programs write 0.45, some 0.45455."""

_USUAL_PROFILE = 1_000_000
"""Bytes of a PNG's profile that others unpack too, Pillow by default."""

_LARGEST_UNIT = 8
"""Pixels a side of the part of a JPEG's last unit that lies within the picture whatever its sampling."""

_OTHER_DATA = bytes(range(1, 251)) * 64 + structure.END_OF_IMAGE


class _CountedReads(io.BytesIO):
    """A content that ends the reading of a file made of endless small pieces."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > structure.MAX_PIECES:
            raise rejected(Defect.CORRUPT_IMAGE, structure.TOO_MANY_PIECES)
        return super().read(size)


@dataclass
class Source:
    """A picture whose header was read, with the cost of decoding it.

    `size` is as stored. `pixels` are those that are decoded in all, `scanned_pixels` those of a JPEG in several scans
    times their number; `coded_end` is where the pixels of a JPEG end. `code_points` are primaries and transfer (ITU-T
    H.273), `covered` is the part of a GIF's screen that its first frame covers. `gamma` is the exponent from light to
    the stored values, where it is not that of sRGB.
    """

    format: str
    content: bytes
    cost: int
    size: tuple[int, int]
    opened: ImageFile.ImageFile | None = None
    pixels: int = 0
    scanned_pixels: int = 0
    is_untouched: bool = True
    has_end: bool = True
    coded_end: int = 0
    is_alone: bool = False
    covered: tuple[int, ...] = ()
    code_points: tuple[int, int] = (2, 2)
    gamma: float | None = None

    @property
    def picture(self) -> ImageFile.ImageFile:
        """The picture for Pillow: opened by now, but for formats whose decoder takes its memory when it is opened."""
        self.opened = self.opened or _decoder(self.format, self.content)
        return self.opened

    @property
    def is_plain(self) -> bool:
        """Whether the picture is opaque, with at most 8 bits a channel."""
        depth = self.content[24] if self.format == "PNG" else 8  # in IHDR, always the first chunk
        return depth <= 8 and not self.picture.has_transparency_data

    def load(self, needed: tuple[int, int]) -> None:
        """Decode the pixels; if the format allows it, at a smaller scale that still has the size `needed`."""
        self.picture.draft(None, needed)
        self.picture.load()
        if self.coded_end and (not self.has_end or self._ends_flat()) and not self._is_whole():
            raise rejected(Defect.TRUNCATED_IMAGE, "The file ends before the picture does.")
        if self.covered and self.covered != (0, 0, *self.size):
            _clear_around(self.picture, self.covered)

    def _ends_flat(self) -> bool:
        """Return whether the last unit of a JPEG is of one colour, as decoders fill in what is missing at the end."""
        width, height = self.picture.size
        unit = [max(1, _LARGEST_UNIT * now // stored) for now, stored in zip((width, height), self.size, strict=True)]
        last = self.picture.crop((max(0, width - unit[0]), max(0, height - unit[1]), width, height))
        extrema = last.getextrema()
        return all(low == high for low, high in (extrema if isinstance(extrema[0], tuple) else (extrema,)))

    def _is_whole(self) -> bool:
        """Return whether other data behind what there is would change nothing: then no pixel is missing."""
        other = _decoder(self.format, self.content[: self.coded_end] + _OTHER_DATA)
        other.draft(None, self.picture.size)
        other.load()
        return other.tobytes() == self.picture.tobytes()


def open_source(format_name: str, content: bytes) -> Source:
    """Read the picture's header; pixels are decoded later, by `load`."""
    return _OPENERS.get(format_name, _open_any)(format_name, content)


def _decoder(format_name: str, content: bytes) -> ImageFile.ImageFile:
    module, name = DECODERS[format_name]
    return cast(ImageFile.ImageFile, getattr(import_module(module), name)(_CountedReads(content)))


def _source(format_name: str, content: bytes, picture: ImageFile.ImageFile, coded_pixels: int = 0) -> Source:
    pixels = picture.width * picture.height
    cost = len(content) + decoding_bytes(format_name, picture.mode, pixels, max(pixels, coded_pixels))
    return Source(format_name, content, cost, picture.size, picture, pixels)


def _open_any(format_name: str, content: bytes) -> Source:
    return _source(format_name, content, _decoder(format_name, content))


def _open_jpeg(format_name: str, content: bytes) -> Source:
    """A JPEG in one scan is decoded row by row, a large one at a quarter of its scale or less.

    One in several scans keeps all its coefficients until the last: a coefficient is two bytes, and each component
    has at most as many as the picture has pixels.
    """
    jpeg = structure.parse_jpeg(content)
    if jpeg.precision != 8 or jpeg.frame in structure.LOSSLESS_FRAMES:
        kind = f"JPEG of {jpeg.precision} bits a sample" if jpeg.precision != 8 else "Lossless JPEG"
        raise rejected(Defect.UNSUPPORTED_FORMAT, f"{kind} is not among the formats that are analysed.")
    if structure.is_converted(content, jpeg):
        raise rejected(Defect.CORRUPT_IMAGE, "The file was transferred in text mode, which added bytes to its pixels.")
    cleaned = structure.clean_jpeg(content, jpeg)
    source = _source(format_name, cleaned, _decoder(format_name, cleaned))
    pixels = source.pixels
    source.scanned_pixels = 0 if jpeg.has_one_scan else len(jpeg.scans) * pixels
    if source.scanned_pixels > MAX_SCANNED_PIXELS:
        raise rejected(Defect.TOO_MANY_PIXELS, f"A JPEG of {pixels:,} pixels in {len(jpeg.scans):,} scans.")
    source.cost = len(content) + (pixels * 4 // 16 if jpeg.has_one_scan else pixels * 2 * jpeg.components)
    source.is_untouched, source.has_end = cleaned is content, jpeg.has_end
    source.coded_end = (jpeg.end if cleaned is content else len(cleaned)) - len(structure.END_OF_IMAGE)
    if not jpeg.has_end and not jpeg.is_refined:
        raise rejected(Defect.TRUNCATED_IMAGE, "The file ends before the picture does.")
    return source


def _open_png(format_name: str, content: bytes) -> Source:
    from PIL import PngImagePlugin

    PngImagePlugin.MAX_TEXT_CHUNK = structure.MAX_UNPACKED  # what is larger was left out
    cleaned, is_damaged = structure.clean_png(content)
    source = _open_any(format_name, cleaned)
    source.cost += len(content)
    source.is_untouched = not is_damaged and len(source.picture.info.get("icc_profile") or b"") <= _USUAL_PROFILE
    source.code_points = structure.png_code_points(cleaned)
    source.gamma = _gamma(source.picture.info) if source.code_points == (2, 2) else None
    source.is_untouched &= source.gamma is None
    transparency, depth = source.picture.info.get("transparency"), cleaned[24]
    if isinstance(transparency, int) and source.picture.mode == "L" and depth in _SPREAD:
        source.picture.info["transparency"] = transparency * _SPREAD[depth]  # Pillow spreads the greys, but not this
    if isinstance(transparency, tuple) and depth == 16:
        source.picture.info["transparency"] = tuple(value >> 8 for value in transparency)
    return source


def _gamma(info: dict[str | tuple[int, int], object]) -> float | None:
    """Return what gAMA says, where no better source tells of the colours (PNG specification, 4.3 and 11.3.2.2)."""
    gamma = info.get("gamma")
    is_usual = not isinstance(gamma, float) or not 0.1 <= gamma <= 10 or abs(gamma * 2.2 - 1) < _SLIGHT
    return None if is_usual or "srgb" in info or "icc_profile" in info else cast(float, gamma)


def _open_gif(format_name: str, content: bytes) -> Source:
    source = _open_any(format_name, content)
    source.covered = tuple(source.picture.tile[0].extents or ())
    return source


def _clear_around(picture: ImageFile.ImageFile, covered: tuple[int, ...]) -> None:
    """Make what a GIF's frame does not cover of its screen white, as where a browser leaves it transparent."""
    frame = picture.crop(covered).convert("RGBA")  # type: ignore[arg-type]
    canvas = Image.new("RGB", picture.size, "white")
    canvas.paste(frame, (covered[0], covered[1]), mask=frame)
    picture.im, picture._mode = canvas.im, "RGB"
    picture.info.pop("transparency", None)


def _open_webp(format_name: str, content: bytes) -> Source:
    """WebP's decoder makes its canvases when it is opened, so that is left for later."""
    size = structure.webp_size(content)
    pixels = size[0] * size[1]
    return Source(
        format_name, content, len(content) + decoding_bytes(format_name, "RGB", pixels, pixels), size, None, pixels
    )


def _open_tiff(format_name: str, content: bytes) -> Source:
    """libtiff unpacks a strip or tile as a whole, however little of it the picture shows."""
    picture = cast("Tiff", _decoder(format_name, content))
    piece, sample_bytes = picture.pieces
    scans = content.count(structure.START_OF_SCAN) * piece if picture.is_jpeg else 0
    if scans > MAX_SCANNED_PIXELS:
        raise rejected(Defect.TOO_MANY_PIXELS, "A TIFF of too many JPEG scans.")
    source = _source(format_name, content, picture, piece)
    source.size = picture.stored_size
    source.cost += max(piece, source.pixels) * max(0, sample_bytes - 4)
    source.pixels = max(piece, source.pixels)
    return source


def _open_isobmff(format_name: str, content: bytes) -> Source:
    """What a file's boxes don't tell in a way that we understand may cost anything: it is decoded alone."""
    try:
        coded = isobmff.parse(content)
    except (ValueError, IndexError):
        coded = None
    if coded and coded.in_all > MAX_PIXELS:
        raise rejected(Defect.TOO_MANY_PIXELS, f"{coded.in_all:,} pixels are too many to decode.")
    source = _source(format_name, content, _decoder(format_name, content), coded.at_once if coded else 0)
    source.is_alone = coded is None
    if coded:
        source.pixels, source.code_points = max(source.pixels, coded.in_all), (coded.primaries, coded.transfer)
    return source


def _open_bmp(format_name: str, content: bytes) -> Source:
    """A palette that is said to have more entries than a pixel can name is read as far as they go, as viewers do."""
    header_size, bits = (int.from_bytes(content[at : at + 2], "little") for at in (14, 28))
    most = 1 << bits if header_size >= 40 and bits <= 8 else 1 << 32
    if int.from_bytes(content[46:50], "little") > most:
        content = b"".join([content[:46], most.to_bytes(4, "little"), content[50:]])
    return _open_any(format_name, content)


_OPENERS: dict[str, Callable[[str, bytes], Source]] = {
    "JPEG": _open_jpeg,
    "PNG": _open_png,
    "GIF": _open_gif,
    "BMP": _open_bmp,
    "TIFF": _open_tiff,
    "WEBP": _open_webp,
    "HEIC": _open_isobmff,
    "AVIF": _open_isobmff,
}
