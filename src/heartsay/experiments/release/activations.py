"""What goes into the matrices of an ONNX graph: second moments over real inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = Mapping[str, NDArray[Any]]
"""Values by the names of a graph's inputs."""


def second_moments(
    source: Path, names: Sequence[str], samples: Iterable[Inputs]
) -> dict[str, NDArray[np.float32]]:
    """Sums of products of the vectors that pass under each name, (K, K).

    Args:
        source: an ONNX file.
        names: values inside its graph, each (..., K).
        samples: what to run it on.
    """
    import onnx
    import onnxruntime

    model = onnx.load(str(source))
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    del model
    taken = {value.name for value in session.get_inputs()}
    moments: dict[str, NDArray[np.float32]] = {}
    for sample in samples:
        values = session.run(list(names), {name: sample[name] for name in taken})
        for name, value in zip(names, values, strict=True):
            flat = value.reshape(-1, value.shape[-1])
            moments[name] = moments.get(name, 0) + flat.T @ flat
    return moments
