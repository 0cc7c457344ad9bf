"""Pipeline and engine read odd pictures by one rule: what the one hands on, the other takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.odd_pictures import WHOLE
from viewfinder.adapters.pictures import Pictures
from viewfinder.rekognition import detect_labels


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE)
def test_the_engine_takes_what_the_pipeline_makes_of_an_odd_picture(make: Callable[[], bytes]) -> None:
    assert detect_labels(Pictures().read(make()).rendition).keys() >= {"Labels", "LabelModelVersion"}
