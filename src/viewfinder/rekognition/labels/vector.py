"""The vector of a picture: what the classifier computes before its last layer, which is alike for pictures that are."""

from __future__ import annotations

import base64

import numpy as np

from viewfinder.rekognition.networks import Floats

SIZE = 1280
MODEL = "efficientnet-lite3"
"""Vectors of one model only can be compared: another classifier gets another name."""


def vector_of(features: Floats) -> str:
    """Return the end of the features (6160,), scaled to length 127: `MODEL/` and 1,280 int8 in base64."""
    values = features[-SIZE:]
    scaled = np.round(127 * values / max(float(np.linalg.norm(values)), 1e-9)).astype(np.int8)
    return f"{MODEL}/{base64.b64encode(scaled.tobytes()).decode()}"
