"""The weights of the three networks of MTCNN as the package `mtcnn` 1.0.0 (MIT) brings them.

The package is found without being imported, so that TensorFlow is not needed, and its files are used only if
their hashes are right. They are pickles by joblib inside LZ4; read of them are arrays alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import MissingDependencyError, ModelError

Weights = list[NDArray[np.float32]]
"""Of each layer in order: kernel, bias and, where there is one, the slope of what is below zero."""

SHA256 = {
    "pnet": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    "rnet": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    "onet": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
}
"""Of the files `assets/weights/*.lz4` in the wheel."""

EXTRA = "faces"


def mtcnn_weights() -> dict[str, Weights]:
    """The weights of `pnet`, `rnet` and `onet`.

    Raises:
        MissingDependencyError: the package, or LZ4 that it asks for, is not installed.
        ModelError: its files are absent or others.
    """
    found = importlib.util.find_spec("mtcnn")
    if found is None or found.origin is None:
        raise MissingDependencyError("finding faces by MTCNN", EXTRA)
    folder = Path(found.origin).parent / "assets" / "weights"
    return {name: _read(folder / f"{name}.lz4", expected) for name, expected in SHA256.items()}


def _read(path: Path, expected: str) -> Weights:
    try:
        from lz4.frame import decompress
    except ImportError as error:
        raise MissingDependencyError("finding faces by MTCNN", EXTRA) from error
    again = "install mtcnn 1.0.0 anew"
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); {again}.") from error
    if (sha256 := hashlib.sha256(packed).hexdigest()) != expected:
        raise ModelError(
            f"{path} is not the file of mtcnn 1.0.0: its SHA-256 starts with {sha256[:12]}, not with"
            f" {expected[:12]}; {again}."
        )
    return [row.array for row in _Arrays(io.BytesIO(decompress(packed))).load()]


class _Arrays(pickle.Unpickler):
    """Reads joblib's arrays and nothing else; the numbers of each follow its description in the stream."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)

        class Row:
            array: NDArray[np.float32]

            def __setstate__(self, state: dict[str, Any]) -> None:
                stream.seek(stream.read(1)[0], io.SEEK_CUR)  # so many bytes to where memory is aligned
                size = int(np.prod(state["shape"]))
                values = np.frombuffer(stream.read(size * state["dtype"].itemsize), state["dtype"])
                self.array = values.reshape(state["shape"])

        self._known = {
            ("joblib.numpy_pickle", "NumpyArrayWrapper"): Row,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }

    def find_class(self, module: str, name: str) -> Any:
        """As `pickle.Unpickler.find_class`, for these alone."""
        try:
            return self._known[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no array") from None
