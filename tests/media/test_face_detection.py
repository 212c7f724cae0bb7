from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.dummies.films import portrait, scene

from heartsay.errors import InputError
from heartsay.media.face_detection import EYES, MOUTH, face_detector

cv2 = pytest.importorskip("cv2", reason="the extra faces is not installed")


def grey(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture.mean(2), np.uint8)


def test_haar_finds_the_portrait_where_it_is() -> None:
    (found,) = face_detector().faces(grey(scene((portrait(), 300, 100))))
    x, y, side = found
    assert (x + side / 2, y + side / 2) == pytest.approx((300 + 83, 100 + 92), abs=8)
    assert side == pytest.approx(95, abs=15)
    assert face_detector().faces(grey(scene())).shape == (0, 3)


def network(path: Path) -> Path:
    """A network of YuNet's shape that sees a face wherever a cell of 32x32 is white."""
    node, value, graph_nodes, outputs = helper.make_node, helper.make_tensor_value_info, [], []
    constants = [numpy_helper.from_array(np.array([1, -1, 1], np.int64), "column")]
    for stride in (8, 16, 32):
        pool = f"pool_{stride}"
        graph_nodes += [
            node("AveragePool", ["one"], [pool], kernel_shape=[stride, stride], strides=[stride, stride]),
            node("Reshape", [pool, "column"], [f"cls_{stride}"]),
            node("Identity", [f"cls_{stride}"], [f"obj_{stride}"]),
        ]
        points = np.array([-0.5, -0.5, 0.5, -0.5, 0, 0, -0.4, 0.5, 0.4, 0.5], np.float32)
        for kind, row in (("bbox", np.array([0.5, 0.5, 0, 0], np.float32)), ("kps", points)):
            constants.append(
                numpy_helper.from_array(np.zeros((1, len(row)), np.float32), f"{kind}w_{stride}")
            )
            constants.append(numpy_helper.from_array(row, f"{kind}b_{stride}"))
            graph_nodes += [
                node("MatMul", [f"cls_{stride}", f"{kind}w_{stride}"], [f"{kind}z_{stride}"]),
                node("Add", [f"{kind}z_{stride}", f"{kind}b_{stride}"], [f"{kind}_{stride}"]),
            ]
    weights = np.zeros((1, 3, 1, 1), np.float32)
    weights[:] = 1 / 3 / 255
    constants.append(numpy_helper.from_array(weights, "mean"))
    graph_nodes.insert(0, node("Conv", ["input", "mean"], ["one"], kernel_shape=[1, 1]))
    for kind, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        outputs += [value(f"{kind}_{s}", TensorProto.FLOAT, [1, None, width]) for s in (8, 16, 32)]
    graph = helper.make_graph(
        graph_nodes, "yunet", [value("input", TensorProto.FLOAT, [1, 3, 64, 64])], outputs, constants
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_yunets_squares_lie_by_eyes_and_mouth(tmp_path: Path) -> None:
    detector = face_detector(network(tmp_path / "yunet.onnx"))
    picture = np.zeros((96, 128), np.uint8)
    picture[32:64, 64:96] = 255
    found = detector.faces(picture)
    x, y, side = found[found[:, 2].argmax()]
    # Eyes at half a stride above a cell's corner, the mouth at half a one below it.
    assert side == pytest.approx(32 / (MOUTH - EYES))
    assert (x, y) == pytest.approx((64 - side / 2, 16 - EYES * side))
    assert detector.faces(np.zeros((48, 48), np.uint8)).shape == (0, 3)


def test_what_is_no_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        face_detector(tmp_path / "absent.onnx")
    (tmp_path / "else.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match="expected YuNet"):
        face_detector(tmp_path / "else.onnx")
