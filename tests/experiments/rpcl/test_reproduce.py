"""The comparison of arms end to end on a tiny corpus, and its measures against the plain ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies.pairs import pair_corpus

from heartsay import metrics
from heartsay.calibration.softmax import sigmoid
from heartsay.evidence.reading import PairTable, Reading
from heartsay.experiments.rpcl import work
from heartsay.experiments.rpcl.measure import candidates, decoded, gold_pairs, measure
from heartsay.experiments.rpcl.plan import METHODS, SCORER, configuration, spoilt_readings
from heartsay.experiments.rpcl.rows import SCORERS, load
from heartsay.experiments.rpcl.study import RpclStudy
from heartsay.experiments.rpcl.work import DRAWS
from heartsay.experiments.study import Place, Run, do_run, reproduce
from heartsay.labels import EMOTIONS
from heartsay.metrics.pair_ranking import pair_ranking, row_numbers

Results = tuple[dict[str, Any], Place, Path]


def cached(method: str, seed: int = 1) -> Run:
    return Run("ecf", SCORER, method, seed)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("rpcl")
    place = Place(folder / "work", folder / "cache", 2)
    study = RpclStudy(place, quick=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_corpus", lambda name, cache: pair_corpus())
        for run in study.runs()[:-1]:  # the last one is left undone
            assert do_run(study, run) is None
    content = reproduce(study, folder / "results", workers=0, report=lambda _: None)
    return content, place, folder / "results"


def test_rows_are_of_the_runs_that_are_done(results: Results) -> None:
    content, _, folder = results
    assert (content["done"], content["runs"]) == (5, 6)
    assert [(r["method"], r["seed"]) for r in content["rows"]] == [
        ("base", 1),
        ("margin", 1),
        ("rpcl", 1),
        ("base", 2),
        ("margin", 2),
    ]
    assert json.loads((folder / "results.json").read_text("utf-8")) == content
    table = (folder / "tables.md").read_text("utf-8")
    assert "5 of 6 runs are done" in table
    assert "| rpcl | 1 |" in table


def test_comparisons_use_the_seeds_that_both_arms_have(results: Results) -> None:
    content, _, _ = results
    seeds = {row["first"]: row["seeds"] for row in content["comparisons"]}
    assert seeds == {"margin": 2, "rpcl": 1}
    by_method = {
        m: np.mean([r["pair_f1"] for r in content["rows"] if r["method"] == m]) for m in ("base", "margin")
    }
    found = next(c for c in content["comparisons"] if (c["first"], c["metric"]) == ("margin", "pair_f1"))
    # Both sides were rounded to six digits when they were written.
    assert found["difference"] == pytest.approx(by_method["margin"] - by_method["base"], abs=1e-4)


def test_figures_are_drawn(results: Results) -> None:
    _, _, folder = results
    assert {p.name for p in folder.glob("*.png")} == {"gaps-ecf.png", "reliability-ecf.png"}


@pytest.mark.parametrize("metric", list(SCORERS))
def test_resampled_scores_of_the_data_as_they_are_equal_the_plain_ones(results: Results, metric: str) -> None:
    content, place, _ = results
    development, test = load(cached("rpcl"), place)
    row = next(r for r in content["rows"] if r["method"] == "rpcl")
    every = np.ones((1, len(test.conversations)), np.int64)
    assert SCORERS[metric](development, test)(every)[0] == pytest.approx(row[metric], rel=1e-5)


def test_resampled_scores_equal_the_plain_ones_of_repeated_data(results: Results) -> None:
    _, place, _ = results
    development, test = load(cached("base"), place)
    asked, _ = candidates(test)
    counts = np.random.default_rng(0).integers(0, 3, len(test.conversations))
    repeated = np.repeat(np.arange(len(asked.gold)), counts[asked.conversation])
    expected = metrics.pair_average_precision(sigmoid(asked.log_odds[repeated]), asked.gold[repeated])
    assert SCORERS["pair_auprc"](development, test)(counts[None])[0] == pytest.approx(100 * expected)


def test_the_threshold_is_of_development_data_and_all_gold_counts(results: Results) -> None:
    _, place, _ = results
    development, test = load(cached("base"), place)
    with np.load(spoilt_readings(cached("base"), place)) as stored:
        spoilt = stored["log_odds"]
    pairs = test.annotated_pairs()
    assert spoilt.shape == (DRAWS, len(pairs.log_odds))
    row = measure(development, test, spoilt)
    predicted, threshold = decoded(development, test)
    assert all(test_pair[2] <= test_pair[1] for test_pair in predicted)
    assert len(predicted) == ((pairs.log_odds >= threshold) & (pairs.cause <= pairs.emotion)).sum()
    assert row["pair_f1"] == pytest.approx(
        100 * metrics.pair_precision_recall_f1(predicted, gold_pairs(test)).f1
    )
    asked, _ = candidates(test)
    ranking = pair_ranking(
        sigmoid(asked.log_odds), asked.log_odds, asked.gold, row_numbers(asked.conversation, asked.emotion)
    )
    assert row["hit_at_1"] == pytest.approx(100 * ranking.hit_at_1)


def read(felt: list[int], log_odds: Any, gold: Any, cause: Any = None) -> Reading:
    """A reading of one conversation that gets every emotion right."""
    length = len(felt)
    emotion, caused_by = np.indices((length, length)).reshape(2, -1)
    of = np.zeros(len(gold), np.int64)
    return Reading(
        ("talk",),
        EMOTIONS.names,
        np.zeros(length, np.int64),
        np.arange(length),
        {"full": np.eye(len(EMOTIONS))[felt]},
        np.array(felt),
        np.array([str(k) for k in range(length)]),
        np.zeros(length, np.int64),
        np.full(length, "test"),
        cause=cause,
        pairs=PairTable(of, emotion, caused_by, {"full": log_odds}, gold, int(gold.sum())),
    )


def test_a_pair_whose_cause_comes_later_is_missed_by_all() -> None:
    gold = np.array([False, True, False, True])
    reading = read([1, 2], np.array([-1.0, 5.0, -1.0, 2.0]), gold, np.array([-1.0, 1.0]))
    row = measure(reading, reading, np.zeros((2, 4), np.float32))
    assert row["pair_recall"] == pytest.approx(50.0)
    assert row["pair_precision"] == pytest.approx(100.0)
    assert row["pair_auprc"] == pytest.approx(100.0)
    assert row["pair_auprc_all_gold"] == pytest.approx(50.0)  # of two gold pairs one is a candidate
    assert row["micro_triple_f1"] == pytest.approx(200 / 3, abs=1e-3)


def test_entailment_asks_only_of_utterances_with_an_emotion() -> None:
    neutral, joy = EMOTIONS.index("neutral"), EMOTIONS.index("joy")
    # Three utterances, of which the first is neutral: its pair scores highest and does not count.
    reading = read(
        [neutral, joy, joy],
        np.array([9.0, -9, -9, 2.0, -2.0, -9, 1.0, -2.0, -3.0]),
        np.array([0, 0, 0, 1, 0, 0, 0, 0, 1], bool),
    )
    assert candidates(reading, emotions_given=True)[0].gold_pairs == 2
    row = measure(reading, reading, np.zeros((1, 9), np.float32))
    # Chosen at 2: one of one right, one of two found; of four left, three are rightly left.
    assert row["entailment_positive_f1"] == pytest.approx(200 / 3)
    assert row["entailment_negative_f1"] == pytest.approx(100 * 6 / 7)
    assert row["entailment_macro_f1"] == pytest.approx((200 / 3 + 600 / 7) / 2)


def test_every_arm_is_in_the_plan_and_differs_from_the_base_in_its_objective_alone() -> None:
    base = configuration(cached("base"))
    for method in METHODS:
        other = configuration(cached(method))
        assert other.model_copy(update={"name": base.name, "objective": base.objective}) == base
        assert (other.objective == base.objective) == (method == "base")
    assert {"base", "margin", "random-margin", "spoilt-labels", "alignment", "two-readings", "rpcl"} <= set(
        METHODS
    )
