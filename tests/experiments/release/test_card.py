from __future__ import annotations

import statistics
from pathlib import Path

import pytest
from tests.dummies.results import content, figure, simulated

from heartsay.analysis import ModelStamp
from heartsay.card import Card
from heartsay.experiments.release.calibrate import fit_calibration
from heartsay.experiments.release.card import card_text, make_card
from heartsay.experiments.release.releases import release


@pytest.fixture(scope="module")
def card() -> Card:
    results = content()
    for row in results["rows"]:
        row["accepted_accuracy"] = None  # nothing was accepted
    return make_card(
        release("default"),
        ModelStamp(name="tiny", version="7", sha256="0" * 64),
        fit_calibration(simulated(0), simulated(0)),
        results,
        [1, 2, 3],
        meld=simulated(1),
        ecf=simulated(1),
    )


def test_the_numbers_of_a_card_are_those_of_the_model_that_it_is_of(card: Card) -> None:
    assert (card.name, card.version, card.seeds) == ("tiny", "7", [1, 2, 3])
    assert set(card.metrics) == {"meld/dev", "meld/test", "ecf/dev", "ecf/test"}
    assert card.metrics["meld/test"]["ece"] == figure("meld", "test", "ece", "average")
    assert card.metrics["meld/test"]["f1_neutral"] == 60.3
    assert "seed" not in card.metrics["meld/test"]
    assert "accepted_accuracy" not in card.metrics["meld/test"]


def test_the_deviation_is_over_the_seeds_and_not_over_their_average(card: Card) -> None:
    seeds = [figure("ecf", "test", "pair_f1", seed) for seed in ("1", "2", "3")]
    assert card.deviation["ecf/test"]["pair_f1"] == pytest.approx(statistics.stdev(seeds))
    assert set(card.deviation["ecf/test"]) == set(card.metrics["ecf/test"])


def test_the_diagrams_count_what_was_read(card: Card) -> None:
    assert card.emotion_reliability is not None
    assert card.pair_reliability is not None
    readings = simulated(1)
    pairs = readings.annotated_pairs()
    assert sum(b.count for b in card.emotion_reliability.bins) == len(readings)
    past = pairs.cause <= pairs.emotion
    assert sum(b.count for b in card.pair_reliability.bins) == past.sum()
    assert card.risk_coverage is not None
    assert card.risk_coverage.points[-1].coverage == 1.0


def test_a_card_states_sources_limits_and_protocol(card: Card, tmp_path: Path) -> None:
    assert all(data.licence for data in card.training_data)
    assert card.limits
    assert card.protocol == "Made up for a test."
    card.dump(tmp_path / "card.json")
    assert Card.load(tmp_path / "card.json") == card


def test_the_card_for_people_holds_the_same_numbers(card: Card) -> None:
    text = card_text(card)
    ours, spread = (values["meld/test"]["weighted_f1"] for values in (card.metrics, card.deviation))
    assert f"| weighted_f1 | {ours:.2f} | {spread:.2f} | always neutral 31.3 |" in text
    assert all(f"- {limit}" in text for limit in card.limits)
    assert "standard deviation over seeds 1, 2, 3." in text
