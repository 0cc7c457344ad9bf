"""QualityFilter: each reason by itself, and stricter bars refuse more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viewfinder.rekognition.faces.detector import Face
from viewfinder.rekognition.faces.quality import BARS, faults


def face(pixels: float) -> Face:
    landmarks = np.array([(0, 0), (pixels, 0), (pixels / 2, 1), (0, 2), (pixels, 2)], dtype=np.float64)
    return Face(np.array([0, 0, 2 * pixels, 2 * pixels]), landmarks, 0.9)


def detail(yaw: float = 0, sharpness: float = 60, brightness: float = 60) -> dict[str, Any]:
    return {
        "Pose": {"Yaw": yaw, "Pitch": 0, "Roll": 90},
        "Quality": {"Sharpness": sharpness, "Brightness": brightness},
    }


@pytest.mark.parametrize(
    ("pixels", "document", "reasons"),
    [
        (50, detail(), []),
        (11, detail(), ["SMALL_BOUNDING_BOX"]),
        (50, detail(yaw=-61), ["EXTREME_POSE"]),
        (50, detail(sharpness=11), ["LOW_SHARPNESS"]),
        (50, detail(brightness=1), ["LOW_BRIGHTNESS"]),
        (50, detail(sharpness=8, brightness=4), []),  # a dark face is not a blurred one
        (5, detail(yaw=80, sharpness=1), ["SMALL_BOUNDING_BOX", "EXTREME_POSE", "LOW_SHARPNESS"]),
    ],
)
def test_each_fault_has_the_reason_of_the_service(pixels: float, document: dict[str, Any], reasons: list[str]) -> None:
    assert faults(face(pixels), document, "AUTO") == reasons
    assert faults(face(pixels), document, "NONE") == []


def test_stricter_bars_refuse_more() -> None:
    bars = [BARS[name] for name in ("NONE", "LOW", "MEDIUM", "HIGH")]
    assert [bar.pixels for bar in bars] == sorted(bar.pixels for bar in bars)
    assert [bar.sharpness for bar in bars] == sorted(bar.sharpness for bar in bars)
    assert [-bar.degrees for bar in bars] == sorted(-bar.degrees for bar in bars)
