"""An ONNX graph in which no two products of integers share a weight.

onnxruntime turns signed weights into unsigned ones where the processor needs that
(`graph.products_saturate`). It does so at each product and gives the result the weight's name with an ending,
so that a weight of two products stops it. Each product after the first gets a copy of its own here; numbers
do not change. Only the fields that matter are described to protobuf, which keeps all others as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

WEIGHTS = {
    "MatMulInteger": (1, 3),
    "MatMulIntegerToFloat": (1, 5),
    "DynamicQuantizeMatMul": (1, 3),
    "QLinearMatMul": (3, 5),
}
"""Which inputs of a product are its signed weight and the weight's zero."""


def unshared(path: Path) -> bytes | None:
    """The graph of a file, with a copy of a weight, and of its zero, for each further product that uses it.

    None where no weight is shared: then the file may be loaded as it is.

    Raises:
        ValueError: it is no ONNX file.
    """
    from google.protobuf.message import DecodeError

    model = _model()()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise ValueError(str(error)) from error
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    used: dict[str, int] = {}
    for node, place in list(_uses(graph)):
        name = node.input[place]
        used[name] = used.get(name, 0) + 1
        if used[name] > 1:
            node.input[place] = _copied(graph, name, f".use{used[name]}", weights, makers)
    return bytes(model.SerializeToString()) if max(used.values(), default=0) > 1 else None


def _copied(graph: Any, name: str, ending: str, weights: Mapping[str, Any], makers: Mapping[str, Any]) -> str:
    """A copy of a weight, or of the nodes that make it of weights alone, by its name with an ending.

    What is made of an input of the graph is no weight and stays as it is.
    """
    if name in weights:
        copy = graph.initializer.add()
        copy.CopyFrom(weights[name])
        copy.name = name + ending
        return str(copy.name)
    if name not in makers:
        return name
    inputs = [_copied(graph, given, ending, weights, makers) for given in makers[name].input]
    if not inputs or inputs == list(makers[name].input):
        return name
    copy = graph.node.add()
    copy.CopyFrom(makers[name])
    copy.input[:] = inputs
    copy.output[:] = [output + ending for output in copy.output]
    return name + ending


def _uses(graph: Any) -> Iterator[tuple[Any, int]]:
    """The products, and which of their inputs is a weight or its zero."""
    for node in graph.node:
        for place in WEIGHTS.get(node.op_type, ()):
            if place < len(node.input):
                yield node, place


@cache
def _model() -> Any:
    """The message of an ONNX model, as far as it matters (onnx.proto, field numbers of the IR)."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    text, message = 9, 11  # types of fields
    described = {
        "Node": [
            ("input", 1, True, text, ""),
            ("output", 2, True, text, ""),
            ("op_type", 4, False, text, ""),
        ],
        "Tensor": [("name", 8, False, text, "")],
        "Graph": [("node", 1, True, message, "Node"), ("initializer", 5, True, message, "Tensor")],
        "Model": [("graph", 7, False, message, "Graph")],
    }
    file = descriptor_pb2.FileDescriptorProto(name="heartsay/graph.proto", package="heartsay.graph")
    for name, fields in described.items():
        made = file.message_type.add(name=name)
        for field, number, repeated, kind, of in fields:
            made.field.add(
                name=field,
                number=number,
                label=3 if repeated else 1,
                type=kind,
                type_name=f".heartsay.graph.{of}" if of else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("heartsay.graph.Model"))
