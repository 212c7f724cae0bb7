from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.cmerc.conftest import SCOPE, Made

from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc import plots
from heartsay.experiments.cmerc.figures import coalition_values, principal_plane, shifts
from heartsay.experiments.cmerc.measure import probabilities
from heartsay.experiments.cmerc.plan import COMPOSED, VOICES
from heartsay.experiments.cmerc.rows import load
from heartsay.experiments.cmerc.work import MISSING_RATES
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Run


@pytest.fixture(scope="module")
def readings(made: Made) -> Reading:
    return load(Run(VOICES, "m3net", "base", 1, fold_of(VOICES, 1)), made.place)


def test_a_shift_is_from_the_same_speakers_last_emotion(readings: Reading) -> None:
    talk = replace(
        readings,
        conversation=np.array([0, 0, 0, 0, 1, 1]),
        position=np.array([0, 1, 2, 3, 1, 0]),
        speaker=np.array([0, 1, 0, 1, 0, 0]),
        gold=np.array([2, 3, 2, 0, 1, 0]),
    )
    # The last conversation's rows are out of order.
    assert shifts(talk).tolist() == [0, 0, 1, 2, 2, 0]


def test_missing_rates_begin_with_the_whole_and_fall_on_all_rates(made: Made) -> None:
    rows = [
        r
        for r in made.content["missing_rates"]
        if (r["corpus"], r["method"], r["seed"]) == (VOICES, "base", 1)
    ]
    assert [row["rate"] for row in rows] == [0.0, *MISSING_RATES]
    assert [row["draws"] for row in rows] == [1] + [10] * len(MISSING_RATES)
    (whole,) = (
        row["weighted_f1"]
        for row in made.content["rows"]
        if (row["corpus"], row["model"], row["method"], row["seed"]) == (VOICES, "m3net", "base", 1)
        and row["protocol"] == "development-selected"
    )
    assert rows[0]["weighted_f1"] == pytest.approx(whole, abs=1e-3)


def test_contributions_are_shares_of_the_modalities_and_contexts_there_are(made: Made) -> None:
    by_corpus = {row["corpus"]: row["shares"] for row in made.content["contributions"]}
    assert list(by_corpus[VOICES]) == ["text", "voice", "own_context", "other_context"]
    assert list(by_corpus[COMPOSED]) == ["text", "voice", "face", "own_context", "other_context"]
    assert all(sum(shares.values()) == pytest.approx(100, abs=0.01) for shares in by_corpus.values())


def test_the_coalition_of_all_is_the_whole_reading(readings: Reading) -> None:
    test = readings.of("test")
    whole = probabilities(test)
    players = (*readings.modalities, "own_context", "other_context")
    values = coalition_values(test, players)
    assert values is not None
    assert values[frozenset(players)] == pytest.approx(whole.max(1), abs=1e-6)
    without_voice = probabilities(test, "edges/without_voice")[np.arange(len(whole)), whole.argmax(1)]
    assert values[frozenset(players) - {"voice"}] == pytest.approx(without_voice, abs=1e-6)


def test_gains_are_differences_over_the_same_utterances(made: Made) -> None:
    rows = [r for r in made.content["gains"] if (r["corpus"], r["model"], r["seed"]) == (VOICES, "m3net", 1)]
    counts = {by: sum(r["count"] for r in rows if r["by"] == by) for by in ("emotion", "shift", "position")}
    assert len(set(counts.values())) == 1
    accuracy = {
        row["method"]: row["accuracy"]
        for row in made.content["rows"]
        if (row["corpus"], row["model"], row["seed"]) == (VOICES, "m3net", 1)
        and row["protocol"] == "development-selected"
    }
    for by in ("shift", "position"):
        mine = [r for r in rows if r["by"] == by]
        mean = sum(r["gain"] * r["count"] for r in mine) / counts[by]
        assert mean == pytest.approx(accuracy["cmerc"] - accuracy["base"], abs=1e-3)


def test_cases_hold_ids_and_probabilities_and_both_directions(made: Made) -> None:
    cases = made.content["cases"]
    assert {case["kind"] for case in cases} == {"CMERC repairs", "CMERC spoils"}
    assert set(cases[0]) == {
        *("corpus", "model", "method", "seed", "kind", "utterance", "gold", "predicted", "gold_probability")
    }


def test_entropy_is_told_for_every_epoch(made: Made) -> None:
    curves = [row["development_mean_entropy"] for row in made.content["entropies"]]
    assert curves
    assert all(
        len(curve) == made.place.epochs and 0 < min(curve) <= max(curve) < np.log(4) + 1e-9
        for curve in curves
    )


def test_the_principal_plane_keeps_the_directions_of_most_variance() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((200, 5)) * [1.0, 9.0, 0.1, 3.0, 0.1] + 7
    plane = principal_plane(vectors)
    assert np.abs(np.corrcoef(plane[:, 0], vectors[:, 1])[0, 1]) > 0.99
    assert np.abs(np.corrcoef(plane[:, 1], vectors[:, 3])[0, 1]) > 0.99


def test_every_figure_is_drawn_and_one_without_runs_is_taken_away(made: Made) -> None:
    drawn = {path.name for path in made.results.glob("figure-*.png")}
    for number in (1, 3, 4, 5, 7, 9, 10):
        assert any(name.startswith(f"figure-{number}-") and name.endswith(f"{VOICES}.png") for name in drawn)
    assert "figure-8-constraint-weight-meld-voices.png" in drawn
    stale = made.results / "figure-8-constraint-weight-composed.png"
    stale.write_bytes(b"of other runs")
    before = {p.name: p.read_bytes() for p in made.results.glob("figure-1-*.png")}
    written = plots.draw(made.content, SCOPE, made.place, made.results)
    assert not stale.exists()
    assert {p.name for p in written} == drawn
    assert {p.name: p.read_bytes() for p in made.results.glob("figure-1-*.png")} == before
