"""What a distribution says of whether there is a feeling, and which passages come first."""

from __future__ import annotations

import pytest
from tests.dummies import analysis as dummies

from heartsay.analysis import Feeling, feeling_in, passages


def test_a_feeling_is_what_is_not_neutral() -> None:
    found = feeling_in({"neutral": 0.4, "joy": 0.15, "anger": 0.45})
    assert found == Feeling(probability=0.6, likeliest="anger", confidence=0.75, found=True)


@pytest.mark.parametrize(("mark", "found"), [(0.6, True), (0.61, False)])
def test_it_is_found_from_the_mark_on(mark: float, found: bool) -> None:
    told = feeling_in({"neutral": 0.4, "joy": 0.6}, mark)
    assert told is not None
    assert told.found == found


@pytest.mark.parametrize("distribution", [{}, {"joy": 0.6, "anger": 0.4}, {"neutral": 1.0}])
def test_nothing_is_said_without_a_distribution_or_without_neutral(distribution: dict[str, float]) -> None:
    assert feeling_in(distribution) is None


def test_no_feeling_is_likeliest_where_there_can_be_none() -> None:
    told = feeling_in({"neutral": 1.0, "joy": 0.0})
    assert told == Feeling(probability=0.0, likeliest=None, confidence=None, found=False)


def test_passages_come_by_the_probability_of_a_feeling_also_from_documents_that_do_not_state_it() -> None:
    listed = passages(dummies.small())
    assert len(listed) == 28
    probabilities = [feeling.probability for _, feeling in listed]
    assert probabilities == sorted(probabilities, reverse=True)
    assert probabilities[0] == pytest.approx(
        1 - min(u.emotion.distribution["neutral"] for u in dummies.small().utterances)
    )
