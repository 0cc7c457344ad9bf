"""The feature IMAGE_PROPERTIES: quality and dominant colours of the image, its foreground and its background."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from viewfinder.rekognition.networks import Floats, Integers
from viewfinder.rekognition.pictures import brightness, lightness_of, sharpness, steps_of

Pixels = NDArray[np.uint8]

LEAST_PERCENT = 1.0
"""A colour of fewer pixels than this is not dominant."""

LEVELS = 32
"""Steps a channel in the table from any colour to its nearest named one; 8 units of 255 wide each."""

SIMPLIFIED = {
    "black": "black",
    "blue": "aquamarine blue cadetblue cornflowerblue cyan darkblue darkcyan darkturquoise deepskyblue dodgerblue "
    "lightblue lightcyan lightskyblue lightsteelblue mediumblue mediumturquoise midnightblue navy paleturquoise "
    "powderblue royalblue skyblue steelblue teal turquoise lightseagreen azure aliceblue",
    "brown": "brown chocolate maroon peru rosybrown saddlebrown sandybrown sienna burlywood tan",
    "beige": "antiquewhite beige bisque blanchedalmond cornsilk linen moccasin navajowhite oldlace papayawhip "
    "peachpuff wheat",
    "green": "chartreuse darkgreen darkolivegreen darkseagreen forestgreen green greenyellow honeydew lawngreen "
    "lightgreen lime limegreen mediumaquamarine mediumseagreen mediumspringgreen mintcream olive olivedrab palegreen "
    "seagreen springgreen yellowgreen",
    "grey": "darkgrey darkslategrey dimgrey gainsboro gray lightgrey lightslategrey silver slategrey",
    "orange": "coral darkorange darksalmon lightsalmon orange orangered salmon tomato lightcoral",
    "pink": "deeppink hotpink lavenderblush lightpink mediumvioletred mistyrose palevioletred pink",
    "purple": "blueviolet darkmagenta darkorchid darkslateblue darkviolet indigo lavender magenta mediumorchid "
    "mediumpurple mediumslateblue orchid plum purple rebeccapurple slateblue thistle violet",
    "red": "crimson darkred firebrick indianred red",
    "white": "floralwhite ghostwhite ivory seashell snow white whitesmoke",
    "yellow": "darkgoldenrod darkkhaki gold goldenrod khaki lemonchiffon lightgoldenrodyellow lightyellow "
    "palegoldenrod yellow",
}
"""The simplified colours, of which the service has 12 whose list it does not publish, with the CSS names of each."""

SIMPLIFIED_OF = {name: simple for simple, names in SIMPLIFIED.items() for name in names.split()}
NAMES = tuple(sorted(SIMPLIFIED_OF))


@cache
def palette() -> Integers:
    """(names, 3): red, green and blue of each of NAMES."""
    return np.array([ImageColor.getrgb(name) for name in NAMES], dtype=np.int64)


def named(pixels: Pixels) -> Integers:
    """Return each pixel of (..., 3) the index of the nearest of NAMES."""
    red, green, blue = np.moveaxis(pixels // (256 // LEVELS), -1, 0).astype(np.int64)
    indices: Integers = _nearest()[red, green, blue]
    return indices


def dominant_colors(names: Integers, most: int) -> list[dict[str, Any]]:
    """Count the indices that `named` gave, and describe the most frequent in the shape DominantColor."""
    counts = np.bincount(names.ravel(), minlength=len(NAMES))
    percents = counts * 100 / max(names.size, 1)
    order = np.argsort(-percents, kind="stable")[:most]
    return [_document(int(index), float(percents[index])) for index in order if percents[index] >= LEAST_PERCENT]


def _document(index: int, percent: float) -> dict[str, Any]:
    red, green, blue = palette()[index].tolist()
    return {
        "Red": red,
        "Blue": blue,
        "Green": green,
        "HexCode": f"#{red:02x}{green:02x}{blue:02x}",
        "CSSColor": NAMES[index],
        "SimplifiedColor": SIMPLIFIED_OF[NAMES[index]],
        "PixelPercent": round(percent, 4),
    }


@cache
def _nearest() -> Integers:
    """(LEVELS, LEVELS, LEVELS): index of the named colour nearest to the middle of each cell."""
    middles = np.arange(LEVELS) * (256 / LEVELS) + 128 / LEVELS
    cells = _lab(np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1).reshape(-1, 3))
    colours = _lab(palette())
    # The square of the distance, less the cell's own square, which is the same for every colour.
    distances = (colours**2).sum(axis=1) - 2 * cells @ colours.T
    return np.asarray(distances.argmin(axis=1).reshape(LEVELS, LEVELS, LEVELS), dtype=np.int64)


def _lab(colours: Any) -> Floats:
    """CIELAB (D65), in which distances are as the eye sees them."""
    channels = np.asarray(colours, dtype=np.float32) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratios = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    curved = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116)
    x, y, z = curved.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).astype(np.float32)


Mask = NDArray[np.bool_]
Corners = tuple[float, float, float, float]

SIDE = 384
"""Longer side in pixels at which properties are computed, so that they do not depend on the camera's resolution."""

