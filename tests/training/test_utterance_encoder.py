"""Fine-tuning on single utterances: it learns, a kill changes nothing, and held-out talk is not in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies.encoder import CAUSED, FELT, encoder_folder

from heartsay.corpora.leaks import describe_splits
from heartsay.errors import InputError
from heartsay.labels import EMOTIONS
from heartsay.training.text_features import text_vectors
from heartsay.training.utterance_encoder import (
    DivergedError,
    FineTuning,
    LabelledUtterances,
    fine_tune,
    meld_training_utterances,
)

SPOKEN = [(f"{c.id}_{u.id}", u) for c in (*CAUSED, *FELT) for u in c.utterances]
DATA = LabelledUtterances(
    {id_: u.text for id_, u in SPOKEN},
    tuple(EMOTIONS.index(u.emotion or "") for _, u in SPOKEN),
    len(EMOTIONS),
)


def settings(**changes: Any) -> FineTuning:
    small = FineTuning(
        encoder=str(encoder_folder()), batch_tokens=96, encoder_learning_rate=1e-2, head_learning_rate=1e-2
    )
    return replace(small, **changes)


class Killed(BaseException):
    """Stands for a kill that a process cannot refuse."""


def kill_at(epoch: int, step: int) -> Callable[[dict[str, Any]], None]:
    def report(row: dict[str, Any]) -> None:
        if (row["epoch"], row["step"]) == (epoch, step):
            raise Killed

    return report


def test_it_learns_and_leaves_an_encoder_that_can_be_named(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []
    folder = fine_tune(DATA, settings(epochs=12), tmp_path / "encoder", report=rows.append)
    last = [row["loss"] for row in rows if row["step"] == row["steps"]]
    assert last[-1] < 0.5 * last[0]
    vectors, before = (text_vectors(DATA.texts, str(e)) for e in (folder, encoder_folder()))
    assert not np.allclose(vectors["piano_2"], before["piano_2"], atol=0.1)
    assert not (folder / "state.pt").exists()


@pytest.mark.parametrize(("epoch", "step"), [(1, 2), (2, 1)])
def test_a_killed_training_ends_with_the_same_weights(tmp_path: Path, epoch: int, step: int) -> None:
    whole = fine_tune(DATA, settings(), tmp_path / "whole")
    with pytest.raises(Killed):
        fine_tune(DATA, settings(), tmp_path / "cut", save_every=1e-9, report=kill_at(epoch, step))
    rows: list[dict[str, Any]] = []
    cut = fine_tune(DATA, settings(), tmp_path / "cut", save_every=1e-9, report=rows.append)
    assert (rows[0]["epoch"], rows[0]["step"]) >= (epoch, step)
    for name in ("model.safetensors", "training.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


def test_what_is_finished_is_left_alone_and_other_work_is_refused(tmp_path: Path) -> None:
    folder = fine_tune(DATA, settings(epochs=1), tmp_path / "encoder")
    rows: list[dict[str, Any]] = []
    fine_tune(DATA, settings(epochs=1), folder, report=rows.append)
    assert rows == []
    with pytest.raises(InputError, match="other settings"):
        fine_tune(DATA, settings(epochs=2), folder)
    with pytest.raises(InputError, match="one per utterance"):
        fine_tune(replace(DATA, emotion=DATA.emotion[:-1]), settings(), tmp_path / "short")


def test_a_training_that_diverges_stops_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="learning rates"):
        fine_tune(DATA, settings(head_learning_rate=1e30, encoder_learning_rate=1e30), tmp_path / "encoder")


def test_no_development_or_test_utterance_is_trained_on(real_root: Path) -> None:
    data = meld_training_utterances(real_root)
    assert len(data.texts) == len(data.emotion) > 9_700
    assert all(id_.startswith("train_") for id_ in data.texts)
    assert not set(data.texts) & describe_splits(root=real_root).ids
