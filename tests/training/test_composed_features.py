from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from heartsay.evidence.features import SPLITS, FeatureConversation, FeatureCorpus
from heartsay.evidence.reading import UNLABELLED
from heartsay.training.composed_features import modality_scores


def corpus(widths: Sequence[str]) -> FeatureCorpus:
    """The voice tells the emotion, the face tells nothing; labels are skewed, a few are missing."""
    random = np.random.default_rng(0)

    def conversation(name: str) -> FeatureConversation:
        emotion = random.choice(3, 10, p=[0.6, 0.2, 0.2])
        features = {m: random.normal(size=(10, 3)).astype("f4") for m in widths}
        features["voice"][np.arange(10), emotion] += 3
        labels = np.where(np.arange(10) == 9, UNLABELLED, emotion)
        here = {m: np.ones(10, bool) for m in widths}
        return FeatureConversation(
            name, tuple(f"{name}_{k}" for k in range(10)), np.zeros(10, np.int64), labels, features, here
        )

    splits = {split: tuple(conversation(f"{split}{k}") for k in range(30)) for split in SPLITS}
    return FeatureCorpus("small", ("a", "b", "c"), splits)


def test_each_set_of_modalities_gets_its_score() -> None:
    pytest.importorskip("sklearn")
    scores = modality_scores(corpus(("voice", "face")))
    assert set(scores) == {"majority", "voice", "face", "voice + face"}
    assert scores["voice"] > 0.9
    assert scores["face"] < scores["majority"] + 0.1
    assert scores["majority"] < 0.6
