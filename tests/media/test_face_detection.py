from __future__ import annotations

import io
import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.dummies.films import portrait, scene

from heartsay.errors import InputError, MissingDependencyError, ModelError
from heartsay.media import mtcnn_weights
from heartsay.media.face_detection import EYES, MOUTH, face_detector
from heartsay.media.mtcnn import MTCNN

cv2 = pytest.importorskip("cv2", reason="the extra faces is not installed")


def grey(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture.mean(2), np.uint8)


def test_haar_finds_the_portrait_where_it_is() -> None:
    (found,) = face_detector(Path("haar")).faces(grey(scene((portrait(), 300, 100))))
    x, y, side, turn = found
    assert turn == pytest.approx(0, abs=1e-3)
    assert (x + side / 2, y + side / 2) == pytest.approx((300 + 83, 100 + 92), abs=8)
    assert side == pytest.approx(95, abs=15)
    assert face_detector(Path("haar")).faces(grey(scene())).shape == (0, 4)


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
    x, y, side, turn = found[found[:, 2].argmax()]
    assert turn == pytest.approx(0, abs=1e-3)
    # Eyes at half a stride above a cell's corner, the mouth at half a one below it.
    assert side == pytest.approx(32 / (MOUTH - EYES))
    assert (x, y) == pytest.approx((64 - side / 2, 16 - EYES * side))
    assert detector.faces(np.zeros((48, 48), np.uint8)).shape == (0, 4)


def test_what_is_no_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        face_detector(tmp_path / "absent.onnx")
    (tmp_path / "else.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match="expected mtcnn, haar, or YuNet"):
        face_detector(tmp_path / "else.onnx")


def test_mtcnn_finds_the_portrait_upright_and_turned() -> None:
    if find_spec("mtcnn") is None:  # it is never imported: that asks for TensorFlow
        pytest.skip("the extra faces is not installed")
    detector = MTCNN()
    assert type(face_detector()) is MTCNN, "it is what finds faces where it is there"
    upright = grey(scene((portrait(), 300, 100)))
    ((x, y, side, straight),) = detector.faces(upright)
    assert straight == pytest.approx(0, abs=8)
    assert (x + side / 2, y + side / 2) == pytest.approx((300 + 83, 100 + 92), abs=8)
    assert side == pytest.approx(95, abs=15)
    turn = cv2.getRotationMatrix2D((383, 192), 30, 1)
    turned = cv2.warpAffine(upright, turn, (640, 360), borderMode=cv2.BORDER_REPLICATE)
    (points,) = detector.points(turned)
    (left, right, nose, *_mouth) = points
    angle = np.degrees(np.arctan2(*(right - left)[::-1]))
    assert angle == pytest.approx(-30, abs=8), "its eyes are turned as the picture is"
    assert left[0] < nose[0] < right[0]
    ((*_square, again),) = detector.faces(turned)
    assert again == pytest.approx(straight - 30, abs=5)
    assert len(face_detector(Path("haar")).faces(turned)) == 0
    assert detector.faces(grey(scene())).shape == (0, 4)
    assert detector.faces(np.zeros((8, 8), np.uint8)).shape == (0, 4)


def test_without_mtcnns_weights_haar_finds_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mtcnn_weights.SHA256, "onet", "0" * 64)
    assert face_detector().name == "Haar"
    with pytest.raises((MissingDependencyError, ModelError)):
        face_detector(Path("mtcnn"))


def test_weights_are_read_without_running_what_a_pickle_says() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no array"):
        mtcnn_weights._Arrays(io.BytesIO(pickle.dumps(np.random.default_rng))).load()
