"""The composed corpus from files on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.corpora import crema_d, ferplus, load
from heartsay.corpora.casting import LabelledFaces, Recipe
from heartsay.corpora.composed import compose
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus
from heartsay.progress import Report, silent
from heartsay.training.face_features import face_features
from heartsay.training.tasks.face_network import train_face_network

Vectors = Mapping[str, NDArray[np.float32]]


def composed_corpus(
    cache: Path,
    text: Vectors,
    recipe: Recipe,
    facts: Mapping[str, str],
    report: Report = silent,
) -> EvidenceCorpus:
    """MELD's conversations with CREMA-D's voices and FER+'s faces.

    What is not in the cache is made first: voice features in about two minutes on one CPU thread, the face
    network in about five.

    Args:
        cache: folder for the features of clips and faces and for the face network.
        text: a vector per MELD utterance id.
        recipe: rates and seed.
        facts: further facts for the card, such as where the text vectors come from.
        report: progress callback.

    Raises:
        InputError: a corpus is absent or damaged, or an utterance has no text vector.
        MissingDependencyError: soundfile is needed and not installed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    clips = crema_d.read_clips()
    heard = crema_d.voice_features(clips, cache / "voice-crema-d.npz", report)
    report({"message": "Reading FER+ without near-duplicate faces"})
    pools = ferplus.pools()
    network = train_face_network(pools.network, cache / "face-network", report=report)
    seen = face_features(network, pools, cache / "face-ferplus.npz", report)
    names = (*ferplus.EMOTIONS, "none")  # the last is where -1 points
    faces = {
        split: LabelledFaces(pool.name.tolist(), [names[e] for e in pool.emotion.tolist()], seen[split])
        for split, pool in (("train", pools.train), ("dev", pools.dev), ("test", pools.test))
    }
    removed = ", ".join(f"{count} of {name}" for name, count in pools.removed.items() if count)
    made = {
        "voice features": "log-mel functionals of this project",
        "face features": f"embedding of a network trained on {len(pools.network)} other faces of FER+'s "
        "training split, which occur nowhere in the corpus",
        "near-duplicate faces": f"removed by the likeness of the images: {removed}",
    }
    conversations = {split: load("meld", split) for split in SPLITS}
    return compose(conversations, text, clips, heard, faces, recipe, {**made, **facts})
