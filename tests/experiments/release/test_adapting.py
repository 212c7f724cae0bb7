from __future__ import annotations

from dataclasses import replace

import pytest
from tests.dummies.results import simulated

from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.release import adapting
from heartsay.experiments.release.adapting import adapting_curve, adapting_table
from heartsay.experiments.release.calibrate import fit_calibration

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
