"""DetectText's filters: which words pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.text.engine import Request

WORD = np.array([(0.2, 0.2), (0.4, 0.2), (0.4, 0.3), (0.2, 0.3)])
TURNED_WORD = np.array([(0.5, 0.4), (0.6, 0.5), (0.5, 0.6), (0.4, 0.5)])


def request(**filters: Any) -> Request:
    return Request.from_document({"Filters": filters})


def box(left: float, top: float, width: float, height: float) -> dict[str, Any]:
    return {"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}}


def polygon(*points: tuple[float, float]) -> dict[str, Any]:
    return {"Polygon": [{"X": x, "Y": y} for x, y in points]}


def test_words_below_eighty_are_left_out_by_default() -> None:
    assert Request().accept(80.0, WORD)
    assert not Request().accept(79.9, WORD)


@pytest.mark.parametrize(
    ("minima", "accepted"),
    [
        ({"MinConfidence": 60}, True),
        ({"MinConfidence": 71}, False),
        ({"MinConfidence": 0, "MinBoundingBoxWidth": 0.19}, True),
        ({"MinConfidence": 0, "MinBoundingBoxWidth": 0.21}, False),
        ({"MinConfidence": 0, "MinBoundingBoxHeight": 0.09}, True),
        ({"MinConfidence": 0, "MinBoundingBoxHeight": 0.11}, False),
    ],
)
def test_a_word_meets_every_minimum(minima: dict[str, float], accepted: bool) -> None:
    assert request(WordFilter=minima).accept(70.0, WORD) is accepted


@pytest.mark.parametrize(
    ("region", "accepted"),
    [
        (box(0, 0, 1, 1), True),
        (box(0.0, 0.0, 0.31, 1), True),
        (box(0.0, 0.0, 0.29, 1), False),
        (box(0.6, 0.6, 0.4, 0.4), False),
        (polygon((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)), True),
        (polygon((0.5, 0.5), (0.5, 0.1), (0.1, 0.1), (0.1, 0.5)), True),  # the other way round
        (polygon((0.1, 0.1), (0.4, 0.1), (0.1, 0.3)), False),  # the diagonal cuts off more than half
        (box(-0.5, -0.5, 2, 2), True),  # reaches beyond the picture on every side
        (box(-1, 0, 1.31, 1), True),
        (box(-1, 0, 1.29, 1), False),
        (box(1.5, 1.5, 1, 1), False),  # lies outside
        (box(0, 0, 0, 1), False),  # has no area
        (polygon((-1, -1), (2, -1), (2, 2), (-1, 2)), True),
    ],
)
def test_a_region_keeps_what_is_more_than_half_in_it(region: dict[str, Any], accepted: bool) -> None:
    assert request(RegionsOfInterest=[region]).accept(90.0, WORD) is accepted


def test_a_turned_word_is_measured_as_it_lies() -> None:
    # The left of its bounding box is a quarter of the box, but only an eighth of the word.
    assert request(RegionsOfInterest=[box(0.45, 0, 0.55, 1)]).accept(90.0, TURNED_WORD)
    assert not request(RegionsOfInterest=[box(0, 0, 0.49, 1)]).accept(90.0, TURNED_WORD)


def test_one_of_several_regions_is_enough() -> None:
    regions = [box(0.6, 0.6, 0.4, 0.4), box(0.1, 0.1, 0.4, 0.4)]
    assert request(RegionsOfInterest=regions).accept(90.0, WORD)
    assert request(RegionsOfInterest=[]).accept(90.0, WORD)


@pytest.mark.parametrize(
    "region",
    [
        {},
        box(0, 0, 1, 1) | polygon((0, 0), (1, 0), (1, 1)),
        polygon((0, 0), (1, 1)),
        polygon(*[(0.1, 0.2)] * 11),
        box(0.5, 0, -0.1, 1),
        box(0, 0.5, 1, -0.1),
    ],
)
def test_a_region_that_is_no_area_is_refused(region: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="invalid parameters") as raised:
        request(RegionsOfInterest=[region])
    assert raised.value.code == "InvalidParameterException"
