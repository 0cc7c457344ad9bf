"""The detector: a session with the layout recognised from its inputs and outputs, and its class names."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import onnxruntime
from PIL import Image

from viewfinder.detectlabels import coco
from viewfinder.detectlabels.boxes import Boxes
from viewfinder.detectlabels.errors import ModelFileError
from viewfinder.detectlabels.layouts import Layout, RawDetr, RtDetr, Ssd, Yolox
from viewfinder.detectlabels.sessions import MODELS, open_session

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
DEFAULT_SIDE = 640
"""Side of a graph whose input size is left open."""


class Detector:
    """Finds objects in a picture; safe to use from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, layout: Layout, names: tuple[str, ...], version: str):
        self._session = session
        self._layout = layout
        self.names = names
        self.version = version

    def detect(self, picture: Image.Image, least_score: float) -> Boxes:
        """Gives the boxes of at least this score; `classes` index `names`."""
        outputs = self._session.run(None, self._layout.inputs(picture))
        named = dict(zip((output.name for output in self._session.get_outputs()), outputs, strict=True))
        return self._layout.boxes(named, picture.size, least_score)


def default_detector() -> Detector:
    """Opens the detector that the package carries."""
    layout = Ssd(
        MODELS / "ssd_mobilenet_v2_coco_anchors.npy",
        image="Preprocessor/sub:0",
        offsets="concat:0",
        scores="Postprocessor/convert_scores:0",
    )
    return Detector(open_session(MODELS / "ssd_mobilenet_v2_coco.onnx"), layout, coco.NAMES, "ssd")


def open_detector(path: Path, labels: Path | None = None) -> Detector:
    """Opens a detector of the user's; raises ModelFileError where its layout is none of those known."""
    session = open_session(path)
    layout = recognise(session, path)
    names = _read_names(labels) if labels else coco.NAMES
    return Detector(session, layout, names, _digest(path))


def recognise(session: Any, path: Path) -> Layout:
    """Gives the layout that the names and shapes of a graph's inputs and outputs tell."""
    inputs = {entry.name: entry.shape for entry in session.get_inputs()}
    outputs = {entry.name: entry.shape for entry in session.get_outputs()}
    image = next(iter(inputs), "")
    height, width = _sides(inputs.get(image, []))
    if {"labels", "boxes", "scores"} <= outputs.keys() and "orig_target_sizes" in inputs:
        return RtDetr("images", "orig_target_sizes", *_sides(inputs["images"]))
    if {"logits", "pred_boxes"} <= outputs.keys():
        return RawDetr(image, "logits", "pred_boxes", height, width)
    if {"labels", "dets"} <= outputs.keys():
        return RawDetr(image, "labels", "dets", height, width, IMAGENET_MEAN, IMAGENET_DEVIATION)
    if len(inputs) == len(outputs) == 1 and _is_yolox(next(iter(outputs.values())), _cells(height, width)):
        return Yolox(image, next(iter(outputs)), height, width)
    raise ModelFileError(
        f"{path} is none of the layouts YOLOX, RT-DETR/D-FINE and RF-DETR: inputs {inputs}, outputs {outputs}"
    )


def _sides(shape: list[Any]) -> tuple[int, int]:
    sides = [side if isinstance(side, int) and side > 0 else DEFAULT_SIDE for side in shape[2:4]]
    return (sides[0], sides[1]) if len(sides) == 2 else (DEFAULT_SIDE, DEFAULT_SIDE)


def _is_yolox(shape: list[Any], cells: int) -> bool:
    return len(shape) == 3 and shape[1] in {cells, None} and isinstance(shape[2], int) and shape[2] > 5


def _cells(height: int, width: int) -> int:
    return sum((height // stride) * (width // stride) for stride in (8, 16, 32))


def _read_names(path: Path) -> tuple[str, ...]:
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"The labels can't be read: {error}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
