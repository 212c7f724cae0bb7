from __future__ import annotations

import math

import numpy as np
import pytest
from tests.dummies.results import made_up

from heartsay.evidence.reading import Reading
from heartsay.training.scores import development_scores


def pairs(cells: list[tuple[int, int, float, bool]], gold_pairs: int) -> Reading:
    """A Reading of one conversation of two utterances, from (emotion, cause, log-odds, gold) cells."""
    felt, cause, log_odds, gold = (np.array(column) for column in zip(*cells, strict=True))
    talk = np.zeros(len(cells), np.int64)
    return made_up(
        {"full": np.zeros((2, 7))}, [0, 0], [0, 0], (talk, felt, cause, log_odds, gold), gold_pairs
    )


def test_scores_are_those_worked_out_by_hand() -> None:
    logits = np.zeros((3, 7))
    logits[0, 0] = logits[1, 0] = logits[2, 4] = math.log(6)  # half of the probability each
    meld = made_up({"full": logits}, [0, 4, 4], [0, 0, 0])
    # The surest candidate is a future cause, which is not decoded; its gold pair still counts.
    ecf = pairs([(0, 1, 9.0, True), (0, 0, 2.0, True), (1, 0, 1.0, False), (1, 1, -1.0, True)], 3)
    scores = development_scores({"meld": meld, "ecf": ecf})
    # neutral: 1 of 2 right, recall 1; joy: precision 1, recall 1/2; both F1 2/3
    assert scores["weighted_f1"] == pytest.approx(100 * 2 / 3)
    expected = (math.log(2) * 2 + math.log(12)) / 3
    assert scores["negative_log_likelihood"] == pytest.approx(expected)
    assert scores["uncalibrated_ece"] == pytest.approx(100 * (2 / 3 - 1 / 2))
    # decoding all three past and self candidates: 2 right of 3, 3 gold
    assert scores["pair_f1"] == pytest.approx(100 * 2 * 2 / 6)
    assert scores["selection"] == pytest.approx((scores["weighted_f1"] + scores["pair_f1"]) / 2)
