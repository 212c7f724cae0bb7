from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from heartsay.metrics.diarisation import diarisation_error, matched

TRUE = [(0.0, 4.0, "ana"), (5.0, 9.0, "ben")]


def test_names_do_not_count() -> None:
    assert diarisation_error(TRUE, [(0, 4, "1"), (5, 9, "0")]).total == 0


@pytest.mark.parametrize(
    ("found", "missed", "false_alarm", "confusion"),
    [
        ([], 1, 0, 0),
        ([(0, 4, "1"), (5, 9, "1")], 0, 0, 0.5),
        ([(0, 4, "1")], 0.5, 0, 0),
        ([(0, 4, "1"), (5, 9, "0"), (5, 9, "2")], 0, 0.5, 0),
        ([(0, 9, "1")], 0, 0.5 / 7, 0.5),
    ],
)
def test_each_kind_of_error(
    found: list[tuple[float, float, str]], missed: float, false_alarm: float, confusion: float
) -> None:
    # With collars, 3.5 of the 4 seconds of either turn count, and half of the second between them.
    error = diarisation_error(TRUE, found)
    assert error[1:] == pytest.approx((missed, false_alarm, confusion), abs=0.005)
    assert error.total == pytest.approx(missed + false_alarm + confusion, abs=0.01)


def test_borders_within_the_collar_are_right() -> None:
    assert diarisation_error(TRUE, [(0.2, 4.2, "1"), (4.8, 8.8, "0")]).total == 0
    assert diarisation_error(TRUE, [(0.2, 4.2, "1"), (4.8, 8.8, "0")], collar=0).total > 0.05


def test_without_speech_there_is_no_error() -> None:
    with pytest.raises(ValueError, match="no true speech"):
        diarisation_error([(0, 0.3, "ana")], [])


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (5, 3), (6, 6), (2, 12)])
def test_speakers_are_matched_as_an_oracle_does(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(sum(shape))
    for _ in range(20):
        agreement = random.integers(0, 9, shape)
        rows, columns = linear_sum_assignment(agreement, maximize=True)
        own = sum(agreement[r, c] for r, c in enumerate(matched(agreement)) if c >= 0)
        assert own == agreement[rows, columns].sum()
        assert len({c for c in matched(agreement) if c >= 0}) == sum(c >= 0 for c in matched(agreement))
