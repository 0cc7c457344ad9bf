"""The object detector of DetectLabels: our SSD, or a YOLOX of the user's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from PIL import Image

from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.networks import MODELS, Boxes, Floats, open_session, select, suppress

Arrays = Mapping[str, Any]


class Layout(Protocol):
    """One way to feed a graph and to read it; sizes are (width, height)."""

    def inputs(self, picture: Image.Image) -> dict[str, Any]: ...

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes: ...


@dataclass(frozen=True)
class Ssd:
    """SSD-MobileNetV2 of TensorFlow's zoo, cut before its own suppression; columns are COCO's 91 numbers."""

    anchors_file: Path
    image: str
    offsets: str
    scores: str
    side: int = 300

    @cached_property
    def anchors(self) -> Floats:
        """(n, 4) anchors as centre y, centre x, height, width."""
        top, left, bottom, right = np.load(self.anchors_file).T
        return np.stack([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left], axis=1)

    def inputs(self, picture: Image.Image) -> dict[str, Any]:
        # Sampled without smoothing, as TensorFlow did in training: smoothed input costs four points of recall.
        area = (0, 0, *picture.size)
        sampled = picture.transform((self.side, self.side), Image.Transform.EXTENT, area, Image.Resampling.BILINEAR)
        pixels = _planes(np.asarray(sampled))
        pixels /= 127.5
        pixels -= 1
        return {self.image: pixels}

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes:
        scores = outputs[self.scores][0]
        # Nearly all anchors are sure of the background, number 0: only the others are worth a look at each class.
        kept = np.flatnonzero((scores[:, 1:] >= least_score).any(axis=1))
        corners = self._corners(outputs[self.offsets][0, kept, 0], self.anchors[kept])
        return suppress(select(corners, scores[kept][:, NUMBERS], least_score), overlap=0.6)

    def _corners(self, offsets: Floats, anchors: Floats) -> Floats:
        centres = offsets[:, :2] / 10 * anchors[:, 2:] + anchors[:, :2]
        halves = np.exp(offsets[:, 2:] / 5) * anchors[:, 2:] / 2
        return np.concatenate([(centres - halves)[:, ::-1], (centres + halves)[:, ::-1]], axis=1)


@dataclass(frozen=True)
class Yolox:
    """YOLOX as its own export script writes it: (1, cells, 5 + classes), boxes relative to their grid cell."""

    image: str
    output: str
    height: int
    width: int

    def inputs(self, picture: Image.Image) -> dict[str, Any]:
        scale = self._scale(picture.size)
        shape = (round(picture.width * scale), round(picture.height * scale))
        canvas = np.full((self.height, self.width, 3), 114, dtype=np.float32)
        canvas[: shape[1], : shape[0]] = _stretched(picture, *shape)
        return {self.image: _planes(canvas[:, :, ::-1])}  # trained on BGR

    def boxes(self, outputs: Arrays, size: tuple[int, int], least_score: float) -> Boxes:
        cells = outputs[self.output][0]
        centres = (cells[:, :2] + self._grid[:, :2]) * self._grid[:, 2:]
        halves = np.exp(cells[:, 2:4]) * self._grid[:, 2:] / 2
        picture = np.tile(np.array(size) * self._scale(size), 2).astype(np.float32)
        corners = np.concatenate([centres - halves, centres + halves], axis=1, dtype=np.float32) / picture
        return suppress(select(corners, cells[:, 5:] * cells[:, 4:5], least_score), overlap=0.6)

    def _scale(self, size: tuple[int, int]) -> float:
        return min(self.width / size[0], self.height / size[1])

    @cached_property
    def _grid(self) -> Floats:
        """(cells, 3): column, row and stride of every cell."""
        return np.concatenate([_cells(self.height // stride, self.width // stride, stride) for stride in (8, 16, 32)])


def _stretched(picture: Image.Image, width: int, height: int) -> Floats:
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)


def _planes(pixels: Any) -> Floats:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32)


def _cells(rows: int, columns: int, stride: int) -> Floats:
    row, column = np.mgrid[:rows, :columns].reshape(2, -1)
    return np.stack([column, row, np.full(rows * columns, stride)], axis=1).astype(np.float32)


DEFAULT_SIDE = 640
"""Side of a graph whose input size is left open."""


class Detector:
    """Finds objects in a picture; safe to use from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, layout: Layout, names: tuple[str, ...]):
        self._session = session
        self._layout = layout
        self.names = names

    def detect(self, picture: Image.Image, least_score: float) -> Boxes:
        """Return the boxes of at least this score; `classes` index `names`."""
        outputs = self._session.run(None, self._layout.inputs(picture))
        named = dict(zip((output.name for output in self._session.get_outputs()), outputs, strict=True))
        return self._layout.boxes(named, picture.size, least_score)


def default_detector() -> Detector:
    """Open the detector that the package carries."""
    layout = Ssd(
        MODELS / "ssd_mobilenet_v2_coco_anchors.npy",
        image="Preprocessor/sub:0",
        offsets="concat:0",
        scores="Postprocessor/convert_scores:0",
    )
    return Detector(open_session(MODELS / "ssd_mobilenet_v2_coco.onnx"), layout, NAMES)


def open_detector(path: Path, labels: Path | None = None) -> Detector:
    """Open a detector of the user's; raise ModelFileError where its layout is not that of YOLOX."""
    session = open_session(path)
    layout = recognise(session, path)
    names = read_names(labels) if labels else NAMES
    return Detector(session, layout, names)


def recognise(session: Any, path: Path) -> Layout:
    """Return the layout of a graph by the names and shapes of its inputs and outputs."""
    inputs = {entry.name: entry.shape for entry in session.get_inputs()}
    outputs = {entry.name: entry.shape for entry in session.get_outputs()}
    image = next(iter(inputs), "")
    height, width = _sides(inputs.get(image, []))
    if len(inputs) == len(outputs) == 1 and _is_yolox(next(iter(outputs.values())), _cell_count(height, width)):
        return Yolox(image, next(iter(outputs)), height, width)
    raise ModelFileError(f"{path} has not the layout of YOLOX: inputs {inputs}, outputs {outputs}")


def _sides(shape: list[Any]) -> tuple[int, int]:
    sides = [side if isinstance(side, int) and side > 0 else DEFAULT_SIDE for side in shape[2:4]]
    return (sides[0], sides[1]) if len(sides) == 2 else (DEFAULT_SIDE, DEFAULT_SIDE)


def _is_yolox(shape: list[Any], cells: int) -> bool:
    return len(shape) == 3 and shape[1] in {cells, None} and isinstance(shape[2], int) and shape[2] > 5


def _cell_count(height: int, width: int) -> int:
    return sum((height // stride) * (width // stride) for stride in (8, 16, 32))


def read_names(path: Path) -> tuple[str, ...]:
    """Return the names of a text file, one a line; raise ModelFileError."""
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"The labels can't be read: {error}") from error


def digest(path: Path) -> str:
    """Return a name of a file's content; raise ModelFileError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as error:
        raise ModelFileError(f"{path} can't be read: {error}") from error


NAMES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
    "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush",
)  # fmt: skip

UNUSED_NUMBERS = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
"""Numbers between 1 and 90 that COCO never gave a class."""

NUMBERS = tuple(number for number in range(1, 91) if number not in UNUSED_NUMBERS)
"""The number of each name, in the order of NAMES."""
