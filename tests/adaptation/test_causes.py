"""The threshold of causes moves by as much as there are annotated pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay.adaptation.causes import fit_cause_threshold
from heartsay.conversation import Conversation
from heartsay.evidence.readings import one_row_each, with_gold
from heartsay.pipeline.evaluation import pair_confidence, past_pairs
from heartsay.runtime import Bundle


def annotated(number: int, pairs: frozenset[tuple[int, int]] | None) -> Conversation:
    return replace(random_conversation(number, 5), pairs=pairs)


def test_more_annotated_pairs_move_it_farther_towards_the_best() -> None:
    model = Bundle.load(model_folder())
    every = frozenset((i, j) for i in range(5) for j in range(i + 1))  # so that the lowest threshold is best
    moved = []
    for count in (2, 60):
        talk = [annotated(n, every) for n in range(count)]
        reading = with_gold(one_row_each(model.read([model.evidence(c) for c in talk])), talk)
        found = fit_cause_threshold(reading, model.calibration, 0.6)
        lowest = pair_confidence(reading, model.calibration)[past_pairs(reading)].min()
        assert found.pairs == 15 * count
        assert max(float(np.clip(lowest, 1e-3, 1)), 1e-3) < found.chosen < 0.6
        moved.append(found.chosen)
    assert moved[1] < moved[0]


def test_without_annotated_pairs_it_stays() -> None:
    model = Bundle.load(model_folder())
    talk = [annotated(1, None)]
    reading = with_gold(one_row_each(model.read([model.evidence(c) for c in talk])), talk)
    assert fit_cause_threshold(reading, model.calibration, 0.6).chosen == pytest.approx(0.6)
