"""Fine-tuning on single utterances: it learns, and held-out talk is not in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.encoder import encoder_folder
from tests.dummies.runs import fine_tuning as settings
from tests.dummies.runs import utterances

from heartsay.corpora.leaks import describe_splits
from heartsay.errors import InputError
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.utterance_encoder import fine_tune, meld_training_utterances
from heartsay.training.text_features import text_vectors

DATA = utterances()


def test_it_learns_and_leaves_an_encoder_that_can_be_named(tmp_path: Path) -> None:
    folder = fine_tune(DATA, settings(epochs=12), tmp_path / "encoder")
    losses = [row["emotion_loss"] for row in RunFolder(folder).history()]
    assert losses[-1] < 0.5 * losses[0]
    vectors, before = (text_vectors(DATA.texts, str(e)) for e in (folder, encoder_folder()))
    assert not np.allclose(vectors["piano_2"], before["piano_2"], atol=0.1)


def test_each_utterance_needs_an_emotion(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one per utterance"):
        fine_tune(replace(DATA, emotion=DATA.emotion[:-1]), settings(), tmp_path / "short")
    assert not (tmp_path / "short").exists()


def test_no_development_or_test_utterance_is_trained_on(real_root: Path) -> None:
    data = meld_training_utterances(real_root)
    assert len(data.texts) == len(data.emotion) > 9_700
    assert all(id_.startswith("train_") for id_ in data.texts)
    assert not set(data.texts) & describe_splits(root=real_root).ids
