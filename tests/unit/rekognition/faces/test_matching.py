"""From distances to percentages: the calibration, and what a description is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.rekognition.faces.matching import (
    MATCH_DISTANCE,
    MOST_CAUTION,
    STRICT_DISTANCE,
    Description,
    caution_of,
    describe,
    farthest_at,
    mean_face,
    similarity,
    similarity_at,
)


@pytest.mark.parametrize(
    ("distance", "percent"), [(MATCH_DISTANCE, 80), (STRICT_DISTANCE, 99), (0, 100), (1.4, 0.1426), (2, 0)]
)
def test_the_similarity_meets_the_distances_that_it_rests_on(distance: float, percent: float) -> None:
    assert similarity_at(distance) == pytest.approx(percent, abs=1e-4)


@given(st.floats(0, 2.1), st.floats(0, 2.1))
def test_similarity_falls_with_distance(near: float, far: float) -> None:
    near, far = sorted((near, far))
    assert 0 <= similarity_at(far) <= similarity_at(near) <= 100


@given(st.floats(0.001, 100), st.floats(0, 2.1))
def test_a_distance_is_near_enough_exactly_where_its_similarity_reaches_the_threshold(
    threshold: float, distance: float
) -> None:
    if abs(distance - farthest_at(threshold)) > 1e-9:
        assert (distance <= farthest_at(threshold)) == (similarity_at(distance) >= threshold)


def test_at_a_threshold_of_nothing_every_distance_is_near_enough() -> None:
    assert farthest_at(0) == float("inf")
    assert farthest_at(1e-9) == float("inf")


def test_small_faces_are_less_like_others() -> None:
    one, other = np.eye(2, 128, dtype=np.float32)
    near = np.asarray((one * 0.9 + other * 0.44) / np.hypot(0.9, 0.44), dtype=np.float32)
    percents = [similarity(Description(one, caution_of(pixels)), Description(near, 0.0)) for pixels in (5, 15, 30, 90)]
    assert percents == sorted(percents)
    assert percents[2] == percents[3] > percents[1]
    assert (caution_of(0), caution_of(15), caution_of(30)) == (MOST_CAUTION, MOST_CAUTION / 2, 0)


def test_only_the_direction_from_the_mean_face_counts() -> None:
    step = np.linspace(-0.1, 0.1, 128, dtype=np.float32)
    near, far = describe(mean_face() + step, 40), describe(mean_face() + 3 * step, 40)
    assert np.linalg.norm(near.vector) == pytest.approx(1, abs=1e-6)
    assert similarity(near, far) == 100
    assert np.isfinite(describe(mean_face(), 40).vector).all()


def test_a_description_in_a_log_has_no_numbers_of_the_face() -> None:
    assert repr(Description(np.ones(128, dtype=np.float32), 0.05)) == "Description(caution=0.05)"
