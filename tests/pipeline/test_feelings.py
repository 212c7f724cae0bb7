from __future__ import annotations

import math

import numpy as np
import pytest

from heartsay.pipeline.feelings import feeling_metrics, first_third_by_chance

NEUTRAL, JOY, ANGER = range(3)


def measured(feelings: list[float], labels: list[int], talk: list[int], mark: float | None = None) -> dict:
    """Metrics where joy takes three quarters of what is not neutral."""
    rows = np.array([[1 - p, 0.75 * p, 0.25 * p] for p in feelings])
    return feeling_metrics(np.array(feelings), rows, np.array(labels), NEUTRAL, np.array(talk), mark)


def test_the_first_third_is_taken_of_each_conversation_by_the_probability_of_a_feeling() -> None:
    # Of three, one is listened to; of four, two: rounded up.
    feelings = [0.9, 0.8, 0.1, 0.2, 0.7, 0.6, 0.1]
    labels = [NEUTRAL, JOY, NEUTRAL, JOY, ANGER, NEUTRAL, NEUTRAL]
    found = measured(feelings, labels, [0, 0, 0, 1, 1, 1, 1])
    assert found["felt_in_first_third"] == pytest.approx(100 / 3)
    assert found["felt_in_first_third_at_best"] == 100
    felt = np.array(labels) != NEUTRAL
    chance = first_third_by_chance(felt, np.array([0, 0, 0, 1, 1, 1, 1]))
    assert chance == pytest.approx(100 * (1 / 3 + 1 / 2 + 1 / 2) / 3)


def test_annotators_of_an_utterance_are_listened_to_together() -> None:
    feelings, talk = np.repeat([0.9, 0.8, 0.1, 0.2], 12), np.zeros(48, np.int64)
    labels = np.repeat([NEUTRAL, JOY, ANGER, NEUTRAL, JOY, NEUTRAL], [6, 6, 12, 12, 6, 6])
    rows = np.stack([1 - feelings, 0.75 * feelings, 0.25 * feelings], axis=1)
    of = np.repeat(np.arange(4), 12)
    found = feeling_metrics(feelings, rows, labels, NEUTRAL, talk, None, of)
    # Two of four are listened to: the first two, half and all of which is felt, of two utterances' worth.
    assert found["felt_in_first_third"] == pytest.approx(100 * 1.5 / 2)
    assert found["felt_in_first_third_at_best"] == pytest.approx(100 * 1.5 / 2)
    assert first_third_by_chance(labels != NEUTRAL, talk, of) == 50.0


def test_conversations_may_come_in_any_order_of_rows() -> None:
    feelings, labels, talk = [0.9, 0.3, 0.8, 0.2, 0.1, 0.4], [1, 0, 0, 1, 0, 2], [5, 2, 5, 2, 5, 2]
    order = [3, 0, 5, 2, 1, 4]
    mixed = measured(*([values[i] for i in order] for values in (feelings, labels, talk)))
    assert mixed == measured(feelings, labels, talk)
    assert mixed["felt_in_first_third"] == pytest.approx(200 / 3)


def test_reliability_is_of_the_probability_of_a_feeling_and_of_the_likeliest_one() -> None:
    found = measured([0.8] * 10, [JOY] * 6 + [ANGER] * 2 + [NEUTRAL] * 2, [0] * 10)
    assert found["feeling_ece"] == pytest.approx(0.0, abs=1e-9)
    assert found["likeliest_feeling_accuracy"] == 75
    assert found["likeliest_feeling_ece"] == pytest.approx(0.0, abs=1e-9)
    assert measured([0.5] * 10, [JOY] * 10, [0] * 10)["feeling_ece"] == pytest.approx(50)


def test_precision_and_recall_are_at_the_mark() -> None:
    found = measured([0.9, 0.6, 0.4], [JOY, NEUTRAL, ANGER], [0, 0, 0], mark=0.5)
    assert found["felt"] == {"precision": 50, "recall": 50, "found": pytest.approx(200 / 3)}
    assert "felt" not in measured([0.9], [JOY], [0])


def test_without_a_feeling_what_is_asked_of_feelings_is_undefined() -> None:
    found = measured([0.2, 0.1], [NEUTRAL, NEUTRAL], [0, 0])
    assert found["felt_in_first_third"] is None
    assert found["likeliest_feeling_accuracy"] is None
    assert found["feeling_ece"] == pytest.approx(15)
    assert math.isnan(first_third_by_chance(np.array([False]), np.array([0])))
