"""Detectors: layouts are recognised from the graph, and each reads its boxes right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.unit.rekognition.images import noise
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.labels import detectors
from viewfinder.rekognition.labels.detectors import (
    IMAGENET_MEAN,
    Layout,
    RawDetr,
    RtDetr,
    Yolox,
    default_detector,
    open_detector,
    recognise,
)

SHARED = Path(__file__).parents[4] / "shared"
YOLOX = SHARED / "models" / "yolox_nano.onnx"
PHOTO = (320, 160)
BOX = (0.25, 0.5, 0.75, 1.0)
"""Left, top, right, bottom of the one object in every layout's outputs below."""


def graph(inputs: dict[str, Any], outputs: dict[str, Any]) -> Any:
    def described(entries: dict[str, Any]) -> Callable[[], list[SimpleNamespace]]:
        return lambda: [SimpleNamespace(name=name, shape=shape) for name, shape in entries.items()]

    return SimpleNamespace(get_inputs=described(inputs), get_outputs=described(outputs))


RT_DETR = graph(
    {"images": ["N", 3, 640, 640], "orig_target_sizes": ["N", 2]},
    {"labels": ["N", 300], "boxes": ["N", 300, 4], "scores": ["N", 300]},
)
D_FINE_RAW = graph({"pixel_values": [1, 3, 512, 640]}, {"logits": [1, 300, 80], "pred_boxes": [1, 300, 4]})
RF_DETR = graph({"input": [1, 3, 384, 384]}, {"dets": [1, 300, 4], "labels": [1, 300, 91]})
YOLOX_GRAPH = graph({"images": [1, 3, 64, 96]}, {"output": [1, 126, 85]})


@pytest.mark.parametrize(
    ("session", "layout"),
    [
        (RT_DETR, RtDetr("images", "orig_target_sizes", 640, 640)),
        (D_FINE_RAW, RawDetr("pixel_values", "logits", "pred_boxes", 512, 640)),
        (RF_DETR, RawDetr("input", "labels", "dets", 384, 384, IMAGENET_MEAN, (0.229, 0.224, 0.225))),
        (YOLOX_GRAPH, Yolox("images", "output", 64, 96)),
    ],
)
def test_a_layout_is_recognised_from_inputs_and_outputs(session: Any, layout: Layout) -> None:
    assert recognise(session, Path("model.onnx")) == layout


@pytest.mark.parametrize("shape", [[1, 3, None, None], ["batch", 3, "height", "width"], []])
def test_an_open_input_size_is_taken_as_640(shape: list[Any]) -> None:
    session = graph({"x": shape}, {"logits": [1, 300, 80], "pred_boxes": [1, 300, 4]})
    assert recognise(session, Path("model.onnx")) == RawDetr("x", "logits", "pred_boxes", 640, 640)


@pytest.mark.parametrize(
    "outputs", [{"probs": [1, 1000]}, {"output": [1, 99, 85]}, {"output": [1, 126, 5]}, {"output": [126, 85]}]
)
def test_an_unknown_layout_is_refused_with_what_was_found(outputs: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError) as raised:
        recognise(graph({"images": [1, 3, 64, 96]}, outputs), Path("odd.onnx"))
    assert str(raised.value) == (
        "odd.onnx is none of the layouts YOLOX, RT-DETR/D-FINE and RF-DETR: "
        f"inputs {{'images': [1, 3, 64, 96]}}, outputs {outputs}"
    )


def one_object(layout: Layout, outputs: dict[str, Any]) -> tuple[list[float], float, int]:
    found = layout.boxes(outputs, PHOTO, 0.3)
    assert len(found.scores) == 1
    return found.corners[0].round(4).tolist(), round(float(found.scores[0]), 4), int(found.classes[0])


def logits(columns: int, column: int) -> Any:
    """Two queries: the first is sure of one class, the second of none."""
    values = np.full((1, 2, columns), -9.0, dtype=np.float32)
    values[0, 0, column] = np.log(4)  # a sigmoid of 0.8
    return values


CENTRES = np.array([[[0.5, 0.75, 0.5, 0.5], [0.1, 0.1, 0.1, 0.1]]], dtype=np.float32)
EXPECTED = (list(BOX), 0.8, detectors.NAMES.index("dog"))


def test_rt_detr_gives_ratios_with_scores_and_classes() -> None:
    layout = RtDetr("images", "orig_target_sizes", 640, 640)
    assert layout.inputs(noise(PHOTO))["orig_target_sizes"].tolist() == [[1, 1]]
    boxes = np.array([[BOX, (0, 0, 1, 1)]], dtype=np.float32)
    scores = np.array([[0.8, 0.1]], dtype=np.float32)
    assert one_object(layout, {"boxes": boxes, "scores": scores, "labels": np.array([[16, 0]])}) == EXPECTED


def test_d_fine_columns_are_the_80_names() -> None:
    layout = RawDetr("x", "logits", "pred_boxes", 64, 64)
    assert one_object(layout, {"logits": logits(80, 16), "pred_boxes": CENTRES}) == EXPECTED


def test_rf_detr_columns_are_the_91_numbers() -> None:
    layout = RawDetr("x", "labels", "dets", 64, 64)
    assert one_object(layout, {"labels": logits(91, 18), "dets": CENTRES}) == EXPECTED


def test_rf_detr_normalises_as_imagenet_does() -> None:
    layout = RawDetr("x", "labels", "dets", 8, 8, IMAGENET_MEAN, (0.229, 0.224, 0.225))
    pixels = layout.inputs(Image.new("RGB", PHOTO, "white"))["x"]
    assert pixels.shape == (1, 3, 8, 8)
    assert pixels[0, :, 0, 0].round(3).tolist() == np.array([2.249, 2.429, 2.64], np.float32).tolist()


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
    from viewfinder.rekognition.sessions import MODELS

    with pytest.raises(ModelFileError, match="none of the layouts"):
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
