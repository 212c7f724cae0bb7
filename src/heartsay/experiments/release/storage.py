"""Storing an ONNX model's weights as integers of 8 or 4 bits, and computing with them.

Vectors are rounded to 8 bits as they come, each by its own largest value, where matrices multiply them as
integers. A scale for a whole batch would be cheaper, but an utterance would read differently with others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.experiments.release.activations import Inputs, most_frequent, second_moments
from heartsay.experiments.release.quantisation import BLOCK, compensated, eight_bits, four_bits

SMALLEST_STORED = 4096
"""Tensors of fewer elements stay float: they weigh nothing and often matter most."""

OPSET = 21
"""The operator set of what is written: the first with 4-bit integers."""

IR_VERSION = 10
"""The file format that goes with it."""

CONTRIB = "com.microsoft"

FINER = 254
"""What the second byte of a vector is finer by: the first leaves half a unit over at most."""

GELU_ZERO = 24
"""The byte of zero in what comes out of GELU, which is -0.17 at least."""

FREQUENT_ROWS = 480
"""Rows of an embedding table that keep 8 bits among 4: those of the most frequent tokens."""

Bits = Literal[4, 8]

Storage = Literal["float", "int8", "int4"]
"""What the weights of an exported model are stored as."""

BITS: dict[Storage, Bits] = {"int8": 8, "int4": 4}


def store(source: Path, target: Path, bits: Bits, *, integer: bool, samples: Sequence[Inputs] = ()) -> None:
    """Rewrite an ONNX file with its matrices and embedding tables as integers.

    A matrix gets one scale for each output channel, an embedding table one for each row, which stays an
    integer in memory too: its rows are restored as they are looked up. Codes of 4 bits are unpacked to 8 when
    the model is loaded.

    Args:
        source: as exported.
        target: where to write.
        bits: of a weight; what is not a multiple of a block long gets 8.
        integer: whether matrices multiply 8-bit integers, or are restored to float when the model is loaded.
        samples: inputs like those to come, by which codes of 4 bits are chosen; the nearest ones if none.
    """
    import onnx

    model = onnx.load(str(source))
    rewriting = _Rewriting(model.graph, bits, integer)
    if bits == 4 and samples:
        rewriting.moments = second_moments(model, rewriting.multiplied(), samples)
        rewriting.seen = most_frequent(samples, FREQUENT_ROWS)
    rewriting.run()
    _shorten_names(model.graph)
    del model.opset_import[:]
    model.opset_import.extend([onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(CONTRIB, 1)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def _shorten_names(graph: Any) -> None:
    """Number what passes from node to node: names as traced are a third of a megabyte of a large encoder."""
    new: dict[str, str] = {value.name: value.name for value in graph.output}
    for node in graph.node:
        node.ClearField("name")
        for name in node.output:
            new.setdefault(name, f"v{len(new)}")
    for node in graph.node:
        for names in (node.input, node.output):
            shorter = [new.get(name, name) for name in names]
            del names[:]
            names.extend(shorter)


class _Rounded(NamedTuple):
    """Vectors as bytes, by the names of their values: codes, what each of which is worth, and zero's code.

    A second part, if there is one, holds what the first leaves over, in units of a `FINER`-th.
    """

    codes: tuple[str, ...]
    scale: str
    middle: str


class _Rewriting:
    """One graph while its weights are replaced.

    Args:
        graph: changed by `run`.
        bits: of a weight.
        integer: whether matrices multiply integers.
    """

    def __init__(self, graph: Any, bits: Bits, integer: bool) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self.graph, self.bits, self.integer = graph, bits, integer
        self.node: Callable[..., Any] = helper.make_node
        self.tensor: Callable[..., Any] = helper.make_tensor
        self.from_array: Callable[..., Any] = numpy_helper.from_array
        self.types = TensorProto
        self.uses: dict[str, list[str]] = {}
        for node in graph.node:
            for name in node.input:
                self.uses.setdefault(name, []).append(node.op_type)
        self.makers = {name: node for node in graph.node for name in node.output}
        self.array: Callable[..., NDArray[np.float32]] = numpy_helper.to_array
        self.weights: dict[str, Any] = {
            tensor.name: tensor
            for tensor in graph.initializer
            if len(tensor.dims) == 2 and np.prod(tensor.dims) >= SMALLEST_STORED
            if tensor.data_type == TensorProto.FLOAT
            # What is looked up twice, or both looked up and multiplied, stays float.
            if self.uses.get(tensor.name) == ["Gather"] or "Gather" not in self.uses.get(tensor.name, ())
        }
        self.added: list[Any] = []
        self.nodes: list[Any] = []
        self.restored: set[str] = set()
        self.rounded: dict[str, _Rounded] = {}
        self.moments: dict[str, NDArray[np.float32]] = {}
        self.seen: dict[str, NDArray[np.int64]] = {}

    def multiplied(self) -> list[str]:
        """Names of what the stored matrices multiply."""
        found = (n.input[0] for n in self.graph.node if n.op_type == "MatMul" and n.input[1] in self.weights)
        return list(dict.fromkeys(found))

    def run(self) -> None:
        for node in self.graph.node:
            if node.op_type == "Gather" and node.input[0] in self.weights:
                self._look_up(node)
            elif node.op_type == "MatMul" and node.input[1] in self.weights and self.integer:
                self._multiply(node)
            else:
                if node.op_type in ("MatMul", "Gemm"):
                    self._restore(node)
                self.nodes.append(node)
        kept = [tensor for tensor in self.graph.initializer if tensor.name not in self.restored]
        del self.graph.node[:], self.graph.initializer[:]
        self.graph.node.extend(self.nodes)
        self.graph.initializer.extend([*kept, *self.added])

    def _look_up(self, node: Any) -> None:
        """Rows of a table are looked up as integers and restored."""
        table, ids, out = node.input[0], node.input[1], node.output[0]
        codes, scale = self._stored(table, None, by_row=True)
        if self.bits == 4 and ids in self.seen:
            codes = self._finer_rows(table, codes, scale, self.seen[ids])
        scales = self._add(f"{table}.scale", scale[:, None])
        self.nodes += [
            self.node("Gather", [codes, ids], [f"{out}.int8"]),
            self.node("Cast", [f"{out}.int8"], [f"{out}.float"], to=self.types.FLOAT),
            self.node("Gather", [scales, ids], [f"{out}.scale"]),
            self.node("Mul", [f"{out}.float", f"{out}.scale"], [out]),
        ]

    def _finer_rows(self, table: str, codes: str, scale: NDArray[np.float32], rows: NDArray[np.int64]) -> str:
        """Rows get 8 bits in a table of 4; their scales are changed, and the name of the codes is another."""
        eight = eight_bits(self.array(self.weights[table])[rows].T)
        scale[rows] = eight.scale
        inputs = [codes, self._add(f"{table}.rows", rows[:, None]), self._add(f"{table}.fine", eight.codes.T)]
        self.nodes.append(self.node("ScatterND", inputs, [f"{table}.mixed"]))
        return f"{table}.mixed"

    def _restore(self, node: Any) -> None:
        """A matrix is restored to float before its use."""
        for name in node.input:
            if name in self.weights and name not in self.restored:
                by_row = any(a.name == "transB" and a.i for a in node.attribute)
                codes, scale = self._stored(name, node.input[0], by_row=by_row)
                inputs = [codes, self._add(f"{name}.scale", scale)]
                self.nodes.append(self.node("DequantizeLinear", inputs, [name], axis=0 if by_row else 1))

    def _multiply(self, node: Any) -> None:
        """A matrix multiplies vectors that are rounded to 8 bits, each by its own largest value.

        Where several matrices multiply the same vectors, as attention's queries, keys and values do, what
        rounding leaves over is rounded and multiplied too: their products are multiplied with one another.
        """
        (x, name), out = node.input, node.output[0]
        if name not in self.restored:
            _, scale = self._stored(name, x, by_row=False)
            self._add(f"{name}.scale", scale)
        rounded = self._round(x)
        none = self._constant("none", np.int8(0))
        parts = []
        for k, codes in enumerate(rounded.codes):
            part = self._constant(f"part{k}", np.float32(FINER**-k))
            inputs = [codes, f"{name}.int8", part, f"{name}.scale", rounded.middle, none]
            parts.append(f"{out}.part{k}")
            self.nodes.append(self.node("MatMulIntegerToFloat", inputs, [parts[-1]], domain=CONTRIB))
        if len(parts) > 1:
            self.nodes.append(self.node("Add", parts, [f"{out}.parts"]))
            parts = [f"{out}.parts"]
        self.nodes.append(self.node("Mul", [parts[0], rounded.scale], [out]))

    def _round(self, x: str) -> _Rounded:
        """Vectors as bytes, once for all matrices that multiply them."""
        if x in self.rounded:
            return self.rounded[x]
        # What comes out of GELU is hardly ever negative, so that zero need not lie in the middle.
        middle = GELU_ZERO if self._comes_from(x, "Erf") else 128
        above, below = (self._constant(f"step{n}", np.float32(1 / n)) for n in (255 - middle, -middle))
        last, flat = (self._constant(key, np.array([-1], np.int64)) for key in ("last", "flat"))
        least = self._constant("least", np.float32(1e-30))
        node, fine = self.node, self.uses[x].count("MatMul") > 1
        self.nodes += [
            node("ReduceMax", [x, last], [f"{x}.max"], keepdims=1),
            node("ReduceMin", [x, last], [f"{x}.min"], keepdims=1),
            node("Mul", [f"{x}.max", above], [f"{x}.above"]),
            node("Mul", [f"{x}.min", below], [f"{x}.below"]),
            node("Max", [f"{x}.above", f"{x}.below", least], [f"{x}.scale"]),
            node("Reshape", [f"{x}.scale", flat], [f"{x}.row"]),
            node("Shape", [f"{x}.row"], [f"{x}.rows"]),
            node(
                "ConstantOfShape",
                [f"{x}.rows"],
                [f"{x}.middle"],
                value=self.from_array(np.array([middle], np.uint8)),
            ),
            node("Flatten", [x], [f"{x}.flat"], axis=-1),
            node("QuantizeLinear", [f"{x}.flat", f"{x}.row", f"{x}.middle"], [f"{x}.codes0"], axis=0),
            node("Shape", [x], [f"{x}.shape"]),
        ]
        if fine:
            finer = self._constant("finer", np.float32(1 / FINER))
            self.nodes += [
                node("DequantizeLinear", [f"{x}.codes0", f"{x}.row", f"{x}.middle"], [f"{x}.back"], axis=0),
                node("Sub", [f"{x}.flat", f"{x}.back"], [f"{x}.rest"]),
                node("Mul", [f"{x}.row", finer], [f"{x}.finer"]),
                node("QuantizeLinear", [f"{x}.rest", f"{x}.finer", f"{x}.middle"], [f"{x}.codes1"], axis=0),
            ]
        codes = tuple(f"{x}.uint8{k}" for k in range(1 + fine))
        for k, name in enumerate(codes):
            self.nodes.append(node("Reshape", [f"{x}.codes{k}", f"{x}.shape"], [name]))
        zero = self._constant(f"middle{middle}", np.uint8(middle))
        self.rounded[x] = _Rounded(codes, f"{x}.scale", zero)
        return self.rounded[x]

    def _comes_from(self, x: str, operator: str, steps: int = 4) -> bool:
        """Whether an operator is among the last few that made a value."""
        node = self.makers.get(x)
        if node is None or steps == 0:
            return False
        return node.op_type == operator or any(
            self._comes_from(name, operator, steps - 1) for name in node.input
        )

    def _stored(self, name: str, x: str | None, *, by_row: bool) -> tuple[str, NDArray[np.float32]]:
        """Store a matrix that multiplies `x`; the name of its int8 codes, the scale of each column or row."""
        turn = np.transpose if by_row else np.asarray
        weights, codes = turn(self.array(self.weights[name])), f"{name}.int8"
        self.restored.add(name)
        if self.bits == 8 or len(weights) % BLOCK:
            eight = eight_bits(weights)
            self._add(codes, turn(eight.codes))
            return codes, eight.scale
        if x in self.moments and not by_row:
            moments = self.moments[x]
            four = compensated(weights, four_bits(weights, np.diag(moments)), moments)
        else:
            four = four_bits(weights)
        packed = [
            self._add_packed(f"{name}.int4", turn(four.codes), self.types.INT4),
            self._add_packed(f"{name}.multiplier", turn(four.multiplier), self.types.UINT4),
        ]
        one = self._constant("one", np.float32(1))
        floats = f"{name}.factor", f"{name}.codes"
        self.nodes += [
            self.node("DequantizeLinear", [packed[1], one], [floats[0]]),
            self.node(
                "DequantizeLinear", [packed[0], floats[0]], [floats[1]], axis=int(by_row), block_size=BLOCK
            ),
            self.node("Cast", [floats[1]], [codes], to=self.types.INT8),
        ]
        return codes, four.scale

    def _add(self, name: str, array: NDArray[Any]) -> str:
        self.added.append(self.from_array(np.ascontiguousarray(array), name))
        return name

    def _add_packed(self, name: str, array: NDArray[Any], kind: int) -> str:
        """Add 4-bit integers, two to a byte, the first in its lower half."""
        flat = np.ascontiguousarray(array).reshape(-1).astype(np.uint8) & 15
        flat = np.append(flat, np.zeros(len(flat) % 2, np.uint8))
        packed = (flat[::2] | flat[1::2] << 4).astype(np.uint8)
        self.added.append(self.tensor(name, kind, array.shape, packed.tobytes(), raw=True))
        return name

    def _constant(self, key: str, value: Any) -> str:
        name = f"heartsay.{key}"
        if not any(tensor.name == name for tensor in self.added):
            self._add(name, np.asarray(value))
        return name
