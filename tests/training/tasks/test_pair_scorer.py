"""Runs of a small pair scorer: they learn, and choose on development data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.pairs import pair_corpus
from tests.dummies.runs import pair_configuration as configuration

from heartsay.errors import InputError
from heartsay.evidence.reading import Reading
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.pair_scorer import development_scores, train_pairs


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train_pairs(configuration(), pair_corpus(), 3, tmp_path_factory.mktemp("pairs") / "whole")


def test_a_run_learns_what_it_is_shown(tmp_path: Path) -> None:
    run = train_pairs(configuration("base", epochs=12), pair_corpus(), 3, tmp_path / "run")
    scores = [row["pair_average_precision"] for row in run.history()]
    reading = Reading.load(run.readings("test"))
    pairs = reading.annotated_pairs()
    assert max(scores) > scores[0] + 10
    past = pairs.gold[pairs.cause <= pairs.emotion]
    assert development_scores(reading)["pair_average_precision"] > 150 * past.mean()


def test_the_readings_kept_are_those_of_the_best_epoch_on_development_data(run: RunFolder) -> None:
    best = max(run.history(), key=lambda row: float(row["pair_f1"]))
    kept = development_scores(Reading.load(run.readings("dev")))
    assert kept["pair_f1"] == pytest.approx(best["pair_f1"])
    assert kept["threshold"] == pytest.approx(best["threshold"])


def test_readings_are_in_the_order_of_the_conversations(run: RunFolder) -> None:
    corpus, reading = pair_corpus(), Reading.load(run.readings("test"))
    pairs = reading.annotated_pairs()
    lengths = [len(c) for c in corpus.splits["test"]]
    assert np.array_equal(np.bincount(pairs.conversation), np.square(lengths))
    for number, conversation in enumerate(corpus.splits["test"]):
        own = pairs.conversation == number
        assert np.array_equal(pairs.gold[own].reshape(len(conversation), -1), conversation.pair)
        assert np.array_equal(reading.gold[reading.conversation == number], conversation.emotion)


def test_conversations_without_annotated_pairs_are_refused(tmp_path: Path) -> None:
    corpus = pair_corpus()
    blank = tuple(replace(c, pair=None) for c in corpus.splits["train"])
    with pytest.raises(InputError, match="annotated causes"):
        train_pairs(
            configuration(), replace(corpus, splits={**corpus.splits, "train": blank}), 3, tmp_path / "run"
        )


def test_what_rpcl_trains_is_read_like_any_other(run: RunFolder, tmp_path: Path) -> None:
    """Nothing of the objective is left in the model: same parameters, same readings of the same weights."""
    from safetensors.torch import load_file

    base = train_pairs(configuration("base", epochs=1), pair_corpus(), 3, tmp_path / "base")
    trained, matched = load_file(str(run.weights)), load_file(str(base.weights))
    assert {n: t.shape for n, t in trained.items()} == {n: t.shape for n, t in matched.items()}
    assert any(not torch.equal(trained[n], matched[n]) for n in trained)
