from __future__ import annotations

import numpy as np
import pytest
from tests.dummies.evidence import WIDTHS, feature_corpus
from tests.experiments.cmerc.conftest import Made

from heartsay.experiments.cmerc.floors import corpus_floors
from heartsay.experiments.cmerc.plan import COMPOSED, VOICES


def test_the_majority_class_is_counted_in_training_and_scored_on_test() -> None:
    corpus = feature_corpus((20, 6, 6), (4, 8), seed=3)
    (row, *_) = corpus_floors(corpus)
    train, test = (np.concatenate([c.emotion for c in corpus.splits[s]]) for s in ("train", "test"))
    share = float((test == np.bincount(train).argmax()).mean())
    assert row["weighted_f1"] == pytest.approx(100 * share * 2 * share / (1 + share))


def test_each_modality_alone_is_above_the_floor_and_all_together_are_best() -> None:
    rows = {
        r["method"]: r["weighted_f1"] for r in corpus_floors(feature_corpus((60, 20, 30), (4, 9), seed=1))
    }
    joint = " + ".join(WIDTHS)
    assert set(WIDTHS) < set(rows)
    assert rows[joint] == max(rows.values())
    assert rows["text"] > next(iter(rows.values())) + 10


def test_folds_have_floors_of_their_own_and_shared_splits_one(made: Made) -> None:
    rows = [r for r in made.content["floors"] if r["model"] == "majority class"]
    assert [(r["corpus"], r["seed"]) for r in rows] == [(VOICES, 1), (VOICES, 2), (COMPOSED, 1)]
