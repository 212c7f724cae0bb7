"""A vector for every face of a pool, from the face network, cached."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import write_arrays
from heartsay.corpora.ferplus import Faces, Pools
from heartsay.models.face_network import FaceNetwork, embed_faces
from heartsay.progress import Report, silent, track


def face_features(
    network: FaceNetwork, pools: Pools, cache: Path, report: Report = silent
) -> dict[str, NDArray[np.float32]]:
    """Embeddings (N, 96) of the faces of `train`, `dev` and `test`, computed or from the cache, an npz file.

    The cache is used only where it was made of exactly these faces with exactly this network.
    """
    wanted = {"train": pools.train, "dev": pools.dev, "test": pools.test}
    made_of = _fingerprint(network, wanted)
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as stored:
            if "made_of" in stored and str(stored["made_of"]) == made_of:
                return {split: stored[split] for split in wanted}
    message = "Reading faces with the face network"
    found = {
        split: embed_faces(network, wanted[split].image)[1]
        for split in track(tuple(wanted), message, report, "splits")
    }
    write_arrays(cache, {**found, "made_of": np.array(made_of)}, compress=False)
    return found


def _fingerprint(network: FaceNetwork, pools: Mapping[str, Faces]) -> str:
    digest = hashlib.sha256()
    for weights in network.state_dict().values():
        digest.update(weights.cpu().numpy().tobytes())
    for faces in pools.values():
        digest.update(faces.name.tobytes() + faces.image.tobytes())
    return digest.hexdigest()
