"""What a graph computes does not depend on which kind of integer product the processor is trusted with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from heartsay.errors import ModelError
from heartsay.experiments.release.storage import store
from heartsay.runtime import graph
from heartsay.runtime.graph import Graph, open_session, products_saturate
from heartsay.runtime.unshared import unshared

PRODUCTS_SATURATE = products_saturate()


def test_the_graph_that_is_tried_multiplies_its_inputs() -> None:
    shipped = onnx.load(str(graph._PRODUCTS))
    onnx.checker.check_model(shipped, full_check=True)
    (node,) = shipped.graph.node
    assert (node.op_type, list(node.input)) == ("MatMulInteger", ["bytes", "signed"])
    assert not shipped.graph.initializer


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A matrix of large weights, which large vectors multiply as integers."""
    weights = np.where(np.arange(64 * 64).reshape(64, 64) % 3 == 0, -0.9, 1.0).astype(np.float32)
    made = helper.make_graph(
        [helper.make_node("MatMul", ["text", "weights"], ["vectors"])],
        "g",
        [helper.make_tensor_value_info("text", TensorProto.FLOAT, [1, "rows", 64])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [1, "rows", 64])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(tmp_path / "plain.onnx"))
    store(tmp_path / "plain.onnx", tmp_path / "stored.onnx", 8, integer=True)
    return tmp_path


def test_a_processor_whose_products_saturate_computes_the_same(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = np.random.default_rng(0).uniform(0.5, 1.0, (1, 5, 64)).astype(np.float32)
    outputs = []
    for saturates in (True, False):
        monkeypatch.setattr(graph, "products_saturate", lambda saturates=saturates: saturates)
        outputs.append(Graph(stored / "stored.onnx", ("text",), ("vectors",)).run({"text": text})["vectors"])
    plain = Graph(stored / "plain.onnx", ("text",), ("vectors",)).run({"text": text})["vectors"]
    # Products of two large bytes are what clips: here nearly all are.
    np.testing.assert_allclose(outputs[0], plain, rtol=0.02)
    if not PRODUCTS_SATURATE:
        np.testing.assert_array_equal(*outputs)


def shared(path: Path, *, computed: bool) -> Path:
    """Two products by one weight, which is stored as it is or made of another on the way."""
    codes = np.random.default_rng(1).integers(-128, 128, (64, 16)).astype(np.int8)
    stored = [numpy_helper.from_array(codes.astype(np.float32) if computed else codes, "weight")]
    stored.append(numpy_helper.from_array(np.array([0], np.int8), "zero"))
    stored.append(numpy_helper.from_array(np.array([0], np.uint8), "middle"))
    cast = [helper.make_node("Cast", ["weight"], ["codes"], to=TensorProto.INT8)] if computed else []
    of = "codes" if computed else "weight"
    products = [
        helper.make_node("MatMulInteger", [x, of, "middle", "zero"], [f"{x}.product"]) for x in ("a", "b")
    ]
    made = helper.make_graph(
        [*cast, *products],
        "g",
        [helper.make_tensor_value_info(x, TensorProto.UINT8, [4, 64]) for x in ("a", "b")],
        [helper.make_tensor_value_info(f"{x}.product", TensorProto.INT32, [4, 16]) for x in ("a", "b")],
        stored,
    )
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path


@pytest.mark.parametrize("computed", [False, True])
def test_a_weight_of_two_products_is_copied_where_products_saturate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, computed: bool
) -> None:
    path = shared(tmp_path / "shared.onnx", computed=computed)
    copied = unshared(path)
    assert copied is not None
    model = onnx.load_from_string(copied)
    used = [name for node in model.graph.node if node.op_type == "MatMulInteger" for name in node.input[1::2]]
    assert len(set(used)) == 4
    onnx.save(model, str(tmp_path / "copied.onnx"))
    assert unshared(tmp_path / "copied.onnx") is None
    draw = np.random.default_rng(2)
    given = {x: draw.integers(0, 256, (4, 64)).astype(np.uint8) for x in ("a", "b")}
    monkeypatch.setattr(graph, "products_saturate", lambda: True)
    outputs = open_session(path).run(None, given)
    codes = np.random.default_rng(1).integers(-128, 128, (64, 16))
    for output, x in zip(outputs, given.values(), strict=True):
        np.testing.assert_array_equal(output, x.astype(np.int64) @ codes)


def test_what_is_no_graph_is_refused_on_every_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.onnx").write_bytes(b"\xff\xff no graph")
    for saturates in (True, False):
        monkeypatch.setattr(graph, "products_saturate", lambda saturates=saturates: saturates)
        with pytest.raises(ModelError, match="cannot be run"):
            open_session(tmp_path / "odd.onnx")


def test_onnxruntime_keeps_no_record_of_its_use(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    code = "from heartsay.runtime.graph import products_saturate as tried; tried()"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
