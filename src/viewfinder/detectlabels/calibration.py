"""Turns the networks' scores into confidences: monotone curves of two parameters each (docs/detectlabels.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewfinder.detectlabels.boxes import Floats

LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """A line in log-odds: confidence = sigmoid(slope * logit(score) + offset)."""

    slope: float
    offset: float

    def confidence(self, scores: Floats) -> Floats:
        """Gives how likely a score is right, 0 to 1."""
        clipped = np.clip(scores, LEAST, 1 - LEAST)
        odds = np.log(clipped / (1 - clipped)) * self.slope + self.offset
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


DETECTOR = Calibration(slope=1.75, offset=0.13)
CLASSIFIER = Calibration(slope=1.0, offset=0.0)
