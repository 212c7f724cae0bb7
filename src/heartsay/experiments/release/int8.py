"""Storing an ONNX model's weights as 8-bit integers, while it goes on computing in float.

Quantising activations as well would be faster, but their scale is taken from the whole batch, so an
utterance would read differently with other batch mates. Weights alone cost nothing of that kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST_STORED = 4096
"""Tensors of fewer elements stay float: they weigh nothing and often matter most."""


def store_as_int8(source: Path, target: Path) -> None:
    """Rewrite an ONNX file with its matrices and embedding tables as int8, one scale per row or column.

    A matrix gets one scale per output channel and is restored when the model is loaded; an embedding
    table gets one scale per row and stays int8 in memory, its rows being restored as they are looked up.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(source))
    graph = model.graph
    uses: dict[str, list[str]] = {}
    for node in graph.node:
        for name in node.input:
            uses.setdefault(name, []).append(node.op_type)
    weights = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if len(tensor.dims) == 2 and np.prod(tensor.dims) >= SMALLEST_STORED
        if tensor.data_type == onnx.TensorProto.FLOAT
        # What is looked up twice, or both looked up and multiplied, stays float.
        if uses.get(tensor.name) == ["Gather"] or "Gather" not in uses.get(tensor.name, ())
    }
    added: list[Any] = []
    nodes: list[Any] = []
    restored: set[str] = set()

    def add(name: str, array: NDArray[Any]) -> str:
        added.append(numpy_helper.from_array(array, name))
        return name

    for node in graph.node:
        if node.op_type == "Gather" and node.input[0] in weights:
            table = node.input[0]
            stored, scale = _quantise(weights[table], axis=0)
            rows, ids, out = add(f"{table}.int8", stored), node.input[1], node.output[0]
            scales = add(f"{table}.scale", scale[:, None])
            nodes += [
                helper.make_node("Gather", [rows, ids], [f"{out}.int8"]),
                helper.make_node("Cast", [f"{out}.int8"], [f"{out}.float"], to=onnx.TensorProto.FLOAT),
                helper.make_node("Gather", [scales, ids], [f"{out}.scale"]),
                helper.make_node("Mul", [f"{out}.float", f"{out}.scale"], [out]),
            ]
            restored.add(table)
            continue
        for name in node.input:
            if name in weights and name not in restored and node.op_type in ("MatMul", "Gemm"):
                transposed = any(a.name == "transB" and a.i for a in node.attribute)
                axis = 0 if transposed else 1
                stored, scale = _quantise(weights[name], axis=axis)
                inputs = [add(f"{name}.int8", stored), add(f"{name}.scale", scale)]
                nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=axis))
                restored.add(name)
        nodes.append(node)
    kept = [tensor for tensor in graph.initializer if tensor.name not in restored]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *added])
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def _quantise(weights: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric 8-bit integers and one scale for each index along `axis`."""
    largest = np.abs(weights).max(axis=1 - axis, keepdims=True)
    scale = (np.where(largest > 0, largest, 1.0) / 127).astype(np.float32)
    stored = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return stored, np.asarray(scale.reshape(-1), dtype=np.float32)
