"""How a model of the user's takes a picture: size, crop, mean and deviation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.clip.files import read_config
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.networks import Floats

SIDE = 224
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
"""CLIP's own (Radford et al. 2021), where no configuration says otherwise."""

MAX_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Width and height of the input; `is_cropped`: the centre of a picture that keeps its shape, else the whole one."""

    width: int
    height: int
    mean: tuple[float, ...] = MEAN
    deviation: tuple[float, ...] = DEVIATION
    is_cropped: bool = True
    resample: Image.Resampling = Image.Resampling.BICUBIC

    @classmethod
    def read(cls, file: Path | None, sides: tuple[int, int] | None) -> Preprocessing:
        """Read a configuration; `sides` are height and width of the graph's input, where it fixes them."""
        document = read_config(file)
        try:
            height, width = sides or _sides(document.get("crop_size") or document.get("size") or SIDE)
            size = document.get("size")
            is_stretched = isinstance(size, dict) and "shortest_edge" not in size and "crop_size" not in document
            return cls(
                width=_checked(width),
                height=_checked(height),
                mean=_channels(document.get("image_mean", document.get("mean", MEAN))),
                deviation=_channels(document.get("image_std", document.get("std", DEVIATION))),
                is_cropped=not (is_stretched or document.get("resize_mode") == "squash"),
                resample=_resampling(document),
            )
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise ModelFileError(
                f"{file} says nothing usable of the picture's size, mean or deviation: {error}"
            ) from error

    def tensor(self, picture: Image.Image) -> Floats:
        """Return a picture in RGB as (1, 3, height, width)."""
        pixels = np.asarray(self._scaled(picture), dtype=np.float32) / 255
        scaled = (pixels - np.asarray(self.mean, np.float32)) / np.asarray(self.deviation, np.float32)
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32)

    def _scaled(self, picture: Image.Image) -> Image.Image:
        if not self.is_cropped:
            return picture.resize((self.width, self.height), self.resample)
        scale = max(self.width / picture.width, self.height / picture.height)
        sides = (self.width / scale, self.height / scale)
        left, top = (picture.width - sides[0]) / 2, (picture.height - sides[1]) / 2
        box = (left, top, min(left + sides[0], picture.width), min(top + sides[1], picture.height))
        return picture.resize((self.width, self.height), self.resample, box=box)


def _sides(size: Any) -> tuple[int, int]:
    """Return height and width of `224`, `[224, 224]`, `{"shortest_edge": 224}` or `{"height": .., "width": ..}`."""
    if isinstance(size, Mapping):
        return (size["shortest_edge"],) * 2 if "shortest_edge" in size else (size["height"], size["width"])
    if isinstance(size, list):
        return size[0], size[-1]
    return size, size


def _checked(side: Any) -> int:
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MAX_SIDE:
        raise ValueError(f"a side of {side!r}")
    return side


def _channels(values: Any) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if len(found) != 3 or not all(map(np.isfinite, found)):
        raise ValueError(f"{values!r} for three channels")
    return found


def _resampling(document: Mapping[str, Any]) -> Image.Resampling:
    """Return the filter: Pillow's number, or its name."""
    given = document.get("resample", document.get("interpolation", Image.Resampling.BICUBIC))
    return Image.Resampling[given.upper()] if isinstance(given, str) else Image.Resampling(given)
