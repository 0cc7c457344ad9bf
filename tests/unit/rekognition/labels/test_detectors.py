"""Detectors: layouts are recognised from the graph, and each reads its boxes right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.labels import detectors
from viewfinder.rekognition.labels.detectors import (
    Layout,
    Yolox,
    default_detector,
    open_detector,
    recognise,
)

SHARED = Path(__file__).parents[5] / "shared"
YOLOX = SHARED / "models" / "yolox_nano.onnx"
PHOTO = (320, 160)
BOX = (0.25, 0.5, 0.75, 1.0)
"""Left, top, right, bottom of the one object in the outputs below."""


def graph(inputs: dict[str, Any], outputs: dict[str, Any]) -> Any:
    def described(entries: dict[str, Any]) -> Callable[[], list[SimpleNamespace]]:
        return lambda: [SimpleNamespace(name=name, shape=shape) for name, shape in entries.items()]

    return SimpleNamespace(get_inputs=described(inputs), get_outputs=described(outputs))


YOLOX_GRAPH = graph({"images": [1, 3, 64, 96]}, {"output": [1, 126, 85]})


def test_a_yolox_is_recognised_from_its_inputs_and_outputs() -> None:
    assert recognise(YOLOX_GRAPH, Path("model.onnx")) == Yolox("images", "output", 64, 96)


@pytest.mark.parametrize("shape", [[1, 3, None, None], ["batch", 3, "height", "width"]])
def test_an_open_input_size_is_taken_as_640(shape: list[Any]) -> None:
    session = graph({"x": shape}, {"output": [1, 8400, 85]})
    assert recognise(session, Path("model.onnx")) == Yolox("x", "output", 640, 640)


@pytest.mark.parametrize(
    "outputs", [{"probs": [1, 1000]}, {"output": [1, 99, 85]}, {"output": [1, 126, 5]}, {"output": [126, 85]}]
)
def test_an_unknown_layout_is_refused_with_what_was_found(outputs: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError) as raised:
        recognise(graph({"images": [1, 3, 64, 96]}, outputs), Path("odd.onnx"))
    assert str(raised.value) == (
        f"odd.onnx has not the layout of YOLOX: inputs {{'images': [1, 3, 64, 96]}}, outputs {outputs}"
    )


def one_object(layout: Layout, outputs: dict[str, Any]) -> tuple[list[float], float, int]:
    found = layout.boxes(outputs, PHOTO, 0.3)
    assert len(found.scores) == 1
    return found.corners[0].round(4).tolist(), round(float(found.scores[0]), 4), int(found.classes[0])


EXPECTED = (list(BOX), 0.8, detectors.NAMES.index("dog"))


def test_yolox_boxes_come_from_the_letterboxed_grid() -> None:
    layout = Yolox("images", "output", 64, 96)  # the photo of 320 x 160 fills 96 x 48 of it
    cells = np.zeros((1, 126, 85), dtype=np.float32)
    row = (64 // 8) * (96 // 8) + 2 * 6 + 3  # stride 16, row 2, column 3
    cells[0, row, :4] = [0.0, 0.25, np.log(3), np.log(1.5)]  # centre (48, 36), 48 x 24 pixels
    cells[0, row, 4], cells[0, row, 5 + 16] = 1.0, 0.8
    assert one_object(layout, {"output": cells}) == EXPECTED


def test_yolox_is_fed_bgr_with_grey_below() -> None:
    pixels = Yolox("images", "output", 64, 96).inputs(Image.new("RGB", PHOTO, (10, 20, 30)))["images"]
    assert pixels[0, :, 0, 0].tolist() == [30, 20, 10]
    assert pixels[0, :, 63, 0].tolist() == [114, 114, 114]


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError, match=r"no\.onnx can't be loaded as an ONNX model"):
        open_detector(tmp_path / "no.onnx")


def test_the_packages_own_classifier_is_no_detector() -> None:
    from viewfinder.rekognition.networks import MODELS

    with pytest.raises(ModelFileError, match="has not the layout of YOLOX"):
        open_detector(MODELS / "efficientnet_lite3.onnx")


def test_the_default_detector_names_cocos_classes() -> None:
    detector = default_detector()
    assert detector.names == detectors.NAMES
    assert len(detectors.NAMES) == len(detectors.NUMBERS) == 80


@pytest.mark.skipif(not YOLOX.exists(), reason="the test model lies outside the repository")
def test_a_real_yolox_finds_the_dog_the_bicycle_and_the_truck(tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(detectors.NAMES))
    detector = open_detector(YOLOX, labels)
    with Image.open(SHARED / "eval" / "photos" / "dog.jpg") as photo:
        found = detector.detect(photo.convert("RGB"), 0.5)
    assert {"dog", "bicycle"} <= {detector.names[index] for index in found.classes}
    dog = found.corners[found.classes.tolist().index(16)]
    assert dog.tolist() == pytest.approx([0.17, 0.37, 0.41, 0.94], abs=0.04)
