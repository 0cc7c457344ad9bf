"""What a picture's metadata says of it: which way is up, and how it was taken.

EXIF 3.0 (CIPA DC-008) first, then XMP (ISO 16684-1). Metadata that is damaged is unknown; it never fails a picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image, ImageFile

from viewfinder.domain.image import Facts, Location

MAX_TEXT = 100
MAX_XMP_BYTES = 1_000_000
XMP_TAG = 700

Tags = Mapping[int, Any]


class Metadata:
    """The metadata of a picture that is loaded: some formats have it behind the pixels."""

    def __init__(self, source: ImageFile.ImageFile) -> None:
        self._exif: Image.Exif = _read(lambda: _exif(source)) or Image.Exif()
        self._camera: Tags = self._directory(ExifTags.IFD.Exif)
        self._xmp = _xmp(source)

    @property
    def orientation(self) -> int:
        """The EXIF orientation, 1 to 8; one that can't be read counts as upright."""
        value = _read(lambda: self._exif.get(ExifTags.Base.Orientation, 1))
        value = int.from_bytes(value[:1], "big") if isinstance(value, bytes) else value  # stored as BYTE
        return value if value in range(1, 9) else 1

    @property
    def facts(self) -> Facts:
        """What is known of how the picture was taken."""
        found: dict[str, Any] = {name: next(self._values(name), None) for name in _FACTS}
        taken_at, taken_offset = next(self._times(), (None, None))
        return Facts(
            taken_at=taken_at, taken_offset=taken_offset, camera=self._model(), location=self._place(), **found
        )

    def _directory(self, tag: int) -> Tags:
        return _read(lambda: self._exif.get_ifd(tag)) or {}

    def _values(self, name: str) -> Iterator[Any]:
        """Read a fact from each place that may have it, the best one first."""
        tags, property_name, parse = _FACTS[name]
        given = [self._camera.get(tag) for tag in tags] + [self._property(property_name)]
        return (value for value in (_parsed(parse, entry) for entry in given) if value is not None)

    def _times(self) -> Iterator[tuple[str, str | None]]:
        for time, fraction, offset in _TIMES:
            parts = [_text(self._camera.get(tag)) or "" for tag in (time, fraction, offset)]
            if found := _time(*parts):
                yield found
        for name in ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"):
            if found := _time(self._property(name) or ""):
                yield found

    def _model(self) -> str | None:
        make = self._name(ExifTags.Base.Make, "tiff:Make")
        model = self._name(ExifTags.Base.Model, "tiff:Model")
        if make and model and not model.casefold().startswith(make.split()[0].casefold()):
            return f"{make} {model}"[:MAX_TEXT]
        return model or make

    def _name(self, tag: int, property_name: str) -> str | None:
        return _text(_read(lambda: self._exif.get(tag))) or _text(self._property(property_name))

    def _place(self) -> Location | None:
        gps = self._directory(ExifTags.IFD.GPSInfo)
        latitude = _degrees(gps.get(2), gps.get(1), "S", 90)
        longitude = _degrees(gps.get(4), gps.get(3), "W", 180)
        if latitude is None or longitude is None:
            latitude = _xmp_degrees(self._property("exif:GPSLatitude"), 90)
            longitude = _xmp_degrees(self._property("exif:GPSLongitude"), 180)
        if latitude is None or longitude is None or latitude == longitude == 0:  # cameras without a fix write zeros
            return None
        altitude = _parsed(_number(20_000, least=0), gps.get(6))
        below = gps.get(5) in (1, b"\1")
        return Location(latitude, longitude, -altitude if altitude and below else altitude)

    def _property(self, name: str) -> str | None:
        """Find a simple property of XMP, as an attribute, an element or the first item of a list.

        By its usual prefix, and without an XML parser, which hostile files would keep busy.
        """
        found = re.search(rf"{name}\s*(?:=\s*[\"']|>\s*(?:<rdf:\w+>\s*<rdf:li[^>]*>)?)([^<\"']{{1,200}})", self._xmp)
        return found[1].strip() if found else None


