"""A classifier of the user's: its labels beside ours, calibrated; files that don't fit are refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.unit.rekognition.images import sample
from viewfinder.rekognition import Settings
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.labels import custom_classifier
from viewfinder.rekognition.labels.custom_classifier import CustomClassifier
from viewfinder.rekognition.labels.engine import LabelEngine, model_version
from viewfinder.rekognition.labels.request import Request

NAMES = "/a/airport_terminal 0\nbeach\nsky, heaven\n"


class FakeSession:
    """A graph that gives the same scores for every picture, and keeps what it was given."""

    def __init__(self, shape: list[Any], scores: list[float], kind: str = "tensor(float)") -> None:
        self._scores = np.array([scores], np.float32)
        self.given: Any = None
        self._shape, self._kind = shape, kind

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="image", shape=self._shape, type=self._kind)]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="scores", shape=["batch", self._scores.shape[1]])]

    def run(self, _: None, inputs: dict[str, Any]) -> list[Any]:
        self.given = inputs["image"]
        return [self._scores]


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    file = tmp_path / "classes.txt"
    file.write_text(NAMES)
    return file


def opened(
    monkeypatch: pytest.MonkeyPatch, session: FakeSession, classes: Path, least: float = 0.5
) -> CustomClassifier:
    monkeypatch.setattr(custom_classifier, "open_session", lambda _: session)
    return CustomClassifier(Path("places.onnx"), classes, least)


def test_names_are_read_without_the_decoration_of_lists(monkeypatch: pytest.MonkeyPatch, classes: Path) -> None:
    classifier = opened(monkeypatch, FakeSession([1, 3, 224, 224], [0, 0, 0]), classes)
    assert classifier.names == ("airport terminal", "beach", "sky")


@pytest.mark.parametrize(
    ("probability", "confidence"), [(1.0, 0.99), (0.5, 0.55), (0.75, 0.77), (0.25, 0.27), (0.0, 0.0)]
)
def test_the_minimum_probability_is_a_confidence_of_55(
    monkeypatch: pytest.MonkeyPatch, classes: Path, probability: float, confidence: float
) -> None:
    classifier = opened(monkeypatch, FakeSession([1, 3, 224, 224], [probability, 0, 0]), classes)
    found = classifier.confidences(Image.new("RGB", (300, 200)))
    assert found["airport terminal"] == pytest.approx(confidence, abs=0.001)


def test_scores_that_are_no_probabilities_are_made_some(monkeypatch: pytest.MonkeyPatch, classes: Path) -> None:
    classifier = opened(monkeypatch, FakeSession([1, 3, 224, 224], [9.0, -3.0, 0.0]), classes)
    found = classifier.confidences(Image.new("RGB", (300, 200)))
    assert found["airport terminal"] > 0.98
    assert found["beach"] < 0.01


@pytest.mark.parametrize(
    ("shape", "kind", "given", "white"),
    [
        ([1, 3, 96, 128], "tensor(float)", (1, 3, 96, 128), (1 - 0.485) / 0.229),
        (["n", 3, "h", "w"], "tensor(float)", (1, 3, 224, 224), (1 - 0.485) / 0.229),
        ([1, 96, 128, 3], "tensor(float)", (1, 96, 128, 3), 1.0),
        ([1, 96, 128, 3], "tensor(uint8)", (1, 96, 128, 3), 255),
    ],
)
def test_the_picture_is_scaled_as_the_input_is_usually_trained(  # noqa: PLR0917
    monkeypatch: pytest.MonkeyPatch, classes: Path, shape: list[Any], kind: str, given: tuple[int, ...], white: float
) -> None:
    session = FakeSession(shape, [0, 0, 0], kind)
    opened(monkeypatch, session, classes).confidences(Image.new("RGB", (300, 200), "white"))
    assert session.given is not None
    assert session.given.shape == given
    assert session.given.flat[0] == pytest.approx(white, abs=1e-4)


@pytest.mark.parametrize(
    ("session", "message"),
    [
        (FakeSession([1, 3, 224, 224], [0, 0]), "places.onnx has 2 classes, but 3 names are given"),
        (FakeSession([1, 1, 224, 224], [0, 0, 0]), "places.onnx is not a plain image classifier: its inputs are"),
        (FakeSession([1, 10], [0, 0, 0]), "places.onnx is not a plain image classifier: its inputs are"),
        (
            FakeSession([1, 3, 8, 8], [0, 0, 0], "tensor(int64)"),
            "places.onnx is not a plain image classifier: its inputs",
        ),
    ],
)
def test_a_graph_that_does_not_fit_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, classes: Path, session: FakeSession, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message.replace("[", r"\[")):
        opened(monkeypatch, session, classes)


def test_its_labels_stand_beside_ours(monkeypatch: pytest.MonkeyPatch, engine: LabelEngine, classes: Path) -> None:
    own = opened(monkeypatch, FakeSession([1, 3, 224, 224], [0.9, 0.0, 0.0]), classes)
    with_own = LabelEngine(engine._detector, engine._classifier, Settings(), own)
    found = {label["Name"]: label for label in with_own.detect_labels(sample("rocket.jpg"), Request())["Labels"]}
    assert found["Airport Terminal"]["Confidence"] == pytest.approx(90.2, abs=0.1)
    assert found["Sky"]["Confidence"] > 90


def test_the_version_names_its_files(classes: Path) -> None:
    graph = classes.with_name("places.onnx")
    graph.write_bytes(b"graph")
    settings = Settings(classifier=str(graph), classes=str(classes), min_probability=0.4)
    assert model_version(settings).startswith("viewfinder-1.2-")
    assert model_version(settings).endswith("-0.4")


def test_a_classifier_without_names_is_refused() -> None:
    with pytest.raises(ValueError, match="CLASSIFIER and VIEWFINDER_ENGINE_CLASSES belong together"):
        Settings(classifier="places.onnx")
    with pytest.raises(ValueError, match="between 0 and 1"):
        Settings(min_probability=1.0)
