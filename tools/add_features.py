"""Opens the classifier's graph: it takes pictures of other shapes, and returns what its middle layers see.

    python tools/add_features.py efficientnet_lite3.onnx src/viewfinder/rekognition/models/efficientnet_lite3.onnx

The first file is what tools/convert_models.py makes of the classifier. Of each layer in LAYERS two outputs are added:
the mean of each row of each channel, and the mean square of each channel. The same file comes out byte for byte.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

LAYERS = (6, 10, 15, 20, 21, 22)
"""Blocks whose sums (the ends of their residual connections) are read; early ones see texture, later ones things."""

BLOCK = "efficientnet-lite3/model/blocks_{}/Add_prequant"
POOLED = "efficientnet-lite3/model/head/AvgPool_prequant"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    model = onnx.load(options.source)
    free_sides(model.graph)
    for layer in LAYERS:
        add_layer(model.graph, layer)
    add_output(model.graph, "Flatten", POOLED, "pooled", (1, 1280), axis=1)
    onnx.checker.check_model(model)
    options.target.write_bytes(model.SerializeToString(deterministic=True))


def free_sides(graph: Any) -> None:
    """Let height and width vary: only the last pooling depended on them."""
    for node in graph.node:
        if node.op_type == "AveragePool":
            node.op_type = "GlobalAveragePool"
            del node.attribute[:]
    sides = graph.input[0].type.tensor_type.shape.dim
    sides[1].dim_param, sides[2].dim_param = "height", "width"
    del graph.value_info[:]  # shapes that no longer hold


def add_layer(graph: Any, layer: int) -> None:
    name = BLOCK.format(layer)
    add_output(
        graph, "ReduceMean", name, f"rows_{layer}", (1, f"channels_{layer}", f"rows_{layer}"), axes=[3], keepdims=0
    )
    graph.node.append(helper.make_node("Mul", [name, name], [f"square_{layer}"]))
    squares = f"squares_{layer}"
    add_output(graph, "ReduceMean", f"square_{layer}", squares, (1, f"channels_{layer}"), axes=[2, 3], keepdims=0)


def add_output(
    graph: Any, operation: str, source: str, name: str, shape: tuple[int | str, ...], **attributes: Any
) -> None:
    graph.node.append(helper.make_node(operation, [source], [name], **attributes))
    graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


if __name__ == "__main__":
    main()
