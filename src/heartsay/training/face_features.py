"""A vector for every face of a pool, from the face network, cached."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import write_arrays
from heartsay.corpora.ferplus import Pools
from heartsay.models.face_network import FaceNetwork, embed_faces
from heartsay.progress import Report, silent, track


def face_features(
    network: FaceNetwork, pools: Pools, cache: Path, report: Report = silent
) -> dict[str, NDArray[np.float32]]:
    """Embeddings (N, 96) of the faces of `train`, `dev` and `test`, computed or from the cache, an npz file.

    The cache is used only where it names exactly these faces.
    """
    wanted = {"train": pools.train, "dev": pools.dev, "test": pools.test}
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as stored:
            if all(np.array_equal(stored[f"{split}_name"], faces.name) for split, faces in wanted.items()):
                return {split: stored[f"{split}_embedding"] for split in wanted}
    message = "Reading faces with the face network"
    found = {
        split: embed_faces(network, wanted[split].image)[1]
        for split in track(tuple(wanted), message, report, "splits")
    }
    arrays = {f"{split}_embedding": embedding for split, embedding in found.items()}
    write_arrays(
        cache, arrays | {f"{split}_name": faces.name for split, faces in wanted.items()}, compress=False
    )
    return found
