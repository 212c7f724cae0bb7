"""What a graph computes does not depend on which kind of integer product the processor is trusted with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from heartsay.experiments.release.storage import store
from heartsay.runtime import graph
from heartsay.runtime.graph import Graph, products_saturate

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
