"""What the tables are read against: the majority class, and each modality alone without any context."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from heartsay import metrics
from heartsay.atomic import write_text
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, fingerprint, standardised
from heartsay.evidence.evidence import FloatArray, IntArray
from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.cmerc.methods import HEADLINE
from heartsay.experiments.cmerc.plan import Scope
from heartsay.experiments.cmerc.work import corpus_of
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Place, Run

STRENGTHS = (1e-4, 1e-3, 1e-2)
"""Inverse regularisations to choose from, on development data."""

ITERATIONS, TOLERANCE = 200, 1e-3
"""When the fit of a regression ends."""

FILE = "floors.json"
"""File among the runs: rows by what they were computed from, the corpus as it is split and the settings."""


def floors(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Rows of every corpus and seed: weighted F1 of the majority class and of single modalities.

    Seeds that share the splits share the row, under the first of them. What was fitted once is kept beside
    the runs. The fingerprint of the corpus stands in each row, so that a row of other features than those of
    a run can be told.
    """
    found: list[dict[str, Any]] = []
    for name in scope.corpora:
        first_seeds: dict[int | None, int] = {}
        for seed in scope.seeds:
            first_seeds.setdefault(fold_of(name, seed), seed)
        for fold, seed in first_seeds.items():
            corpus = corpus_of(Run(name, "", "", seed, fold), place)
            about = {
                "corpus": name,
                "fingerprint": fingerprint(corpus),
                "seed": seed,
                "fold": fold,
                "composed": corpus.composed,
                "protocol": HEADLINE,
            }
            found += [{**about, **row} for row in _kept(corpus, place)]
    return found


def corpus_floors(corpus: EvidenceCorpus) -> list[dict[str, Any]]:
    """The floors of one corpus as it is split."""
    scaled, classes = standardised(corpus), len(corpus.classes)
    gold = {split: _labels(scaled, split) for split in SPLITS}
    majority = int(np.bincount(gold["train"], minlength=classes).argmax())
    rows = [
        {
            "model": "majority class",
            "method": corpus.classes[majority],
            "weighted_f1": _score(gold["test"], np.full(len(gold["test"]), majority), classes),
        }
    ]
    modalities = tuple(corpus.widths)
    for names in (*((m,) for m in modalities), *([modalities] if len(modalities) > 1 else [])):
        rows.append(
            {
                "model": "logistic regression, single utterances",
                "method": " + ".join(names),
                "weighted_f1": _score(gold["test"], regression(scaled, names), classes),
            }
        )
    return rows


def regression(corpus: EvidenceCorpus, names: Sequence[str]) -> IntArray:
    """What a logistic regression on single utterances says of the labelled ones of the test split, (N,).

    Its strength is chosen by weighted F1 on development data, of equals the first.

    Args:
        corpus: standardised.
        names: modalities that it is given.
    """
    from sklearn.linear_model import LogisticRegression

    gold, classes = {split: _labels(corpus, split) for split in SPLITS}, len(corpus.classes)
    inputs = {split: _features(corpus, split, names) for split in gold}
    said: dict[float, IntArray] = {}
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=ITERATIONS, tol=TOLERANCE)
        model.fit(inputs["train"], gold["train"])
        development = _score(gold["dev"], model.predict(inputs["dev"]), classes)
        said.setdefault(development, np.asarray(model.predict(inputs["test"])))
    return said[max(said)]


def _score(gold: IntArray, predicted: IntArray, classes: int) -> float:
    return 100 * metrics.weighted_f1(gold, predicted, classes)


def _labels(corpus: EvidenceCorpus, split: str) -> IntArray:
    emotion = np.concatenate([c.emotion for c in corpus.splits[split]])
    return np.asarray(emotion[emotion != UNLABELLED])


def _features(corpus: EvidenceCorpus, split: str, names: Sequence[str]) -> FloatArray:
    rows = [
        np.hstack([c.evidence.features[m] for m in names])[c.emotion != UNLABELLED]
        for c in corpus.splits[split]
    ]
    return np.concatenate(rows)


def _kept(corpus: EvidenceCorpus, place: Place) -> list[dict[str, Any]]:
    settings = f"strengths {STRENGTHS}, iterations {ITERATIONS}, tolerance {TOLERANCE}"
    path, key = place.work / FILE, f"{fingerprint(corpus)}, {settings}"
    known: dict[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if key not in known:
        known[key] = corpus_floors(corpus)
        place.work.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(known, indent=1) + "\n")
    return known[key]
