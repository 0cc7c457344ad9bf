"""The classifier: how probable each of ImageNet's 1,000 classes is for a whole picture."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from viewfinder.rekognition.boxes import Floats
from viewfinder.rekognition.sessions import MODELS, open_session

SIDE = 280
CROP = 0.875
"""Share of the shorter side that the network was evaluated on (EfficientNet-Lite's preprocessing)."""


class Classifier:
    """EfficientNet-Lite3; safe to use from several threads."""

    def __init__(self, path: Path = MODELS / "efficientnet_lite3.onnx") -> None:
        self._session = open_session(path)

    def classify(self, picture: Image.Image) -> Floats:
        """Return (1000,) probabilities in the order of sorted WordNet ids."""
        pixels = np.asarray(_centre(picture), dtype=np.uint8)[None]
        (probabilities,) = self._session.run(None, {"images": pixels})
        return cast(Floats, probabilities[0])


def _centre(picture: Image.Image) -> Image.Image:
    side = min(picture.size) * CROP
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    return picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
