from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from heartsay.experiments.release.int8 import SMALLEST_STORED, store_as_int8

ROWS, WIDTH = 300, 64
STORED = {"table", "matrix", "turned"}


def weights() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    shapes = {
        "table": (ROWS, 16),
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
        "looked_up": ["N", 16],
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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"ids": ids, "x": x}), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("int8")
    build(root / "plain.onnx")
    store_as_int8(root / "plain.onnx", root / "int8.onnx")
    return root


def tensors(path: Path) -> dict[str, np.ndarray]:
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}


def test_every_big_matrix_and_table_is_stored_as_int8_and_nothing_else_is(folder: Path) -> None:
    found = tensors(folder / "int8.onnx")
    assert {name for name, array in found.items() if array.dtype == np.int8} == {
        f"{name}.int8" for name in STORED
    }
    assert STORED & set(found) == set()
    for name in ("small", "added", "bias"):
        np.testing.assert_array_equal(found[name], weights()[name])
    assert weights()["small"].size < SMALLEST_STORED <= weights()["added"].size


def test_the_graph_is_valid_and_a_third_of_the_size(folder: Path) -> None:
    onnx.checker.check_model(onnx.load(str(folder / "int8.onnx")), full_check=True)
    stored = sum(array.nbytes for name, array in tensors(folder / "int8.onnx").items() if "." in name)
    plain = sum(array.nbytes for name, array in weights().items() if name in STORED)
    assert stored < plain / 3


def test_rows_are_looked_up_right(folder: Path) -> None:
    ids = np.array([0, 9, 7, 299, 7, 41], dtype=np.int64)
    looked_up = run(folder / "int8.onnx", ids, np.zeros((WIDTH, WIDTH), np.float32))["looked_up"]
    table = weights()["table"][ids]
    half_a_step = np.abs(table).max(axis=1, keepdims=True) / 254
    assert (np.abs(looked_up - table) <= half_a_step * 1.001).all()
    assert not looked_up[1].any()
    stored, scale = (tensors(folder / "int8.onnx")[f"table.{part}"] for part in ("int8", "scale"))
    np.testing.assert_array_equal(looked_up, stored[ids].astype(np.float32) * scale[ids])


@pytest.mark.parametrize("output", ["multiplied", "turned_back"])
def test_each_output_channel_keeps_its_own_precision(folder: Path, output: str) -> None:
    draw = np.random.default_rng(1)
    ids, x = np.zeros(1, np.int64), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    plain, stored = (run(folder / f"{name}.onnx", ids, x)[output] for name in ("plain", "int8"))
    error = np.abs(stored - plain).max(axis=0) / plain.std(axis=0)
    assert error.max() < 0.03
    assert error.min() > 0


def test_what_stays_float_computes_as_before(folder: Path) -> None:
    draw = np.random.default_rng(2)
    ids, x = np.zeros(1, np.int64), draw.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    plain, stored = (run(folder / f"{name}.onnx", ids, x) for name in ("plain", "int8"))
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
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 16]) for name in ("first", "second")],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(other, "other")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
        str(tmp_path / "plain.onnx"),
    )
    store_as_int8(tmp_path / "plain.onnx", tmp_path / "int8.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "int8.onnx"))
    first, _ = session.run(None, {"ids": wanted})
    np.testing.assert_array_equal(first, table[wanted])
