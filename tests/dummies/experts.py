"""Tiny experts of voice and face, made without torch: pitch tells the voice's emotion, light the face's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from heartsay.calibration import AbstentionRule, ExpertCalibration, Temperature
from heartsay.labels import CREMA_D, FER_PLUS
from heartsay.runtime.experts import FILES, FORMAT, GRAPH, HEADS, NARROW

RATE = 16_000
CALIBRATION = ExpertCalibration(Temperature(1.0), AbstentionRule(0.4, 1 / 3, 0.5))


def tone(pitch: float, seconds: float, level: float = 0.3, rate: int = RATE) -> np.ndarray:
    """A tone; the dummy hears anger below about 1 kHz and sadness above."""
    return (level * np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def voice_expert(folder: Path, narrow: np.ndarray | None = None) -> Path:
    """Anger where the lower 30 bands are louder than the upper 34, sadness where they are not.

    Args:
        folder: to write to.
        narrow: the map that completes narrow recordings, if it shall have one; a tone is one.
    """
    weights = np.zeros((64, 6), np.float32)
    higher = np.where(np.arange(64) < 30, -1 / 30, 1 / 34).astype(np.float32)
    weights[:, CREMA_D.index("anger")] = -0.2 * higher
    weights[:, CREMA_D.index("sadness")] = 0.2 * higher
    node, value = helper.make_node, helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            node("Cast", ["real"], ["used"], to=TensorProto.FLOAT),
            node("ReduceMax", ["used"], ["one"], axes=[1], keepdims=1),
            node("ReduceMean", ["frames"], ["mean"], axes=[1], keepdims=0),
            node("Mul", ["mean", "one"], ["kept"]),
            node("MatMul", ["kept", "weights"], ["heard"]),
            node("Identity", ["heard"], ["acted"]),
        ],
        "voice",
        [
            value("frames", TensorProto.FLOAT, ["N", "T", 64]),
            value("real", TensorProto.BOOL, ["N", "T"]),
        ],
        [value(name, TensorProto.FLOAT, ["N", 6]) for name in HEADS["voice"]],
        [numpy_helper.from_array(weights, "weights")],
    )
    if narrow is not None:
        folder.mkdir(parents=True)
        np.savez(folder / NARROW, weights=narrow)
    return _write(folder, "voice", graph, CREMA_D)


def face_expert(folder: Path) -> Path:
    """Joy in a bright face, sadness in a dark one, nothing for certain in between."""
    weights = np.zeros((2, 8), np.float32)
    weights[:, FER_PLUS.index("joy")] = (40.0, -30.0)
    weights[:, FER_PLUS.index("sadness")] = (-40.0, 10.0)
    node, value = helper.make_node, helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            node("Cast", ["images"], ["grey"], to=TensorProto.FLOAT),
            node("ReduceMean", ["grey"], ["mean"], axes=[1, 2], keepdims=0),  # (N,)
            node("Unsqueeze", ["mean"], ["column"], axes=[1]),
            node("Div", ["column", "whole"], ["light"]),
            node("Sub", ["column", "column"], ["nothing"]),
            node("Add", ["nothing", "one"], ["ones"]),
            node("Concat", ["light", "ones"], ["signs"], axis=1),
            node("MatMul", ["signs", "weights"], ["emotion"]),
        ],
        "face",
        [value("images", TensorProto.UINT8, ["N", 48, 48])],
        [value("emotion", TensorProto.FLOAT, ["N", 8])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array(255, np.float32), "whole"),
            numpy_helper.from_array(np.array(1, np.float32), "one"),
        ],
    )
    return _write(folder, "face", graph, FER_PLUS)


def _write(folder: Path, modality: str, graph: onnx.GraphProto, labels: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    model.ir_version = 8
    onnx.save(model, str(folder / GRAPH))
    fitted = {head: CALIBRATION.to_dict() for head in HEADS[modality]}
    (folder / "calibration.json").write_text(json.dumps(fitted))
    there = [name for name in (*FILES, NARROW) if (folder / name).is_file()]
    stated = {
        "expert_format": FORMAT,
        "modality": modality,
        "name": f"dummy {modality}",
        "version": "0",
        "labels": list(labels),  # type: ignore[call-overload]
        "neutral": labels.neutral,  # type: ignore[attr-defined]
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in there},
    }
    (folder / "model.json").write_text(json.dumps(stated))
    return folder
