"""Head poses and alignment, from landmarks of heads turned by known angles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.rekognition.faces.detector import DLIB_FACE, HEAD, PADDING, Points, alignment, pose_of


def turned_head(roll: float, yaw: float, pitch: float) -> Points:
    """Landmarks of the average head, tilted by pitch, then turned by yaw, then by roll, seen from afar."""
    (roll, yaw, pitch) = np.radians((roll, yaw, pitch))
    tilt = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    lean = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray((HEAD @ (lean @ turn @ tilt).T)[:, :2] * 1.7 + (320, 240))


@given(st.floats(-170, 170), st.floats(-80, 80), st.floats(-80, 80))
def test_the_pose_of_a_turned_head_is_found(roll: float, yaw: float, pitch: float) -> None:
    pose = pose_of(turned_head(roll, yaw, pitch))
    assert (pose.roll, pose.yaw, pose.pitch) == pytest.approx((roll, yaw, pitch), abs=1e-6)


def test_directions_are_those_of_the_screen() -> None:
    face = turned_head(0, 0, 0)
    nose = np.array([0, 0, 1, 0, 0])[:, None]
    assert pose_of(face + nose * (10, 0)).yaw > 5  # the nose towards the right
    assert pose_of(face + nose * (0, -10)).pitch > 5  # the nose upwards
    assert pose_of(face + np.array([(0, -5), (0, 5), (0, 0), (0, -5), (0, 5)])).roll > 2  # clockwise


@given(st.floats(-180, 180), st.floats(0.2, 4), st.floats(-100, 100))
def test_an_aligned_face_lies_on_dlibs_mean_face(angle: float, scale: float, shift: float) -> None:
    cosine, sine = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
    upright = (DLIB_FACE + PADDING) / (1 + 2 * PADDING) * 150
    landmarks = upright @ np.array([[cosine, sine], [-sine, cosine]]) + shift
    corner, along, below = alignment(landmarks, 150)
    assert upright @ np.array([along, below]) + corner == pytest.approx(landmarks, abs=1e-6)