def _read(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception:  # Pillow raises nearly anything on damaged metadata
        return None


def _exif(source: ImageFile.ImageFile) -> Image.Exif:
    """Read EXIF alone: Pillow's `getexif` also takes the orientation from XMP, which no browser does."""
    if hasattr(source, "tag_v2"):
        return source.getexif()
    packed = source.info.get("exif", b"")
    if not packed and (profile := source.info.get("Raw profile type exif")):  # ImageMagick's way in a PNG, in hex
        packed = bytes.fromhex("".join(profile.split("\n")[3:]))
    exif = Image.Exif()
    exif.load(packed)
    return exif


def _xmp(source: ImageFile.ImageFile) -> str:
    packet = source.info.get("xmp") or source.info.get("XML:com.adobe.xmp") or _tiff_xmp(source) or b""
    return packet[:MAX_XMP_BYTES].decode("utf-8", "replace") if isinstance(packet, bytes) else packet[:MAX_XMP_BYTES]


def _tiff_xmp(source: ImageFile.ImageFile) -> Any:
    packet = _read(lambda: getattr(source, "tag_v2", {}).get(XMP_TAG))
    return bytes(packet) if isinstance(packet, (bytes, tuple)) else None


def _parsed(parse: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, tuple):
        value = value[0] if value else None
    return None if value is None else _read(lambda: parse(value))


def _text(value: Any) -> str | None:
    """Return a text without what can't be shown; Pillow reads EXIF's as Latin-1, and many cameras write UTF-8."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    value = _read(value.encode("latin-1").decode) or value
    shown = "".join(character for character in value.partition("\0")[0] if character.isprintable())
    return " ".join(shown.split())[:MAX_TEXT] or None


def _number(most: float, *, least: float = 1e-7) -> Callable[[Any], float | None]:
    """Make a parser of numbers in a range, which also reads XMP's fractions, "1/200"."""

    def parse(value: Any) -> float | None:
        number = float(Fraction(value) if isinstance(value, str) else value)
        return round(number, 7) if math.isfinite(number) and least <= number <= most else None

    return parse


def _speed(value: Any) -> int | None:
    number = int(value)
    return number if 0 < number < 65_535 else None  # 65,535 stands for more than the tag holds


_FACTS: dict[str, tuple[tuple[int, ...], str, Callable[[Any], Any]]] = {
    "lens": ((ExifTags.Base.LensModel,), r"(?:exifEX:LensModel|aux:Lens)", _text),
    "exposure_time": ((ExifTags.Base.ExposureTime,), "exif:ExposureTime", _number(100_000)),
    "f_number": ((ExifTags.Base.FNumber,), "exif:FNumber", _number(1000)),
    "iso_speed": (
        (ExifTags.Base.ISOSpeedRatings, ExifTags.Base.RecommendedExposureIndex, ExifTags.Base.ISOSpeed),
        r"(?:exifEX:PhotographicSensitivity|exif:ISOSpeedRatings)",
        _speed,
    ),
    "focal_length": ((ExifTags.Base.FocalLength,), "exif:FocalLength", _number(100_000)),
}
"""Fact -> its EXIF tags, its name in XMP, and how it is read."""

_TIMES = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.SubsecTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.SubsecTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
)
"""Time, fraction and offset. EXIF's DateTime is not among them: it is the time of the last change."""

_TIME = re.compile(
    r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T]+(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d\d):?([0-5]\d)", re.ASCII)


def _time(text: str, fraction: str = "", offset: str = "") -> tuple[str, str | None] | None:
    """Read a time; None for what is none, as the blanks and zeros that cameras without a clock write."""
    if not (found := _TIME.match(text.strip())):
        return None
    year, month, day, hour, minute, second, own_fraction, own_offset = found.groups()
    digits = own_fraction or (re.match(r"\d*", fraction.strip(), re.ASCII) or [""])[0]
    time = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}.{digits[:6]:0<6}"
    return (time, _offset(offset or own_offset or "")) if _read(lambda: datetime.fromisoformat(time)) else None


def _offset(text: str) -> str | None:
    if text.strip() == "Z":
        return "+00:00"
    found = _OFFSET.fullmatch(text.strip())
    return f"{found[1]}{found[2]}:{found[3]}" if found and int(found[2]) <= 15 else None


def _degrees(parts: Any, reference: Any, negative: str, most: int) -> float | None:
    def read() -> float:
        degrees, minutes, seconds = ([float(part) for part in parts] + [0.0, 0.0])[:3]
        return degrees + minutes / 60 + seconds / 3600

    reference = _text(reference)
    return _within(_read(read), most, is_negative=bool(reference) and reference.upper().startswith(negative))


def _xmp_degrees(text: str | None, most: int) -> float | None:
    """Read `52,30.5N` or `52,30,30N`."""
    found = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])", text or "", re.ASCII)
    if not found:
        return None
    degrees, minutes, seconds = (float(part or 0) for part in found.groups()[:3])
    return _within(degrees + minutes / 60 + seconds / 3600, most, is_negative=found[4] in "SW")


def _within(degrees: float | None, most: int, *, is_negative: bool) -> float | None:
    if degrees is None or not 0 <= degrees <= most:
        return None
    return round(-degrees if is_negative else degrees, 7)
