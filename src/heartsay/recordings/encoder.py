"""The speaker encoder that comes along, a `models.speaker_network`: from stretches of voice to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_json
from heartsay.errors import DAMAGE, ModelError
from heartsay.media import log_mel
from heartsay.media.voice_functionals import FRAME
from heartsay.runtime.graph import Graph
from heartsay.runtime.manifest import check_hash
from heartsay.runtime.shipped import SPEAKER, WEIGHTS

FOLDER = WEIGHTS / SPEAKER
GRAPH = "model.onnx"
TOGETHER = 32


@dataclass(frozen=True)
class SpeakerEncoder:
    """A loaded encoder.

    Attributes:
        name: of the model and its version.
        threshold: by how much more alike windows of one speaker have to be than those of two, in mean cosine.
        slope: by which the lead of the nearest speaker over the next tells whether it is right.
        intercept: of the same.
        graph: from frames to vectors.
    """

    name: str
    threshold: float
    slope: float
    intercept: float
    graph: Graph

    @classmethod
    def load(cls, folder: Path = FOLDER) -> SpeakerEncoder:
        """Load it.

        Raises:
            ModelError: a file is missing, changed or damaged.
        """
        path = folder / "model.json"
        try:
            stated = read_json(path)
            threshold, slope, intercept = (float(stated[key]) for key in ("threshold", "slope", "intercept"))
            name, digest = f"{stated['name']} {stated['version']}", str(stated["sha256"][GRAPH])
        except DAMAGE as error:
            raise ModelError(f"{path} cannot be read ({error!r}); install Heartsay anew.") from error
        check_hash(folder / GRAPH, digest)
        graph = Graph(folder / GRAPH, ("frames", "real"), ("vectors",))
        return cls(name, threshold, slope, intercept, graph)

    def vectors(self, voices: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Vectors of length 1, (N, D).

        Args:
            voices: one channel at 16 kHz each, (S,), 25 ms or more.
        """
        found = []
        for start in range(0, len(voices), TOGETHER):
            frames = [
                log_mel(np.pad(v, (0, max(0, FRAME - len(v))))) for v in voices[start : start + TOGETHER]
            ]
            longest = max(map(len, frames))
            real = np.arange(longest) < np.array([len(f) for f in frames])[:, None]
            padded = np.stack([np.pad(f, ((0, longest - len(f)), (0, 0))) for f in frames])
            found.append(self.graph.run({"frames": padded, "real": real})["vectors"])
        return np.concatenate(found).astype(np.float64)

    def confidence(self, lead: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that the nearest speaker is the right one, from its lead in cosine over the next."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * lead + self.intercept))))


def is_there(folder: Path = FOLDER) -> bool:
    """Whether this installation holds the encoder."""
    return (folder / "model.json").is_file()
