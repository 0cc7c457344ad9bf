"""Doubt about the detector: it lowers what the classifier contradicts, and leaves the rest."""

from __future__ import annotations

import numpy as np
import pytest

from viewfinder.rekognition.labels.detectors import NAMES
from viewfinder.rekognition.labels.doubt import KIND_OF, Claims, Doubt


def limit(name: str, **given: float) -> float:
    """The limit of one class; whatever is not given is nothing."""
    at = NAMES.index(name)

    def array(member: str, default: float = 0.0) -> np.ndarray:
        values = np.zeros(len(NAMES), np.float32)
        values[at] = given.get(member, default)
        return values

    claims = Claims(
        array("score", 0.9), array("clear", 1.0) > 0, array("area", 0.5), array("own"), array("rival"), array("kin")
    )
    return float(Doubt(NAMES).limit(claims)[at])


def test_every_class_of_coco_has_a_kind() -> None:
    assert set(KIND_OF) == set(NAMES)


@pytest.mark.parametrize("name", ["cat", "microwave", "vase", "kite", "teddy bear", "banana"])
def test_a_class_that_the_classifier_contradicts_is_not_sure(name: str) -> None:
    assert limit(name, rival=0.95, kin=0.95) < 0.8


@pytest.mark.parametrize("name", ["cat", "microwave", "vase", "banana", "bus"])
def test_a_class_that_the_classifier_supports_stays_sure(name: str) -> None:
    assert limit(name, own=0.9, rival=0.02, kin=0.02) > 0.9


def test_a_person_is_not_contradicted_for_the_classifier_has_no_class_of_people() -> None:
    assert limit("person", rival=0.95, kin=0.95) == limit("person")


@pytest.mark.parametrize("rival", [0.1, 0.5, 0.9])
def test_a_surer_rival_never_raises_the_limit(rival: float) -> None:
    assert limit("cat", rival=rival) <= limit("cat", rival=rival - 0.1)


def test_a_class_of_the_users_detector_is_taken_as_an_average_one() -> None:
    claims = Claims(*(np.array([value], np.float32) for value in (0.9, 1.0, 0.5, 0.0, 0.0, 0.0)))
    assert 0.2 <= float(Doubt(("forklift",)).limit(claims)[0]) <= 1
