from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.cmerc.conftest import Made

from heartsay import metrics
from heartsay.calibration.softmax import softmax
from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc.measure import (
    ensemble,
    measure,
    probabilities,
    with_removal_mixture,
    with_temperature,
)
from heartsay.experiments.cmerc.plan import VOICES
from heartsay.experiments.cmerc.rows import load
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Run


@pytest.fixture(scope="module")
def readings(made: Made) -> Reading:
    return load(Run(VOICES, "m3net", "base", 1, fold_of(VOICES, 1)), made.place)


def test_scores_are_of_the_test_split_alone(readings: Reading) -> None:
    before = measure(readings)
    test = readings.of("test")
    expected = metrics.weighted_f1(test.gold, test.logits["edges/full"].argmax(1), len(readings.classes))
    assert before["weighted_f1"] == pytest.approx(100 * expected)
    gold = np.where(readings.split == "dev", (readings.gold + 1) % 4, readings.gold)
    after = measure(replace(readings, gold=gold))
    fitted_on_development = ("coverage", "mean_set_size")
    assert {k: v for k, v in after.items() if k not in fitted_on_development} == {
        k: v for k, v in before.items() if k not in fitted_on_development
    }


def test_a_temperature_moves_confidence_and_no_decision(readings: Reading) -> None:
    scaled, temperature = with_temperature(readings)
    one, two = measure(readings), measure(scaled, temperature)
    assert (one["temperature"], two["temperature"]) == (None, temperature.value)
    assert two["weighted_f1"] == one["weighted_f1"]
    assert two["mean_confidence"] != one["mean_confidence"]
    assert (probabilities(scaled).argmax(1) == probabilities(readings).argmax(1)).all()


def test_a_removal_mixture_is_of_the_whole_and_every_strict_removal(readings: Reading) -> None:
    mixed, mixture = with_removal_mixture(readings)
    assert mixture.views[1] == "strict/without_text"
    row = measure(mixed, mixture)
    weights = row["removal_mixture"]
    assert list(weights) == [
        "edges/full",
        "strict/text",
        "strict/voice",
        "strict/own_context",
        "strict/other_context",
    ]
    by_hand = sum(
        weight * softmax(readings.logits[view].astype(np.float64) / row["temperature"])
        for view, weight in zip(mixture.views, weights.values(), strict=True)
    )
    assert probabilities(mixed) == pytest.approx(by_hand)
    assert not {name for name in row if name.startswith(("cel", "uncertain_share"))}


def test_a_removal_mixture_is_fitted_on_development_data_alone(readings: Reading) -> None:
    test_spoilt = np.where(readings.split == "test", (readings.gold + 1) % 4, readings.gold)
    _, spoilt = with_removal_mixture(replace(readings, gold=test_spoilt))
    assert spoilt == with_removal_mixture(readings)[1]


def test_a_scaled_ensemble_decides_as_the_ensemble(readings: Reading) -> None:
    other = replace(readings, logits={n: np.roll(x, 1, axis=1) for n, x in readings.logits.items()})
    combined = ensemble([readings, other])
    scaled, _ = with_temperature(combined)
    assert (probabilities(scaled).argmax(1) == probabilities(combined).argmax(1)).all()
    assert probabilities(scaled) != pytest.approx(probabilities(combined))


def test_ties_are_no_gains_though_floats_differ_in_the_last_digit(readings: Reading) -> None:
    whole = readings.logits["edges/full"]
    toward = np.where(np.arange(whole.shape[1]) % 2 == 0, np.inf, -np.inf).astype(np.float32)
    almost = np.nextafter(whole, toward)
    assert (almost != whole).all()
    logits = {name: whole if name.endswith("full") else almost for name in readings.logits}
    row = measure(replace(readings, logits=logits))
    assert set(row["uncertain_share_edges"].values()) == {0.0}
    assert set(row["tied_share_edges"].values()) == {100.0}


def test_an_ensemble_is_the_mean_distribution_view_by_view(readings: Reading) -> None:
    other = replace(readings, logits={n: x[:, ::-1].copy() for n, x in readings.logits.items()})
    combined = ensemble([readings, other])
    mean = (probabilities(readings) + probabilities(other)) / 2
    assert probabilities(combined) == pytest.approx(mean)
    assert set(combined.logits) == set(readings.logits)
    with pytest.raises(ValueError, match="same utterances"):
        ensemble([readings, readings.of("test")])


def test_a_class_absent_from_the_split_leaves_what_it_must_undefined(readings: Reading) -> None:
    few = replace(readings, gold=np.zeros_like(readings.gold))
    row = measure(few)
    assert np.isfinite(row["expected_calibration_error"])
    assert row["per_class_f1"]["merry"] == 0.0
