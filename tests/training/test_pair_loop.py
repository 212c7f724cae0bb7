"""Runs of a small pair scorer: they learn, go on after a kill, and choose on development data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.dummies.pairs import pair_corpus

from heartsay.errors import InputError
from heartsay.evidence.reading import Reading
from heartsay.objectives.rpcl import ARMS
from heartsay.training.diverged import DivergedError
from heartsay.training.pair_configuration import PairConfiguration
from heartsay.training.pair_loop import PairRunFolder, development_scores, train_pairs

SMALL = {"width": 16, "pair_width": 8}


def configuration(arm: str = "rpcl", **update: Any) -> PairConfiguration:
    base = PairConfiguration(name=arm, objective=ARMS[arm], scorer=SMALL, epochs=4, learning_rate=5e-3)
    return base.model_copy(update=update)


class Killed(BaseException):
    """Stands for a kill that a process cannot refuse."""


def contents(run: PairRunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.path.iterdir()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PairRunFolder:
    return train_pairs(configuration(), pair_corpus(), 3, tmp_path_factory.mktemp("pairs") / "whole")


def test_a_run_learns_what_it_is_shown(tmp_path: Path) -> None:
    run = train_pairs(configuration("base", epochs=12), pair_corpus(), 3, tmp_path / "run")
    scores = [row["pair_average_precision"] for row in run.history()]
    reading = Reading.load(run.readings("test"))
    pairs = reading.annotated_pairs()
    assert max(scores) > scores[0] + 10
    past = pairs.gold[pairs.cause <= pairs.emotion]
    assert development_scores(reading)["pair_average_precision"] > 150 * past.mean()


def test_a_run_that_was_killed_goes_on_to_the_same_numbers(run: PairRunFolder, tmp_path: Path) -> None:
    def kill(row: dict[str, Any]) -> None:
        if row["epoch"] == 2:
            raise Killed

    with pytest.raises(Killed):
        train_pairs(configuration(), pair_corpus(), 3, tmp_path / "cut", report=kill)
    assert not PairRunFolder(tmp_path / "cut").is_finished()
    assert contents(train_pairs(configuration(), pair_corpus(), 3, tmp_path / "cut")) == contents(run)


def test_the_readings_kept_are_those_of_the_best_epoch_on_development_data(run: PairRunFolder) -> None:
    best = max(run.history(), key=lambda row: float(row["pair_f1"]))
    kept = development_scores(Reading.load(run.readings("dev")))
    assert kept["pair_f1"] == pytest.approx(best["pair_f1"])
    assert kept["threshold"] == pytest.approx(best["threshold"])


def test_training_stops_when_patience_is_out(tmp_path: Path) -> None:
    impatient = configuration("base", epochs=40, patience=1, learning_rate=1e-9)
    run = train_pairs(impatient, pair_corpus(), 3, tmp_path / "run")
    assert len(run.history()) < 40


def test_readings_are_in_the_order_of_the_conversations(run: PairRunFolder) -> None:
    corpus, reading = pair_corpus(), Reading.load(run.readings("test"))
    pairs = reading.annotated_pairs()
    lengths = [len(c) for c in corpus.splits["test"]]
    assert np.array_equal(np.bincount(pairs.conversation), np.square(lengths))
    for number, conversation in enumerate(corpus.splits["test"]):
        own = pairs.conversation == number
        assert np.array_equal(pairs.gold[own].reshape(len(conversation), -1), conversation.pair)
        assert np.array_equal(reading.gold[reading.conversation == number], conversation.emotion)


def test_another_run_in_the_folder_is_refused(run: PairRunFolder) -> None:
    with pytest.raises(InputError, match="another configuration"):
        train_pairs(configuration("base"), pair_corpus(), 3, run.path)


def test_conversations_without_annotated_pairs_are_refused(tmp_path: Path) -> None:
    corpus = pair_corpus()
    blank = tuple(replace(c, pair=None) for c in corpus.splits["train"])
    with pytest.raises(InputError, match="annotated causes"):
        train_pairs(
            configuration(), replace(corpus, splits={**corpus.splits, "train": blank}), 3, tmp_path / "run"
        )


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="epoch"):
        train_pairs(configuration("base", learning_rate=1e12), pair_corpus(), 3, tmp_path / "run")


def test_what_rpcl_trains_is_read_like_any_other(run: PairRunFolder, tmp_path: Path) -> None:
    """Nothing of the objective is left in the model: same parameters, same readings of the same weights."""
    from safetensors.torch import load_file

    base = train_pairs(configuration("base", epochs=1), pair_corpus(), 3, tmp_path / "base")
    trained, matched = load_file(str(run.weights)), load_file(str(base.weights))
    assert {n: t.shape for n, t in trained.items()} == {n: t.shape for n, t in matched.items()}
    assert any(not torch.equal(trained[n], matched[n]) for n in trained)
