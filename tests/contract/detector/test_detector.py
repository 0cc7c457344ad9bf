"""Both ways to the engine find the same: over Rekognition's wire, and in the pipeline's own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.rekognition.conftest import rekognition, started
from viewfinder.adapters.detector import EngineDetector, RekognitionDetector
from viewfinder.domain.errors import ImageRejectedError
from viewfinder.domain.feature import FEATURES, Feature, Parameters
from viewfinder.ports import Detector

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*.jpg"))


@pytest.fixture(scope="module")
def over_the_wire() -> Iterator[Detector]:
    with started() as url:
        yield RekognitionDetector(rekognition(url))


@pytest.fixture(scope="module")
def in_process() -> Detector:
    return EngineDetector()


@pytest.mark.parametrize("photo", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("feature", [each for each, row in FEATURES.items() if row.engine_seconds and not row.beside])
def test_a_photo_shows_the_same_both_ways(
    over_the_wire: Detector, in_process: Detector, photo: Path, feature: Feature
) -> None:
    parameters = Parameters(40, 55.0, feature)

    assert in_process.detect(photo.read_bytes(), parameters) == over_the_wire.detect(photo.read_bytes(), parameters)


def test_the_samples_show_something(in_process: Detector) -> None:
    assert all(in_process.detect(photo.read_bytes(), Parameters(40, 55.0)).findings for photo in SAMPLES)


def test_what_is_no_picture_is_rejected_both_ways(over_the_wire: Detector, in_process: Detector) -> None:
    told = []
    for detector in (over_the_wire, in_process):
        with pytest.raises(ImageRejectedError) as refusal:
            detector.detect(b"no picture", Parameters(40, 55.0))
        told.append((refusal.value.reason, str(refusal.value)))
    assert told[0] == told[1]
    assert told[0][0] == "UNSUPPORTED_FORMAT"
