"""The face detector: finds faces with a box and five landmarks each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.boxes import distinct
from viewfinder.rekognition.sessions import MODELS, open_session

Floats = NDArray[np.float32]
Points = NDArray[np.float64]

LONGEST_SIDE = 960
"""Pixels to which larger pictures are scaled down: the time grows with their area."""

STEP = 32
"""The network halves its input five times, so its sides are multiples of this."""

STRIDE = 4
"""Pixels of the input for each cell of the outputs."""

MIN_SCORE = 0.5
"""Of 114 photos looked at by eye, everything from here on was a face, and half of what was below was none."""

OVERLAP = 0.3
"""Intersection over union from which two boxes are one face."""

MAX_CANDIDATES = 1000
MAX_FACES = 100
"""The service returns the 100 largest faces."""

LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
"""The network's landmarks in their order; left and right as seen in the picture, as in the service."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in pixels of the picture: `corners` are left, top, right, bottom; `landmarks` (5, 2) are x and y."""

    corners: Points
    landmarks: Points
    score: float

    @property
    def area(self) -> float:
        return float(np.prod(self.corners[2:] - self.corners[:2]))

    @property
    def eye_distance(self) -> float:
        return float(np.hypot(*(self.landmarks[1] - self.landmarks[0])))

    @property
    def confidence(self) -> float:
        """Return how likely this is a face, 0 to 1: a line in log-odds through what was counted by eye.

        Of the candidates with scores of 0.3 half were faces, of those from 0.5 on all of 114.
        """
        odds = np.log(self.score / (1 - min(self.score, 1 - 1e-6)))
        return float(1 / (1 + np.exp(-(2.6 * odds + 2.2))))


class FaceDetector:
    """CenterFace; safe to use from several threads."""

    def __init__(self) -> None:
        self._session = open_session(MODELS / "centerface_fp16.onnx", threads=2)

    def detect(self, picture: Image.Image) -> list[Face]:
        """Return the faces, largest first."""
        scale = min(1.0, LONGEST_SIDE / max(picture.size))
        width, height = (max(STEP, round(side * scale / STEP) * STEP) for side in picture.size)
        pixels = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
        outputs = self._session.run(None, {"input.1": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])})
        faces = faces_of(*(output[0] for output in outputs), scale=(picture.width / width, picture.height / height))
        return sorted(faces, key=lambda face: -face.area)[:MAX_FACES]


def faces_of(
    heat: Floats, sizes: Floats, offsets: Floats, landmarks: Floats, *, scale: tuple[float, float]
) -> list[Face]:
    """Return the faces in the outputs, each (channels, rows, columns), scaled to the picture; heights come first."""
    rows, columns = np.nonzero(heat[0] >= MIN_SCORE)
    order = np.argsort(-heat[0, rows, columns], kind="stable")[:MAX_CANDIDATES]
    rows, columns = rows[order], columns[order]
    spans = np.exp(sizes[::-1, rows, columns].astype(np.float64)).T * STRIDE
    centres = (np.stack([columns, rows], axis=1) + offsets[::-1, rows, columns].T + 0.5) * STRIDE
    starts = centres - spans / 2
    places = landmarks[:, rows, columns].T.reshape(-1, 5, 2)[:, :, ::-1] * spans[:, None] + starts[:, None]
    corners = np.concatenate([starts, starts + spans], axis=1) * (*scale, *scale)
    scores = heat[0, rows, columns]
    kept = np.flatnonzero(distinct(corners, OVERLAP))
    return [Face(corners[index], places[index] * scale, float(scores[index])) for index in kept]
