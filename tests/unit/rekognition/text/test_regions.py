"""Regions and rectangles: what is connected, and the smallest turned rectangle around it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from viewfinder.rekognition.text.regions import Mask, Rectangle, connected_regions, smallest_rectangle


def flooded(mask: Mask) -> set[frozenset[tuple[int, int]]]:
    """The 8-connected regions as sets of (x, y), found by flooding one pixel after the other."""
    left = {(int(x), int(y)) for y, x in np.argwhere(mask)}
    regions = set()
    while left:
        waiting, region = [left.pop()], set()
        while waiting:
            x, y = waiting.pop()
            region.add((x, y))
            near = {(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            waiting += near
        regions.add(frozenset(region))
    return regions


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_regions_are_those_that_flooding_finds(mask: Mask) -> None:
    expected = flooded(mask)
    regions = connected_regions(mask)
    assert len(regions) == len(expected)
    for ends in regions:
        points = {(int(x), int(y)) for x, y in ends}
        assert any(points <= region for region in expected)


@given(st.floats(20, 80), st.floats(5, 15), st.floats(-np.pi, np.pi), st.tuples(st.floats(-50, 50), st.floats(-50, 50)))
def test_the_smallest_rectangle_around_a_rectangle_is_itself(
    width: float, height: float, angle: float, centre: tuple[float, float]
) -> None:
    corners = Rectangle(centre, width, height, angle).corners
    found = smallest_rectangle(np.concatenate([corners, corners.mean(axis=0, keepdims=True)]))
    assert found.centre == pytest.approx(centre, abs=1e-6)
    assert sorted((found.width, found.height)) == pytest.approx([height, width])
    assert 0 <= found.angle <= np.pi / 2


def test_corners_go_clockwise_from_the_top_left_of_the_text() -> None:
    upright = Rectangle((10, 5), 20, 10, 0.0)
    assert upright.corners.tolist() == [[0, 0], [20, 0], [20, 10], [0, 10]]
    downwards = Rectangle((10, 5), 20, 10, np.pi / 2)  # text that runs down the screen begins at its top right
    assert downwards.corners == pytest.approx(np.array([[15, -5], [15, 15], [5, 15], [5, -5]]))


def test_a_part_is_a_share_of_the_width() -> None:
    part = Rectangle((10, 5), 20, 10, 0.0).part(0.25, 0.5)
    assert part.tolist() == [[5, 0], [10, 0], [10, 10], [5, 10]]


def test_a_turned_rectangle_covers_the_same_area() -> None:
    rectangle = Rectangle((10, 5), 20, 10, 0.3)
    turned = rectangle.turned(-1)
    assert (turned.width, turned.height) == (10, 20)
    assert sorted(turned.corners.round(9).tolist()) == sorted(rectangle.corners.round(9).tolist())
