from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.cmerc.conftest import Made

from heartsay import metrics
from heartsay.experiments.cmerc.findings import misaligned
from heartsay.experiments.cmerc.plan import COMPOSED, VOICES


def test_misaligned_is_time_first_against_conversation_first() -> None:
    rows = np.arange(7, dtype=float)[:, None]
    shuffled, labels = misaligned(rows, np.arange(7), np.array([0, 0, 0, 1, 2, 2, 2]), batch=2)
    # The first two conversations are a batch of three steps, the third a batch of its own.
    assert shuffled[:, 0].tolist() == [0, 3, 1, 2, 4, 5, 6]
    assert labels.tolist() == list(range(7))


def test_perfect_scores_fall_to_chance_when_misaligned() -> None:
    random = np.random.default_rng(0)
    gold = random.choice(4, 4000, p=[0.5, 0.3, 0.15, 0.05])
    conversation = np.repeat(np.arange(400), 10)
    rows = np.eye(4)[gold] * 0.8 + 0.05
    shuffled, labels = misaligned(rows, gold, conversation, batch=30)
    assert metrics.weighted_one_vs_rest_auroc(rows, gold) == pytest.approx(1.0)
    assert metrics.weighted_one_vs_rest_auroc(shuffled, labels) == pytest.approx(0.5, abs=0.05)
    chance = float((np.bincount(gold) ** 2).sum()) / len(gold) ** 2
    assert metrics.weighted_one_vs_rest_average_precision(shuffled, labels) == pytest.approx(chance, abs=0.04)


def test_the_findings_come_from_the_runs_that_are_there(made: Made) -> None:
    found = made.content["findings"]
    assert {(r["corpus"], r["seed"]) for r in found["misaligned_scores"]} == {(VOICES, 1), (VOICES, 2)}
    assert {r["task_loss"] for r in found["focal_losses"]} == {"cross_entropy", "defective_focal"}


def test_a_temperature_changes_weighted_f1_by_exactly_nothing(made: Made) -> None:
    rows = made.content["findings"]["temperature_and_f1"]
    assert len(rows) == 5
    assert {row["change"] for row in rows} == {0.0}


def test_the_same_model_has_another_cel_under_another_replacement(made: Made) -> None:
    rows = made.content["findings"]["replacements"]
    by = {(r["corpus"], r["seed"], r["replacement"]): r["cel"] for r in rows}
    for corpus, seed in ((VOICES, 1), (VOICES, 2), (COMPOSED, 1)):
        values = {by[corpus, seed, how] for how in ("nothing", "conversation_mean", "padded_mean")}
        assert len(values) == 3
    (row,) = (
        r["cel_edges"]
        for r in made.content["rows"]
        if (r["corpus"], r["model"], r["method"], r["seed"]) == (VOICES, "m3net", "base", 1)
        and r["protocol"] == "development-selected"
    )
    assert by[VOICES, 1, "nothing"] == pytest.approx(row, rel=1e-3)
