"""What a face's five landmarks tell: how the head is turned, and how to cut the face out for its descriptor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

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
