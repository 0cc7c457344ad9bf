"""Colours of any kind in sRGB: by an ICC profile, or by the code points of a video signal (ITU-T H.273), HDR included.

For code points a table of three dimensions is made once. HDR (PQ and HLG, ITU-R BT.2100) is tone-mapped in it by the
brightest of a pixel's channels, which keeps its hue, as Chromium does.
"""

from __future__ import annotations

import io
import math
from functools import cache
from typing import Any, cast

from PIL import Image, ImageFilter

BT2020, DISPLAY_P3 = 9, 12
PQ, HLG = 16, 18

_Triple = tuple[float, float, float]

_TO_SRGB: dict[int, tuple[_Triple, _Triple, _Triple]] = {
    BT2020: ((1.66049, -0.58764, -0.07285), (-0.12455, 1.13290, -0.00835), (-0.01815, -0.10058, 1.11873)),
    DISPLAY_P3: ((1.22494, -0.22494, 0.0), (-0.04206, 1.04206, 0.0), (-0.01964, -0.07864, 1.09828)),
}
"""Code point of primaries -> rows of the matrix that leads to those of sRGB, in linear light."""

_WHITE = 203.0
"""Candela per square metre of white in an HDR picture (ITU-R BT.2408)."""

_PEAK = 1000.0 / _WHITE
_POINTS = 49


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in RGB, by its ICC profile where it has one that says more than sRGB.

    Done on pictures that are scaled down already: a few milliseconds. A profile that doesn't fit is ignored.
    """
    if picture.mode == "LAB" or (picture.mode in ("RGB", "CMYK") and profile and b"sRGB" not in profile):
        return _converted(picture, profile)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _converted(picture: Image.Image, profile: bytes | None) -> Image.Image:
    from PIL import ImageCms

    source: Any = ImageCms.createProfile("LAB") if picture.mode == "LAB" else io.BytesIO(profile or b"")
    try:
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return picture.convert("RGB")
    converted = cast(Image.Image, converted)  # None is for a conversion in place
    converted.info.pop("icc_profile", None)  # not to be converted by it again
    return converted


def is_srgb(code_points: tuple[int, int]) -> bool:
    """Return whether primaries and transfer are taken for those of sRGB; 2, which is unknown, is."""
    return code_points[0] not in _TO_SRGB and code_points[1] not in (PQ, HLG)


def by_code_points(picture: Image.Image, code_points: tuple[int, int]) -> Image.Image:
    """Return a picture in RGB whose primaries and transfer are these, in sRGB."""
    return picture if is_srgb(code_points) else picture.filter(_table(*code_points))


@cache
def _table(primaries: int, transfer: int) -> ImageFilter.Color3DLUT:
    rows = _TO_SRGB.get(primaries, ((1, 0, 0), (0, 1, 0), (0, 0, 1)))

    def convert(*signal: float) -> _Triple:
        red, green, blue = _light(signal, transfer)
        mixed = (row[0] * red + row[1] * green + row[2] * blue for row in rows)
        return cast(_Triple, tuple(_encoded(min(max(light, 0.0), 1.0)) for light in mixed))

    return ImageFilter.Color3DLUT.generate(_POINTS, convert)


def _light(signal: tuple[float, ...], transfer: int) -> list[float]:
    """Return the light of a pixel's channels as a screen without HDR shows it: 1 is white."""
    if transfer == PQ:
        return _tone_mapped([_pq(channel) for channel in signal])
    if transfer == HLG:
        scene = [_hlg(channel) for channel in signal]
        luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2]
        return _tone_mapped([_PEAK * light * luminance**0.2 for light in scene])  # BT.2100, a screen of 1,000 candela
    return [_decoded(channel) for channel in signal]


@cache
def _pq(signal: float) -> float:
    """Return the light of a PQ signal, in units of white (SMPTE ST 2084)."""
    power = signal ** (32 / 2523)
    light: float = (max(power - 3424 / 4096, 0.0) / (2413 / 128 - 2392 / 128 * power)) ** (16_384 / 2610)
    return 10_000 * light / _WHITE


@cache
def _hlg(signal: float) -> float:
    """Return the light of the scene for an HLG signal, 1 the brightest (ARIB STD-B67)."""
    return signal**2 / 3 if signal <= 0.5 else (math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12


def _tone_mapped(lights: list[float]) -> list[float]:
    """Bring what is brighter than white into the range below it: Reinhard's curve of the brightest channel."""
    brightest = min(max(lights), _PEAK)
    gain = (1 + brightest / _PEAK**2) / (1 + brightest)
    return [min(light, _PEAK) * gain for light in lights]


@cache
def _decoded(signal: float) -> float:
    light: float = signal / 12.92 if signal <= 0.04045 else ((signal + 0.055) / 1.055) ** 2.4
    return light


def _encoded(light: float) -> float:
    signal: float = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return signal
