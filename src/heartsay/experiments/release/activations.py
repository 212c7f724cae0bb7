"""What goes into the matrices and tables of an ONNX graph, over real inputs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = Mapping[str, NDArray[Any]]
"""Values by the names of a graph's inputs."""


def second_moments(
    model: Any, names: Sequence[str], samples: Iterable[Inputs]
) -> dict[str, NDArray[np.float32]]:
    """Sums of products of the vectors that pass under each name, (K, K).

    Args:
        model: an ONNX model, as it was before when this returns.
        names: values inside its graph, each (..., K).
        samples: what to run it on.
    """
    import onnx
    import onnxruntime

    asked = list(model.graph.output)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_prepacking", "1")  # a second copy of the weights
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "opened.onnx"
        del model.graph.output[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        onnx.save(model, str(path))
        del model.graph.output[:]
        model.graph.output.extend(asked)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    taken = {value.name for value in session.get_inputs()}
    moments: dict[str, NDArray[np.float32]] = {}
    for sample in samples:
        values = session.run(list(names), {name: sample[name] for name in taken})
        for name, value in zip(names, values, strict=True):
            flat = value.reshape(-1, value.shape[-1])
            moments[name] = moments.get(name, np.float32(0)) + flat.T @ flat
    return moments


def most_frequent(samples: Iterable[Inputs], count: int) -> dict[str, NDArray[np.int64]]:
    """The numbers that occur most often in inputs that are indices, at most `count`, by the input's name."""
    found: dict[str, NDArray[np.int64]] = {}
    for sample in samples:
        for name, value in sample.items():
            if value.dtype == np.int64 and value.min() >= 0:
                now = np.bincount(value.ravel())
                before = found.get(name, np.zeros(0, np.int64))
                longer, shorter = sorted((now, before), key=len, reverse=True)
                found[name] = longer + np.pad(shorter, (0, len(longer) - len(shorter)))
    return {
        name: np.sort(np.argsort(-counts, kind="stable")[: min(count, np.count_nonzero(counts))])
        for name, counts in found.items()
    }
