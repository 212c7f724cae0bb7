from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.results import simulated

from heartsay.calibration import Calibration, fit_sureness
from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.release import adapting
from heartsay.experiments.release.adapting import adapting_curve, adapting_table
from heartsay.experiments.release.calibrate import fit_calibration
from heartsay.pipeline.evaluation import emotion_metrics

READING = simulated(2)


@pytest.fixture(scope="module")
def rows() -> list[adapting.Row]:
    home = simulated(0)
    sure = replace(home, logits={view: values / 4 for view, values in home.logits.items()})
    emotion = fit_calibration(sure, sure).for_reading(READING.modalities, READING.logits)
    gold = READING.gold.copy()
    gold[READING.conversation < 150] = UNLABELLED
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapting, "DRAWS", 3)
        return adapting_curve(emotion, replace(READING, gold=gold))


def test_more_conversations_mend_more_and_all_are_measured_on_the_rest(rows: list[adapting.Row]) -> None:
    assert [row["conversations"] for row in rows] == [0, 10, 20]  # 50 are all that have labels
    # Fitted to readings four times as flat, the calibration is far too sure of these.
    before, *after = (row["ece"]["mean"] for row in rows)
    assert before > 10
    assert all(ece < before / 2 for ece in after)
    assert rows[0]["coverage_by_conversation"]["mean"] < 85
    assert rows[2]["coverage_by_conversation"]["mean"] > 85
    assert rows[0]["ece"]["deviation"] is None
    assert rows[1]["ece"]["deviation"] > 0


def test_what_exactly_right_confidence_would_show_shrinks_with_what_is_measured(
    rows: list[adapting.Row],
) -> None:
    assert 0 < rows[0]["ece_if_perfect"]["mean"] < rows[2]["ece_if_perfect"]["mean"] < 10


def test_the_table_has_a_row_for_each_number_of_conversations(rows: list[adapting.Row]) -> None:
    lines = adapting_table("somebody's talk", rows)
    assert "somebody's talk" in lines[0]
    assert [line.split("|")[1].strip() for line in lines if line.startswith("|")] == [
        "conversations",
        "---",
        "none",
        "10",
        "20",
    ]


def test_the_calibration_as_it_came_is_measured_as_it_analyses() -> None:
    """How sure the model is of a conversation shows in unlabelled utterances too; sets hold the label."""
    gold = READING.gold.copy()
    gold[::2] = UNLABELLED
    half = replace(READING, gold=gold)
    plain = fit_calibration(READING, READING).for_reading(READING.modalities, READING.logits)
    usual = fit_sureness(READING.logits["full"], READING.conversation, 1.0)
    small = replace(usual, mean=0.9 * usual.mean, slope=0.4)
    careful = replace(plain, sureness=small, decision=tuple(np.arange(7.0)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapting, "SIZES", ())
        found = adapting_curve(careful, half)[0]
    right = emotion_metrics(half, Calibration((careful,)))
    for name in ("ece", "negative_log_likelihood", "mean_set_size", "coverage_by_conversation"):
        assert found[name]["mean"] == pytest.approx(right[name]), name
