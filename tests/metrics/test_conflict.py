from __future__ import annotations

import numpy as np
import pytest

from heartsay.metrics.conflict import conflict_scores, flip_rate, human_ceiling

GOLD = np.array([0, 0, 1, 1, 2, 2, 0, 1])
VOICE = np.array([0, 0, 1, 1, 0, 1, 2, -1])
FACE = np.array([0, 0, 2, 0, 2, 2, 1, 1])
"""Two consistent, two voice-aligned, two face-aligned, one neither, one without a label of the voice."""
GROUP = np.array([1, 2, 1, 2, 1, 2, 1, 2])


def scores(predictions: object) -> object:
    return conflict_scores(GOLD, VOICE, FACE, predictions, 3, GROUP, draws=200)


def test_each_subset_is_scored_by_itself() -> None:
    found = scores([0, 1, 1, 1, 2, 0, 0, 0])
    assert {name: s.count for name, s in found.subsets.items()} == {
        "consistent": 2,
        "face_aligned": 2,
        "voice_aligned": 2,
        "neither": 1,
    }
    assert {name: s.accuracy.value for name, s in found.subsets.items()} == {
        "consistent": 0.5,
        "face_aligned": 0.5,
        "voice_aligned": 1.0,
        "neither": 1.0,
    }
    assert found.mean_conflict.value == 0.75
    assert found.harmonic.value == pytest.approx(3 / (1 / 0.5 + 1 / 0.5 + 1 / 1.0))


def test_the_gap_says_on_whom_a_reading_leans() -> None:
    by_voice, by_face = scores(np.where(VOICE < 0, 0, VOICE)), scores(FACE)
    assert (by_voice.bias_gap.value, by_face.bias_gap.value) == (1.0, -1.0)
    assert by_voice.followed == (1.0, 0.0, 0.0)
    assert by_face.followed == (0.0, 1.0, 0.0)
    assert by_voice.harmonic.value == by_face.harmonic.value == 0.0


def test_an_answer_that_is_no_label_is_wrong_and_follows_nobody() -> None:
    found = scores(np.full(8, -1))
    assert found.parsed == 0.0
    assert found.mean_conflict.value == 0.0
    assert found.followed.neither == 1.0
    assert all(s.recall.value == 0.0 for s in found.subsets.values())
    half = scores([0, -1, 1, 1, 2, 2, 0, -1])
    assert half.parsed == 0.75
    assert half.subsets["consistent"].accuracy.value == 0.5
    assert half.subsets["consistent"].recall.value == 0.5


def test_intervals_are_over_groups_that_were_drawn() -> None:
    found = scores([0, 1, 1, 1, 2, 0, 0, 0])
    low, high = found.subsets["consistent"].accuracy[1:]
    assert (low, high) == (0.0, 1.0), "one group has it right, the other wrong"
    assert found.subsets["voice_aligned"].accuracy == (1.0, 1.0, 1.0)
    assert found.subsets["consistent"].recall.low == 0.0


def test_a_subset_that_is_empty_has_no_score() -> None:
    found = conflict_scores([0, 1], [0, 1], [0, 1], [0, 0], 2, [1, 2], draws=10)
    assert set(found.subsets) == {"consistent"}
    assert np.isnan(found.mean_conflict.value)
    assert np.isnan(found.harmonic.value)
    assert np.isnan(found.followed.voice)


@pytest.mark.parametrize("bad", [[3, 0, 0, 0, 0, 0, 0, 0], [-2, 0, 0, 0, 0, 0, 0, 0], [0, 0]])
def test_what_is_no_prediction_is_refused(bad: list[int]) -> None:
    with pytest.raises(ValueError, match=r"predictions"):
        scores(bad)


def test_flips_are_counted_among_the_clips_that_were_named() -> None:
    assert flip_rate([0, 1, 2, 2], [0, 2, 2, 1]) == 0.5
    assert flip_rate([0, 1, 2, 2], [0, 2, 2, 1], [True, True, True, False]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="at least one clip"):
        flip_rate([0], [1], [False])


def test_one_rater_against_the_others() -> None:
    """Five for one and one for another: five of six meet a majority of their kind, the sixth does not.

    Two against two: each meets one of its kind and two of the other. One for each of two: each meets the
    other alone. Two for one: each meets itself.
    """
    found = human_ceiling(np.array([[5, 1, 0], [2, 2, 0], [1, 1, 0], [2, 0, 0], [2, 1, 0]]))
    assert found.tolist() == pytest.approx([5 / 6, 0.0, 0.0, 1.0, (2 * 0.5 + 0) / 3])


def test_the_ceiling_agrees_with_drawing_raters_one_by_one() -> None:
    votes = np.random.default_rng(0).integers(0, 4, (30, 4))
    votes[:, 0] += 2
    expected = []
    for row in votes:
        raters = [label for label, count in enumerate(row) for _ in range(count)]
        agreed = []
        for k, own in enumerate(raters):
            rest = np.bincount(raters[:k] + raters[k + 1 :], minlength=4)
            leaders = np.flatnonzero(rest == rest.max())
            agreed.append((own in leaders) / len(leaders))
        expected.append(np.mean(agreed))
    assert human_ceiling(votes) == pytest.approx(expected)


def test_a_ceiling_of_one_rater_is_refused() -> None:
    with pytest.raises(ValueError, match="two raters"):
        human_ceiling([[1, 0]])
