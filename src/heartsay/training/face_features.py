"""Features of every face of a pool, from the face network, cached."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import write_arrays
from heartsay.corpora.ferplus import Faces, Pools
from heartsay.models.face_network import FaceNetwork, embed_faces
from heartsay.progress import Report, silent, track


@dataclass(frozen=True)
class FaceFeatures:
    """Features of a pool's faces.

    Attributes:
        name: which face each row is, (N,).
        embedding: (N, 96).
        emotion: logits of FER+'s eight emotions, (N, 8).
    """

    name: NDArray[np.str_]
    embedding: NDArray[np.float32]
    emotion: NDArray[np.float32]


def face_features(
    network: FaceNetwork, pools: Pools, cache: Path, report: Report = silent
) -> dict[str, FaceFeatures]:
    """Features of the faces of `train`, `dev` and `test`, computed or from the cache, an npz file.

    The cache is used only where it was made of exactly these faces with exactly this network.
    """
    wanted = {"train": pools.train, "dev": pools.dev, "test": pools.test}
    made_of = _fingerprint(network, wanted)
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as stored:
            if "made_of" in stored and str(stored["made_of"]) == made_of:
                return {
                    split: FaceFeatures(
                        *(stored[f"{split}_{part}"] for part in ("name", "embedding", "emotion"))
                    )
                    for split in wanted
                }
    features = {}
    for split in track(list(wanted), "Reading faces with the face network", report, "splits"):
        logits, embedding = embed_faces(network, wanted[split].image)
        features[split] = FaceFeatures(wanted[split].name, embedding, logits)
    arrays = {f"{split}_{part}": x for split, f in features.items() for part, x in vars(f).items()}
    write_arrays(cache, {**arrays, "made_of": np.array(made_of)}, compress=False)
    return features


def _fingerprint(network: FaceNetwork, pools: Mapping[str, Faces]) -> str:
    digest = hashlib.sha256()
    for weights in network.state_dict().values():
        digest.update(weights.cpu().numpy().tobytes())
    for faces in pools.values():
        digest.update(faces.name.tobytes() + faces.image.tobytes())
    return digest.hexdigest()
