"""A CLIP of three colours: two ONNX graphs, written byte by byte, and a tokenizer of a few words.

The image encoder gives the mean of each channel, the text encoder the sum of its words' colours. So `red` is near to
red pictures, and the project's own code loads, prepares and runs all of it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

SIDE = 8
LENGTH = 6
COLOURS = {
    "[PAD]": (0.0, 0.0, 0.0),
    "[UNK]": (0.05, 0.05, 0.05),
    "a": (0.05, 0.05, 0.05),
    "photo": (0.3, 0.3, 0.3),
    "red": (8.0, -4.0, -4.0),
    "green": (-4.0, 8.0, -4.0),
    "blue": (-4.0, -4.0, 8.0),
    "cat": (0.74, -0.68, -1.73),  # the mean colour of samples/cat.jpg
}

_FLOAT, _INT64 = 1, 7
Shape = Sequence[int | str]


def write_clip(folder: Path, *, bias: float = 0.0, text_size: int = 3, side: int | str = SIDE) -> Path:
    """Write the files of a model as exports have them; another bias makes another model of it."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "vision_model.onnx").write_bytes(image_graph(side))
    (folder / "onnx" / "text_model.onnx").write_bytes(text_graph(bias, text_size))
    write_tokenizer(folder / "tokenizer.json")
    config = {"crop_size": SIDE, "size": {"shortest_edge": SIDE}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[PAD]", "model_max_length": 77}))
    return folder


def write_tokenizer(file: Path) -> None:
    """Write a tokenizer of whole words, by the library itself."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(COLOURS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(file))


def image_graph(side: int | str = SIDE) -> bytes:
    """Return the graph of pixel_values (batch, 3, side, side) to image_embeds (batch, 3)."""
    nodes = [
        _node("GlobalAveragePool", ["pixel_values"], ["means"]),
        _node("Flatten", ["means"], ["image_embeds"], _integer("axis", 1)),
    ]
    inputs = [_value("pixel_values", _FLOAT, ["batch", 3, side, side])]
    return _model(nodes, [], inputs, [_value("image_embeds", _FLOAT, ["batch", 3])])


def text_graph(bias: float = 0.0, size: int = 3) -> bytes:
    """Return the graph of input_ids (batch, length) to text_embeds (batch, size)."""
    nodes = [
        _node("Gather", ["colours", "input_ids"], ["each"], _integer("axis", 0)),
        _node("ReduceSum", ["each"], ["text_embeds"], _integers("axes", [1]), _integer("keepdims", 0)),
    ]
    rows = [[*(value + bias for value in row), *[0.1] * (size - 3)][:size] for row in COLOURS.values()]
    weights = _tensor("colours", [len(rows), size], [value for row in rows for value in row])
    inputs = [_value("input_ids", _INT64, ["batch", LENGTH])]
    return _model(nodes, [weights], inputs, [_value("text_embeds", _FLOAT, ["batch", size])])


def _model(
    nodes: Iterable[bytes], weights: Iterable[bytes], inputs: Iterable[bytes], outputs: Iterable[bytes]
) -> bytes:
    """Return a ModelProto (onnx.proto3) of operator set 11."""
    fields = [*((1, node) for node in nodes), (2, b"tiny"), *((5, weight) for weight in weights)]
    fields += [*((11, value) for value in inputs), *((12, value) for value in outputs)]
    graph = b"".join(_bytes(number, content) for number, content in fields)
    return _number(1, 7) + _bytes(7, graph) + _bytes(8, _number(2, 11))


def _node(kind: str, inputs: Iterable[str], outputs: Iterable[str], *attributes: bytes) -> bytes:
    names = [*((1, name) for name in inputs), *((2, name) for name in outputs), (4, kind)]
    return b"".join(_bytes(number, text.encode()) for number, text in names) + b"".join(
        _bytes(5, attribute) for attribute in attributes
    )


def _integer(name: str, value: int) -> bytes:
    return _bytes(1, name.encode()) + _number(3, value) + _number(20, 2)


def _integers(name: str, values: Iterable[int]) -> bytes:
    return _bytes(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)


def _tensor(name: str, shape: Iterable[int], values: Sequence[float]) -> bytes:
    sides = b"".join(_number(1, side) for side in shape)
    return sides + _number(2, _FLOAT) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def _value(name: str, kind: int, shape: Shape) -> bytes:
    sides = (_number(1, side) if isinstance(side, int) else _bytes(2, side.encode()) for side in shape)
    dimensions = b"".join(_bytes(1, side) for side in sides)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, dimensions)))


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
