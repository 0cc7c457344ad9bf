"""The face detector: boxes and five landmarks, and what these tell of the head's pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.networks import MODELS, distinct, open_session

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


HEAD = np.array([(-32, -34, -30), (32, -34, -30), (0, 0, 0), (-26, 30, -25), (26, 30, -25)], dtype=np.float64)
"""Eyes, nose and mouth corners of an average head: millimetres from the nose, to the right, down, to the viewer."""

DLIB_FACE = np.array([(0.2255, 0.2160), (0.7548, 0.2160), (0.4901, 0.5156), (0.2541, 0.7802), (0.7261, 0.7802)])
"""Where the landmarks are on dlib's mean face: eyes and mouth corners are means of its 68 points."""

PADDING = 0.25
"""Share of the mean face added on each side; the descriptor was trained so."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees: roll is positive clockwise on the screen, yaw to the right of the screen, pitch upwards."""

    roll: float
    yaw: float
    pitch: float


def pose_of(landmarks: Points) -> Pose:
    """Return the turn of an average head that fits the landmarks best, seen from afar.

    The projection of the centred landmarks is solved by least squares; made orthogonal, its rows are the rotation's.
    """
    head = HEAD - HEAD.mean(axis=0)
    projection = np.linalg.lstsq(head, landmarks - landmarks.mean(axis=0), rcond=None)[0].T
    left, _, right = np.linalg.svd(projection, full_matrices=False)
    across, down = left @ right
    towards = np.cross(across, down)
    roll = np.arctan2(down[0], across[0])
    yaw = np.arctan2(-towards[0], np.hypot(across[0], down[0]))
    pitch = np.arctan2(towards[1], towards[2])
    return Pose(*(float(np.degrees(angle)) for angle in (roll, yaw, pitch)))


def alignment(landmarks: Points, side: int) -> tuple[Points, Points, Points]:
    """Return corner, step along and step below of the square that holds the face upright, for pictures.cut_out.

    It puts dlib's mean face on the landmarks with the least sum of squared distances, turned and scaled only.
    """
    target = (DLIB_FACE + PADDING) / (1 + 2 * PADDING) * side
    centre, middle = target.mean(axis=0), landmarks.mean(axis=0)
    # Turning and scaling is a multiplication in the complex plane, so the fit is that of one complex factor.
    source, wanted = ((points - mean) @ (1, 1j) for points, mean in ((target, centre), (landmarks, middle)))
    factor = np.vdot(source, wanted) / np.vdot(source, source)
    along, below = np.array([factor.real, factor.imag]), np.array([-factor.imag, factor.real])
    return middle - centre[0] * along - centre[1] * below, along, below
