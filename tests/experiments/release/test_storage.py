from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from heartsay.experiments.release.quantisation import BLOCK
from heartsay.experiments.release.storage import SMALLEST_STORED, Bits, store
from heartsay.runtime.graph import open_session

ROWS, WIDTH = 300, 64
STORED = {"table", "matrix", "turned"}
AXIS = {"table": 1, "matrix": 0, "turned": 1}
"""Along which blocks of 4-bit weights run."""

BITS: tuple[Bits, ...] = (8, 4)


def weights() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    shapes = {
        "table": (ROWS, BLOCK),
        "matrix": (WIDTH, 80),
        "turned": (72, WIDTH),
        "small": (WIDTH, 8),
        "added": (WIDTH, WIDTH),
        "bias": (72,),
    }
    made = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    # One scale for a whole tensor would drown everything else beside these.
    made["table"][7] *= 1000
    made["matrix"][:, 3] *= 1000
    made["turned"][5] *= 1000
    made["table"][9] = 0
    return made


def build(path: Path) -> dict[str, np.ndarray]:
    """A network in which each weight is used in another way; returns the weights."""
    node = helper.make_node
    nodes = [
        node("Gather", ["table", "ids"], ["looked_up"]),
        node("MatMul", ["x", "matrix"], ["multiplied"]),
        node("Gemm", ["x", "turned", "bias"], ["turned_back"], transB=1),
        node("MatMul", ["x", "small"], ["narrowed"]),
        node("Add", ["x", "added"], ["shifted"]),
    ]
    outputs = {
        "looked_up": ["N", BLOCK],
        "multiplied": [WIDTH, 80],
        "turned_back": [WIDTH, 72],
        "narrowed": [WIDTH, 8],
        "shifted": [WIDTH, WIDTH],
    }
    made = weights()
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["N"]),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [WIDTH, WIDTH]),
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in made.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(path))
    return made


def run(path: Path, ids: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    session = open_session(path)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"ids": ids, "x": x}), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stored")
    build(root / "plain.onnx")
    for bits in BITS:
        for integer in (False, True):
            store(root / "plain.onnx", root / name(bits, integer), bits, integer=integer)
    return root


def name(bits: Bits, integer: bool = False) -> str:
    return f"{bits}{'-integer' if integer else ''}.onnx"


def tensors(path: Path) -> dict[str, onnx.TensorProto]:
    return {tensor.name: tensor for tensor in onnx.load(str(path)).graph.initializer}


def arrays(path: Path) -> dict[str, np.ndarray]:
    return {name: numpy_helper.to_array(tensor) for name, tensor in tensors(path).items()}


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("bits", BITS)
def test_every_big_matrix_and_table_is_stored_as_integers_and_nothing_else_is(
    folder: Path, bits: Bits, integer: bool
) -> None:
    found = tensors(folder / name(bits, integer))
    kind = {8: TensorProto.INT8, 4: TensorProto.INT4}[bits]
    codes = {tensor.name for tensor in found.values() if tensor.data_type == kind and len(tensor.dims) == 2}
    blocks = {stored for stored in STORED if bits == 8 or weights()[stored].shape[AXIS[stored]] % BLOCK == 0}
    assert codes == {f"{stored}.int{bits}" for stored in blocks}
    assert STORED & set(found) == set()
    for kept in ("small", "added", "bias"):
        np.testing.assert_array_equal(numpy_helper.to_array(found[kept]), weights()[kept])
    assert weights()["small"].size < SMALLEST_STORED <= weights()["added"].size


@pytest.mark.parametrize(("bits", "share"), [(8, 3.0), (4, 5.0)])
def test_the_graph_is_valid_and_a_part_of_the_size(folder: Path, bits: Bits, share: float) -> None:
    onnx.checker.check_model(onnx.load(str(folder / name(bits))), full_check=True)
    found = tensors(folder / name(bits))
    stored = sum(len(tensor.raw_data) for key, tensor in found.items() if key.split(".")[0] in STORED)
    assert stored < sum(weights()[matrix].nbytes for matrix in STORED) / share


