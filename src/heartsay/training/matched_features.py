"""CREMA-D's voices with matched faces, from files on disk."""

from __future__ import annotations

from pathlib import Path

from heartsay.corpora import crema_d, ferplus
from heartsay.corpora.conflict import crema_d_conflict
from heartsay.corpora.conflict.matched import matched_corpus
from heartsay.corpora.crema_d_folds import actor_splits
from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.progress import Report, silent
from heartsay.training.composed_features import face_features
from heartsay.training.tasks.face_network import train_face_network

Sides = dict[str, tuple[str, str]]


def matched_from_files(cache: Path, seed: int = 0, report: Report = silent) -> EvidenceCorpus:
    """The corpus by fold 0 of the actors; what is not in the cache is made first.

    Voice features take about two minutes on one CPU thread, the face network about five; both are shared
    with the composed corpus.

    Args:
        cache: folder for the features of clips and faces and for the face network.
        seed: of the draw among photographs.
        report: progress callback.

    Raises:
        InputError: a corpus is absent or damaged.
        MissingDependencyError: PyAV is needed and not installed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    heard = crema_d.voice_features(crema_d.read_clips(), cache / "voice-crema-d.npz", report)
    report({"message": "Reading FER+ without near-duplicate faces"})
    pools = ferplus.pools()
    network = train_face_network(pools.network, cache / "face-network", report=report)
    faces = face_features(network, pools, cache / "face-ferplus.npz", report)
    parts = {"train": pools.train, "dev": pools.dev, "test": pools.test}
    facts = {
        "voice features": "log-mel functionals of this project",
        "face features": f"embedding of a network trained on {len(pools.network)} other faces of FER+'s "
        "training split",
    }
    return matched_corpus(
        crema_d_conflict(),
        actor_splits(crema_d.read_genders()),
        heard,
        {split: part.votes for split, part in parts.items()},
        faces,
        facts,
        seed,
    )


def matched_sides() -> Sides:
    """What people heard in the voice and saw in the face of each clip; nothing where two are level.

    Raises:
        InputError: CREMA-D is absent or damaged.
    """
    return {item.id: (item.voice or "", item.face or "") for item in crema_d_conflict().items}