CENTRE = (0.25, 0.25, 0.75, 0.75)
"""What counts as foreground where no object is seen: the middle of the picture."""


class ImageProperties:
    """Computes the properties of one picture, each part when it is first asked for."""

    def __init__(self, picture: Image.Image, objects: Iterable[Corners], most_colors: int) -> None:
        self._full = picture
        self._objects = tuple(objects)
        self._most = most_colors

    def document(self) -> dict[str, Any]:
        """Return the shape DetectLabelsImageProperties; as in the service, only the whole image has a contrast."""
        everything = np.ones(self._names.shape, dtype=bool)
        return {
            "Quality": {**self._quality(everything), "Contrast": _contrast(self._lightness)},
            "DominantColors": dominant_colors(self._names, self._most),
            "Foreground": self._part(self._foreground),
            "Background": self._part(~self._foreground),
        }

    def colors_of(self, corners: Corners) -> list[dict[str, Any]]:
        """Return the dominant colours inside a box."""
        return dominant_colors(self._names[self._slices(corners)], self._most)

    def _part(self, mask: Mask) -> dict[str, Any]:
        return {"Quality": self._quality(mask), "DominantColors": dominant_colors(self._names[mask], self._most)}

    def _quality(self, mask: Mask) -> dict[str, float]:
        return {
            "Brightness": brightness(self._lightness[mask]),
            "Sharpness": sharpness(self._steps[mask]),
        }

    @cached_property
    def _picture(self) -> Image.Image:
        scale = min(1.0, SIDE / max(self._full.size))
        size = (max(1, round(self._full.width * scale)), max(1, round(self._full.height * scale)))
        return self._full.resize(size, Image.Resampling.BOX)

    @cached_property
    def _names(self) -> Integers:
        return named(np.asarray(self._picture))

    @cached_property
    def _lightness(self) -> Floats:
        return lightness_of(self._picture)

    @cached_property
    def _steps(self) -> Floats:
        return steps_of(self._lightness)

    @cached_property
    def _foreground(self) -> Mask:
        mask = np.zeros(self._names.shape, dtype=bool)
        for corners in self._objects:
            mask[self._slices(corners)] = True
        if mask.all() or not mask.any():
            mask[:] = False
            mask[self._slices(CENTRE)] = True
        return mask

    def _slices(self, corners: Corners) -> tuple[slice, slice]:
        """Return the rows and columns of a box, at least one of each."""
        width, height = self._picture.size
        left, top = min(int(corners[0] * width), width - 1), min(int(corners[1] * height), height - 1)
        right, bottom = max(left + 1, round(corners[2] * width)), max(top + 1, round(corners[3] * height))
        return slice(top, bottom), slice(left, right)


def _contrast(lightness: Floats) -> float:
    # Half black and half white has a deviation of 50, which is all the contrast there can be.
    return round(min(100.0, 2 * float(lightness.std())), 4)
