"""One rule of what a picture is: every JPEG and PNG that the pipeline's tests read goes over the engine's wire too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.rekognition.conftest import rekognition
from tests.support.odd_pictures import WHOLE
from tests.support.photos import SIZE
from viewfinder.adapters.pictures import Pictures
from viewfinder.rekognition.pictures import read_picture

JPEG_AND_PNG = {name: make for name, make in WHOLE.items() if name.startswith(("JPEG", "PNG"))}


@pytest.mark.parametrize("make", JPEG_AND_PNG.values(), ids=JPEG_AND_PNG)
def test_what_the_pipeline_reads_the_engine_reads(server: str, make: Callable[[], bytes]) -> None:
    answer = rekognition(server).detect_labels(Image={"Bytes": make()})
    assert answer["LabelModelVersion"] == "viewfinder-1.2"


@pytest.mark.parametrize("make", JPEG_AND_PNG.values(), ids=JPEG_AND_PNG)
def test_pipeline_and_engine_see_the_same_pixels(make: Callable[[], bytes]) -> None:
    picture = read_picture(make(), max_pixels=1_000_000, detail=10_000)
    read = Pictures().read(make())
    assert picture.size == SIZE == (read.width, read.height)


def test_what_the_detector_left_out_of_a_face_is_in_a_header(server: str) -> None:
    from tests.unit.rekognition.images import sample

    client, photo = rekognition(server), {"Bytes": sample("astronaut.jpg")}
    plain = client.detect_faces(Image=photo)["ResponseMetadata"]["HTTPHeaders"]
    full = client.detect_faces(Image=photo, Attributes=["ALL"])["ResponseMetadata"]["HTTPHeaders"]
    assert "x-viewfinder-left-out" not in plain
    assert full["x-viewfinder-left-out"].startswith("AgeRange, Beard, Emotions")