def test_rows_are_looked_up_right(folder: Path) -> None:
    ids = np.array([0, 9, 7, 299, 7, 41], dtype=np.int64)
    looked_up = run(folder / name(8), ids, np.zeros((WIDTH, WIDTH), np.float32))["looked_up"]
    table = weights()["table"][ids]
    half_a_step = np.abs(table).max(axis=1, keepdims=True) / 254
    assert (np.abs(looked_up - table) <= half_a_step * 1.001).all()
    assert not looked_up[1].any()
    stored, scale = (arrays(folder / name(8))[f"table.{part}"] for part in ("int8", "scale"))
    np.testing.assert_array_equal(looked_up, stored[ids].astype(np.float32) * scale[ids])


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize(("bits", "allowed"), [(8, 0.03), (4, 0.3)])
@pytest.mark.parametrize("output", ["looked_up", "multiplied", "turned_back"])
def test_each_output_channel_and_row_keeps_its_own_precision(
    folder: Path, output: str, bits: Bits, allowed: float, integer: bool
) -> None:
    draw = np.random.default_rng(1)
    ids, x = np.arange(8), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    plain, stored = (run(folder / file, ids, x)[output] for file in ("plain.onnx", name(bits, integer)))
    axis = 1 if output == "looked_up" else 0
    error = np.sqrt(np.square(stored - plain).mean(axis=axis)) / plain.std(axis=axis)
    assert 0 < error.min() <= error.max() < allowed


@pytest.mark.parametrize("bits", BITS)
def test_integers_read_a_row_alike_whatever_the_other_rows_are(folder: Path, bits: Bits) -> None:
    draw = np.random.default_rng(3)
    ids, x = np.zeros(1, np.int64), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    other = x * 1000
    other[5] = x[5]
    one, two = (run(folder / name(bits, True), ids, given)["multiplied"] for given in (x, other))
    np.testing.assert_array_equal(one[5], two[5])
    assert (one[4] != two[4]).any()


def test_rows_of_nothing_and_of_great_and_small_numbers_are_multiplied(folder: Path) -> None:
    draw = np.random.default_rng(4)
    ids, x = np.zeros(1, np.int64), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    x *= np.geomspace(1e-12, 1e12, WIDTH, dtype=np.float32)[:, None]
    x[0] = 0
    plain, stored = (run(folder / file, ids, x)["multiplied"] for file in ("plain.onnx", name(8, True)))
    assert not stored[0].any()
    matrix = np.abs(weights()["matrix"])
    of_x, of_matrix = np.abs(x).max(axis=1, keepdims=True) / 253, matrix.max(axis=0) / 253
    bound = of_x * matrix.sum(axis=0) + (np.abs(x) + of_x).sum(axis=1, keepdims=True) * of_matrix
    assert (np.abs(stored - plain) <= bound).all()
    assert (np.abs(stored - plain)[1:] > bound[1:] / 1000).mean() > 0.9


def test_rows_that_are_often_looked_up_keep_eight_bits(folder: Path, tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    often, x = np.array([7, 41, 299]), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    samples = [{"ids": often, "x": x}, {"ids": often[1:], "x": x}]
    store(folder / "plain.onnx", tmp_path / "fine.onnx", 4, integer=True, samples=samples)
    ids = np.arange(ROWS)
    plain, four, fine = (
        run(path, ids, x)["looked_up"]
        for path in (folder / "plain.onnx", folder / name(4, True), tmp_path / "fine.onnx")
    )
    others = np.setdiff1d(ids, often)
    np.testing.assert_array_equal(fine[others], four[others])
    half_a_step = np.abs(plain[often]).max(axis=1, keepdims=True) / 254
    assert (np.abs(fine[often] - plain[often]) <= half_a_step * 1.001).all()
    assert (np.abs(four[often] - plain[often]).max(axis=1, keepdims=True) > 2 * half_a_step).all()


def test_what_stays_float_computes_as_before(folder: Path) -> None:
    draw = np.random.default_rng(2)
    ids, x = np.zeros(1, np.int64), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    plain, stored = (run(folder / file, ids, x) for file in ("plain.onnx", name(8)))
    for output in ("narrowed", "shifted"):
        np.testing.assert_array_equal(stored[output], plain[output])


@pytest.mark.parametrize("second", ["Gather", "MatMul"])
def test_a_table_with_two_uses_stays_as_it_is(tmp_path: Path, second: str) -> None:
    table, wanted = weights()["table"], np.array([3, 9], dtype=np.int64)
    other = wanted if second == "Gather" else np.eye(2, ROWS, dtype=np.float32)
    inputs = ["table", "other"] if second == "Gather" else ["other", "table"]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["first"]),
            helper.make_node(second, inputs, ["second"]),
        ],
        "g",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["N"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", BLOCK])
            for name in ("first", "second")
        ],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(other, "other")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
        str(tmp_path / "plain.onnx"),
    )
    store(tmp_path / "plain.onnx", tmp_path / "int8.onnx", 8, integer=True)
    session = open_session(tmp_path / "int8.onnx")
    first, _ = session.run(None, {"ids": wanted})
    np.testing.assert_array_equal(first, table[wanted])
