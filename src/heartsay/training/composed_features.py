"""The composed corpus from files on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_arrays, write_arrays
from heartsay.corpora import crema_d, ferplus, load
from heartsay.corpora.casting import LabelledFaces, Recipe, choose, split_actors
from heartsay.corpora.composed import compose
from heartsay.corpora.ferplus import Faces, Pools
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus
from heartsay.models.face_network import FaceNetwork, embed_faces
from heartsay.progress import Report, silent, track
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
        MissingDependencyError: PyAV is needed and not installed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    clips = crema_d.read_clips()
    heard = crema_d.voice_features(clips, cache / "voice-crema-d.npz", report)
    report({"message": "Reading FER+ without near-duplicate faces"})
    pools = ferplus.pools()
    network = train_face_network(pools.network, cache / "face-network", report=report)
    faces = _labelled(pools, face_features(network, pools, cache / "face-ferplus.npz", report))
    removed = ", ".join(f"{count} of {name}" for name, count in pools.removed.items() if count)
    made = {
        "voice features": "log-mel functionals of this project",
        "face features": f"embedding of a network trained on {len(pools.network)} other faces of FER+'s "
        "training split, which occur nowhere in the corpus",
        "near-duplicate faces": f"removed by the likeness of the images: {removed}",
    }
    conversations = {split: load("meld", split) for split in SPLITS}
    return compose(conversations, text, clips, heard, faces, recipe, {**made, **facts})


def composed_sides(cache: Path, recipe: Recipe, report: Report = silent) -> dict[str, tuple[str, str]]:
    """What voice and face of each utterance of the composed corpus were to show, by utterance id.

    Args:
        cache: folder in which they are kept once they are known.
        recipe: of the corpus.
        report: progress callback.

    Raises:
        InputError: a corpus is absent or damaged.
    """
    path = cache / "composed-sides.npz"
    if path.is_file():
        stored = read_arrays(path)
        if str(stored["recipe"]) == repr(recipe):
            pairs = zip(stored["voice"].tolist(), stored["face"].tolist(), strict=True)
            return dict(zip(stored["utterance"].tolist(), pairs, strict=True))
    report({"message": "Casting voices and faces of the composed corpus"})
    pools = ferplus.pools()
    nothing = {
        split: np.zeros((len(pool.name), 0), np.float32)
        for split, pool in (("train", pools.train), ("dev", pools.dev), ("test", pools.test))
    }
    clips = split_actors(crema_d.read_clips(), recipe.seed)
    conversations = {split: load("meld", split) for split in SPLITS}
    chosen = choose(conversations, clips, _labelled(pools, nothing), recipe)
    flat = [choice for split in SPLITS for choices in chosen[split] for choice in choices]
    columns = {
        "utterance": np.array([choice.utterance for choice in flat]),
        "voice": np.array([choice.voice for choice in flat]),
        "face": np.array([choice.face for choice in flat]),
    }
    cache.mkdir(parents=True, exist_ok=True)
    write_arrays(path, {**columns, "recipe": np.array(repr(recipe))})
    return {choice.utterance: (choice.voice, choice.face) for choice in flat}


def _labelled(pools: Pools, features: Mapping[str, NDArray[np.float32]]) -> dict[str, LabelledFaces]:
    """The faces of each split with the emotion that most people saw in them."""
    names = (*ferplus.EMOTIONS, "none")  # the last is where -1 points
    return {
        split: LabelledFaces(pool.name.tolist(), [names[e] for e in pool.emotion.tolist()], features[split])
        for split, pool in (("train", pools.train), ("dev", pools.dev), ("test", pools.test))
    }


def face_features(
    network: FaceNetwork, pools: Pools, cache: Path, report: Report = silent
) -> dict[str, NDArray[np.float32]]:
    """Embeddings (N, 96) of the faces of `train`, `dev` and `test`, computed or from the cache, an npz file.

    The cache is used only where it was made of exactly these faces with exactly this network.
    """
    wanted = {"train": pools.train, "dev": pools.dev, "test": pools.test}
    made_of = _fingerprint(network, wanted)
    if cache.is_file():
        stored = read_arrays(cache)
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
