from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.evidence import WIDTHS, feature_corpus
from tests.experiments.cmerc.conftest import SCOPE, Made

from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, LabelledConversation, fingerprint
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.cmerc import floors as module
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


def telling_voices() -> EvidenceCorpus:
    """The voice tells the emotion, the face tells nothing; labels are skewed, a few are missing."""
    random = np.random.default_rng(0)

    def conversation(name: str) -> LabelledConversation:
        emotion = random.choice(3, 10, p=[0.6, 0.2, 0.2])
        features = {m: random.normal(size=(10, 3)).astype(np.float32) for m in ("voice", "face")}
        features["voice"][np.arange(10), emotion] += 3
        ids, present = tuple(f"{name}_{k}" for k in range(10)), {m: np.ones(10, bool) for m in features}
        labels = np.where(np.arange(10) == 9, UNLABELLED, emotion)
        return LabelledConversation(name, Evidence(ids, np.zeros(10, np.int64), features, present), labels)

    splits = {split: tuple(conversation(f"{split}{k}") for k in range(30)) for split in SPLITS}
    return EvidenceCorpus("small", ("a", "b", "c"), splits)


def test_floors_tell_modalities_apart_and_pass_over_what_has_no_label() -> None:
    majority, voice, face, joint = (row["weighted_f1"] for row in corpus_floors(telling_voices()))
    assert voice > 90
    assert face < majority + 10 < 70
    assert joint > 85


def test_floors_are_kept_for_the_very_features_they_were_computed_from(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = [feature_corpus((8, 4, 4), (2, 4), seed=seed) for seed in (1, 2)]
    computed: list[EvidenceCorpus] = []
    monkeypatch.setattr(module, "corpus_floors", lambda corpus: computed.append(corpus) or [{"model": "m"}])
    scope = replace(SCOPE, corpora=(COMPOSED,))
    marks = []
    for corpus in (corpora[0], corpora[0], corpora[1], corpora[0]):
        monkeypatch.setattr(module, "corpus_of", lambda run, place, corpus=corpus: corpus)
        (row,) = module.floors(scope, replace(made.place, work=tmp_path))
        marks.append(row["fingerprint"])
    assert computed == corpora
    assert marks == [fingerprint(corpora[k]) for k in (0, 0, 1, 0)]
