"""One ONNX graph of an exported model, fed the inputs that it declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import ModelError, first_line
from heartsay.runtime.unshared import unshared

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_PRODUCTS = Path(__file__).with_name("products.onnx")

PACKED = ("tokens", "owner", "speaker", "visible", "present")
"""Inputs beside the vectors of modalities that a graph may declare."""


class Graph:
    """A graph that runs on one core.

    Args:
        path: the ONNX file.
        takes: names of inputs that it may declare.
        gives: names of outputs that it must have.

    Raises:
        ModelError: it cannot be run, or takes or gives something else.
    """

    def __init__(self, path: Path, takes: Collection[str], gives: Collection[str]) -> None:
        self.path = path
        self._session = open_session(path)
        self.inputs = {value.name for value in self._session.get_inputs()}
        self.outputs = [value.name for value in self._session.get_outputs()]
        if not self.inputs <= set(takes) or not set(gives) <= set(self.outputs):
            raise ModelError(
                f"{path} takes {sorted(self.inputs)} and gives {sorted(self.outputs)};"
                f" it may take {', '.join(sorted(takes))} and has to give {', '.join(sorted(gives))};"
                " export the model anew."
            )

    def run(self, values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name, from values of which those it declares are used.

        Raises:
            ModelError: a value does not fit, or outputs are not finite.
        """
        try:
            given = self._session.run(self.outputs, {name: values[name] for name in self.inputs})
        except Exception as error:  # the library has its own exception types and raises many
            raise ModelError(f"{self.path} cannot read this: {first_line(error)}") from error
        if not all(np.isfinite(output).all() for output in given):
            raise ModelError(f"{self.path} gave numbers that are not finite; export it anew.")
        return dict(zip(self.outputs, given, strict=True))


@cache
def products_saturate() -> bool:
    """Whether this processor's fast products of bytes and signed bytes are wrong where they are large.

    Those without VNNI (before about 2019) add two products in 16 bits, which clips. onnxruntime has right
    products too, at half the speed where the fast ones are right. So one is tried: `products.onnx` multiplies
    its two inputs.
    """
    from onnxruntime import InferenceSession

    session = InferenceSession(str(_PRODUCTS), providers=["CPUExecutionProvider"])
    bytes_, signed = np.full((4, 64), 255, np.uint8), np.full((64, 16), 127, np.int8)
    (product,) = session.run(None, {"bytes": bytes_, "signed": signed})
    return bool((product != 64 * 255 * 127).any())


def open_session(path: Path) -> InferenceSession:
    """A graph that runs on one core, with right products of integers whatever the processor.

    Raises:
        ModelError: it cannot be run.
    """
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1  # packs run side by side, each on one core
    options.inter_op_num_threads = 1
    # A pattern is kept for every sequence length ever seen; without it, memory grows to the need of the
    # longest sequence and stays there.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    # Weights stored as int8 are restored to float once, when the model is loaded, not at every run.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        model: str | bytes = str(path)
        if products_saturate():
            options.add_session_config_entry("session.x64quantprecision", "1")
            model = unshared(path) or model
        return InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:  # the library has its own exception types and raises many
        raise ModelError(
            f"{path} cannot be run ({first_line(error)}); export or install the model anew."
        ) from error
