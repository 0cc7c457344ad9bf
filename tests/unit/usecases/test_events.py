"""Events: which one a saved version is, what it tells, and that the contract has its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from viewfinder.domain.events import MAX_LABELS, event_id, event_of
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import DELETED, Image, Status
from viewfinder.domain.label import Label

CONTRACT = yaml.safe_load((Path(__file__).parents[3] / "infrastructure" / "openapi.yaml").read_text())
DOG, CAT = Label("Dog", 98.5), Label("Cat", 60.0)
ANALYZED = Image(
    "dogs/rex 1.jpg",
    Status.ANALYZED,
    "01",
    "2026-01-31T12:00:00.000000Z",
    etag="e",
    sha256="a" * 64,
    findings={Feature.LABELS: (CAT, DOG)},
    features=("LABELS",),
    version=1_769_860_800_000_000,
)
CORRECTED = replace(
    ANALYZED, version=ANALYZED.version + 1, corrections=ANALYZED.corrections.changed(["Rex"], ["Cat"], [])
)


def type_of(image: Image, replaced: Image | None) -> str:
    event = event_of(image, replaced)
    assert event
    return str(event["Type"])


@pytest.mark.parametrize(
    ("image", "replaced", "expected"),
    [
        (ANALYZED, None, "ImageAnalyzed"),
        (replace(ANALYZED, version=2), ANALYZED, "ImageAnalyzed"),
        (CORRECTED, ANALYZED, "LabelsCorrected"),
        (replace(ANALYZED, version=9), CORRECTED, "LabelsCorrected"),  # undone
        (replace(CORRECTED, analyzed_at="2026-02-01T00:00:00.000000Z"), ANALYZED, "ImageAnalyzed"),
        (replace(ANALYZED, status=Status.REJECTED, reason="CORRUPT"), None, "ImageRejected"),
        (replace(ANALYZED, status=Status.FAILED, reason="DETECTOR_UNAVAILABLE"), ANALYZED, "ImageFailed"),
        (replace(ANALYZED, status=Status.REMOVED, reason=DELETED), ANALYZED, "ImageRemoved"),
        (Image("a.jpg", Status.REMOVED, "01", "2026-01-31T12:00:00.000000Z"), None, "ImageRemoved"),
    ],
)
def test_a_saved_version_is_one_event(image: Image, replaced: Image | None, expected: str) -> None:
    assert type_of(image, replaced) == expected


def test_an_event_names_the_image_its_version_and_its_corrected_labels() -> None:
    assert event_of(CORRECTED, ANALYZED) == {
        "StoredFormat": 1,
        "Type": "LabelsCorrected",
        "ImageId": "dogs/rex 1.jpg",
        "Version": CORRECTED.version,
        "AnalyzedAt": "2026-01-31T12:00:00.000000Z",
        "Path": "/images/dogs%2Frex%201.jpg",
        "Sha256": "a" * 64,
        "Features": ["LABELS"],
        "Labels": [{"Name": "Rex", "Confidence": 100.0}, {"Name": "Dog", "Confidence": 98.5}],
    }


def test_a_version_that_only_makes_room_is_no_event() -> None:
    assert event_of(replace(ANALYZED, findings={}, etag=""), ANALYZED) is None


def validated(event: Any) -> None:
    schema = CONTRACT["components"]["schemas"]["Event"]
    jsonschema.Draft202012Validator({**schema, "components": CONTRACT["components"]}).validate(event)


@pytest.mark.parametrize("status", Status)
def test_the_contract_has_the_schema_of_every_event(status: Status) -> None:
    reason = "" if status is Status.ANALYZED else "CORRUPT"
    validated(event_of(replace(ANALYZED, status=status, reason=reason), None))
    validated(event_of(CORRECTED, ANALYZED))


def test_the_schema_refuses_what_is_no_event() -> None:
    event = event_of(ANALYZED, None)
    assert event
    for broken in (event | {"Type": "ImageSeen"}, event | {"Size": 1}, {"ImageId": "a.jpg"}):
        with pytest.raises(jsonschema.ValidationError):
            validated(broken)


def test_the_largest_event_fits_eventbridge() -> None:
    labels = tuple(Label("\U0001f408" * 100, 100.0 - index / 10) for index in range(MAX_LABELS + 20))
    image = replace(ANALYZED, image_id="\U0001f408" * 256, findings={Feature.LABELS: labels})

    event = event_of(image, None)

    assert event
    assert len(event["Labels"]) == MAX_LABELS
    assert len(json.dumps(event, ensure_ascii=False).encode()) < 256_000


def test_an_event_has_the_same_id_in_each_delivery_and_another_one_for_each_version() -> None:
    assert event_id("a.jpg", 1) == event_id("a.jpg", 1)
    assert len({event_id("a.jpg", 1), event_id("a.jpg", 2), event_id("b.jpg", 1)}) == 3
