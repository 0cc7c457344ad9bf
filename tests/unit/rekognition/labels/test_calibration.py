"""Calibration: monotone, and within 0 and 1."""

from __future__ import annotations

import numpy as np
import pytest

from viewfinder.rekognition.labels.merging import CLASSIFIER, DETECTOR, Calibration


@pytest.mark.parametrize("calibration", [*DETECTOR.values(), CLASSIFIER])
def test_a_higher_score_is_never_less_sure(calibration: Calibration) -> None:
    confidences = calibration.confidence(np.linspace(0, 1, 101, dtype=np.float32))
    assert (np.diff(confidences) >= 0).all()
    assert confidences[0] >= 0
    assert confidences[-1] <= 1


def test_a_slope_and_an_offset_act_on_the_log_odds() -> None:
    assert Calibration(slope=2, offset=0).confidence(np.array([0.75], np.float32))[0] == pytest.approx(0.9)
    assert Calibration(slope=1, offset=np.log(3)).confidence(np.array([0.5], np.float32))[0] == pytest.approx(0.75)
