"""The composed corpus from files on disk, and how much each of its modalities tells."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heartsay.corpora import crema_d, ferplus, load
from heartsay.corpora.composed import LabelledFaces, Recipe, compose
from heartsay.evidence.features import SPLITS, FeatureCorpus, standardised
from heartsay.evidence.reading import UNLABELLED
from heartsay.media.egemaps import egemaps, egemaps_names
from heartsay.metrics import weighted_f1
from heartsay.progress import Report, silent
from heartsay.training.face_features import face_features
from heartsay.training.tasks.face_network import train_face_network

Vectors = Mapping[str, NDArray[np.float32]]


def composed_corpus(
    root: Path | None,
    cache: Path,
    text: Vectors,
    recipe: Recipe | None = None,
    voice: Literal["functionals", "egemaps"] = "functionals",
    facts: Mapping[str, str] | None = None,
    report: Report = silent,
) -> FeatureCorpus:
    """MELD's conversations with CREMA-D's voices and FER+'s faces.

    What is not in the cache is made first: voice features in about two minutes on one CPU thread, the face
    network in about five.

    Args:
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.
        cache: folder for the features of clips and faces and for the face network.
        text: a vector per MELD utterance id.
        recipe: rates and seed; the defaults if not given.
        voice: this project's functionals, or eGeMAPS.
        facts: further facts for the card, such as where the text vectors come from.
        report: progress callback.

    Raises:
        InputError: a corpus is absent or damaged, or an utterance has no text vector.
        MissingDependencyError: soundfile or openSMILE is needed and not installed.
    """
    recipe = recipe or Recipe()
    cache.mkdir(parents=True, exist_ok=True)
    clips = crema_d.read_clips(root)
    if voice == "egemaps":
        heard = crema_d.voice_features(clips, cache / "voice-egemaps.npz", egemaps, egemaps_names(), report)
    else:
        heard = crema_d.voice_features(clips, cache / "voice-crema-d.npz", report=report)
    report({"message": "Reading FER+ without near-duplicate faces"})
    pools = ferplus.pools(root)
    network = train_face_network(pools.network, cache / "face-network", report=report)
    seen = face_features(network, pools, cache / "face-ferplus.npz", report)
    names = (*ferplus.EMOTIONS, "none")  # the last is where -1 points
    faces = {
        split: LabelledFaces(
            pool.name.tolist(), [names[e] for e in pool.emotion.tolist()], seen[split].embedding
        )
        for split, pool in (("train", pools.train), ("dev", pools.dev), ("test", pools.test))
    }
    removed = ", ".join(f"{count} of {name}" for name, count in pools.removed.items() if count)
    made = {
        "voice features": "log-mel functionals of this project" if voice == "functionals" else "eGeMAPS v02",
        "face features": f"embedding of a network trained on {len(pools.network)} other faces of FER+'s "
        "training split, which occur nowhere in the corpus",
        "near-duplicate faces": f"removed by the likeness of the images: {removed}",
    }
    conversations = {split: load("meld", split, root) for split in SPLITS}
    return compose(conversations, text, clips, heard, faces, recipe, {**made, **(facts or {})})


def modality_scores(corpus: FeatureCorpus) -> dict[str, float]:
    """How much each set of modalities tells of an utterance without its context.

    A logistic regression per set, fitted on the training split's standardised features with every modality
    present, its strength of regularisation chosen on the development split.

    Returns:
        Weighted F1 on the test split, from 0 to 1, by set, such as `voice` or `text + voice`; and `majority`,
        the score of always saying what is most frequent in training.
    """
    scaled = standardised(corpus)
    rows = {split: _labelled(scaled, split) for split in SPLITS}
    majority = np.bincount(rows["train"][1]).argmax()
    gold = rows["test"][1]
    scores = {"majority": weighted_f1(gold, np.full_like(gold, majority), len(corpus.classes))}
    modalities = tuple(corpus.widths)
    for count in range(1, len(modalities) + 1):
        for chosen in itertools.combinations(modalities, count):
            scores[" + ".join(chosen)] = _regression_score(rows, chosen, len(corpus.classes))
    return scores


def _regression_score(
    rows: Mapping[str, tuple[Mapping[str, NDArray[np.float32]], NDArray[np.int64]]],
    modalities: tuple[str, ...],
    classes: int,
) -> float:
    from sklearn.linear_model import LogisticRegression

    x = {split: np.concatenate([values[m] for m in modalities], 1) for split, (values, _) in rows.items()}
    y = {split: labels for split, (_, labels) in rows.items()}
    best: tuple[float, float] = (-1.0, 0.0)
    for strength in (0.003, 0.03, 0.3):
        model = LogisticRegression(C=strength, max_iter=200).fit(x["train"], y["train"])
        dev, test = (weighted_f1(y[s], model.predict(x[s]), classes) for s in ("dev", "test"))
        best = max(best, (float(dev), float(test)))
    return best[1]


def _labelled(corpus: FeatureCorpus, split: str) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.int64]]:
    """Features by modality, (N, D_m), and labels, (N,), of the labelled utterances of a split."""
    conversations = corpus.splits[split]
    labels = np.concatenate([c.emotion for c in conversations])
    known = labels != UNLABELLED
    return (
        {m: np.concatenate([c.features[m] for c in conversations])[known] for m in corpus.widths},
        labels[known],
    )
