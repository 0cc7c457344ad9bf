"""The engine on real photos: objects are found where they are, and the rules of the service hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rekognition.images import sample
from viewfinder.rekognition import EngineError, Engines, detect_labels
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.labels.engine import LabelEngine, model_version
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.settings import Settings

BOTH = ("GENERAL_LABELS", "IMAGE_PROPERTIES")


def label(response: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in response["Labels"] if entry["Name"] == name)


def test_the_cat_of_the_samples_is_found_with_its_box(engine: LabelEngine) -> None:
    cat = label(engine.detect_labels(sample("cat.jpg"), Request()), "Cat")
    assert cat["Confidence"] > 90
    assert [parent["Name"] for parent in cat["Parents"]] == ["Animal", "Mammal", "Pet"]
    assert cat["Categories"] == [{"Name": "Animals and Pets"}]
    (instance,) = cat["Instances"]
    box = instance["BoundingBox"]
    assert box["Width"] * box["Height"] > 0.4  # the cat fills most of the photo


@pytest.mark.parametrize("photo", ["cat.jpg", "coffee.jpg", "astronaut.jpg", "rocket.jpg"])
@pytest.mark.parametrize("least", [0.0, 55.0])
def test_the_rules_of_the_service_hold(engine: LabelEngine, photo: str, least: float) -> None:
    labels = engine.detect_labels(sample(photo), Request(min_confidence=least))["Labels"]
    confidences = {entry["Name"]: entry["Confidence"] for entry in labels}
    assert len(confidences) == len(labels)
    assert labels == sorted(labels, key=lambda entry: (-entry["Confidence"], entry["Name"]))
    for entry in labels:
        assert least <= entry["Confidence"] <= 100
        assert len(entry["Categories"]) == 1
        assert all(confidences[parent["Name"]] >= entry["Confidence"] for parent in entry["Parents"])
        assert not {alias["Name"] for alias in entry["Aliases"]} & confidences.keys()


def test_labels_do_not_depend_on_the_confidence_asked_for(engine: LabelEngine) -> None:
    everything = engine.detect_labels(sample("coffee.jpg"), Request(min_confidence=0))["Labels"]
    some = engine.detect_labels(sample("coffee.jpg"), Request(min_confidence=60))["Labels"]
    assert [(entry["Name"], entry["Confidence"]) for entry in some] == [
        (entry["Name"], entry["Confidence"]) for entry in everything if entry["Confidence"] >= 60
    ]


def test_labels_only_by_default(engine: LabelEngine) -> None:
    response = engine.detect_labels(sample("cat.jpg"), Request())
    assert response.keys() == {"Labels", "LabelModelVersion"}
    assert response["LabelModelVersion"] == "viewfinder-1.2"
    assert "DominantColors" not in label(response, "Cat")["Instances"][0]


def test_the_version_names_what_the_labels_depend_on(tmp_path: Path) -> None:
    file = tmp_path / "better.onnx"
    file.write_bytes(b"a graph")

    assert model_version(Settings()) == "viewfinder-1.2"
    assert model_version(Settings(passes=1)) == "viewfinder-1.2-single"
    assert (
        model_version(Settings(detector=str(file))) == f"viewfinder-1.2-{hashlib.sha256(b'a graph').hexdigest()[:12]}"
    )
    with pytest.raises(ModelFileError, match=r"missing\.onnx can't be read"):
        model_version(Settings(detector=str(tmp_path / "missing.onnx")))


def test_image_properties_only(engines: Engines) -> None:
    response = detect_labels(sample("cat.jpg"), features=["IMAGE_PROPERTIES"], engines=engines)
    assert response["Labels"] == []
    assert response["ImageProperties"].keys() == {"Quality", "DominantColors", "Foreground", "Background"}


def test_both_features_give_every_object_its_colours(engines: Engines) -> None:
    settings = {"ImageProperties": {"MaxDominantColors": 2}}
    response = detect_labels(sample("cat.jpg"), features=BOTH, settings=settings, engines=engines)
    (instance,) = label(response, "Cat")["Instances"]
    assert 1 <= len(instance["DominantColors"]) <= 2
    assert len(response["ImageProperties"]["DominantColors"]) == 2


def test_the_foreground_does_not_depend_on_the_confidence_asked_for(engines: Engines) -> None:
    parts = [
        detect_labels(sample("cat.jpg"), features=BOTH, min_confidence=least, engines=engines)["ImageProperties"]
        for least in (0, 55, 100)
    ]
    assert parts[0] == parts[1] == parts[2]


def test_the_library_takes_the_members_of_a_request(engines: Engines) -> None:
    settings = {"GeneralLabels": {"LabelInclusionFilters": ["Cat", "Pet"]}}
    response = detect_labels(sample("cat.jpg"), max_labels=1, min_confidence=50, settings=settings, engines=engines)
    assert len(response["Labels"]) == 1
    assert response["Labels"][0]["Name"] in {"Cat", "Pet"}


def test_the_library_raises_the_services_codes(engines: Engines) -> None:
    with pytest.raises(EngineError) as raised:
        detect_labels(b"no image", engines=engines)
    assert raised.value.code == "InvalidImageFormatException"
