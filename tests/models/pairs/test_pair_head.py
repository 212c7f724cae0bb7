from __future__ import annotations

import pytest
import torch

from heartsay.models.pairs.pair_head import FARTHEST, PairHead

SAME_WORDS = FARTHEST + 6


@pytest.fixture(scope="module")
def head() -> PairHead:
    torch.manual_seed(0)
    return PairHead(8).eval()


def alike(head: PairHead, speaker: list[int]) -> torch.Tensor:
    """Scores (T, T) where all utterances have the same vector, so that only place and speaker differ."""
    with torch.inference_mode():
        scores: torch.Tensor = head(torch.ones(1, len(speaker), 8), torch.tensor([speaker]))
    return scores[0]


def test_every_ordered_pair_has_a_score(head: PairHead) -> None:
    scores = head(torch.randn(3, 5, 8), torch.zeros(3, 5, dtype=torch.long))
    assert scores.shape == (3, 5, 5)
    assert not torch.allclose(scores, scores.transpose(1, 2))


def test_the_emotion_is_on_the_second_axis_and_the_cause_on_the_third(head: PairHead) -> None:
    speaker = torch.zeros(1, 3, dtype=torch.long)
    vectors = torch.randn(1, 3, 8)
    before = head(vectors, speaker)[0]
    head_without_cause = PairHead(8).eval()
    head_without_cause.load_state_dict(head.state_dict())
    torch.nn.init.zeros_(head_without_cause.as_cause.weight)
    changed = vectors.clone()
    changed[:, 1] = torch.randn(8)
    # Blind to the cause, the head sees a change of utterance 1 only where 1 bears the emotion.
    moved = (head_without_cause(changed, speaker) - head_without_cause(vectors, speaker))[0].abs() > 1e-6
    assert moved.any(dim=1).tolist() == [False, True, False]
    assert ((head(changed, speaker)[0] - before).abs() > 1e-6).any(dim=0).all()


def test_the_score_depends_on_how_far_apart_and_in_which_direction(head: PairHead) -> None:
    scores = alike(head, [0] * SAME_WORDS)
    first_column = scores[: FARTHEST + 1, 0]
    first_row = scores[0, : FARTHEST + 1]
    distinct = torch.cat([first_column, first_row[1:]])
    assert len(torch.unique(distinct)) == 2 * FARTHEST + 1
    for offset in (-3, 0, 5):
        diagonal = torch.diagonal(scores, offset)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))


def test_beyond_the_farthest_distance_all_are_alike(head: PairHead) -> None:
    scores = alike(head, [0] * SAME_WORDS)
    far = scores[FARTHEST:, 0]
    torch.testing.assert_close(far, far[:1].expand_as(far))
    assert not torch.isclose(scores[FARTHEST - 1, 0], scores[FARTHEST, 0])


def test_the_score_depends_on_whether_one_speaker_said_both(head: PairHead) -> None:
    own, other, renamed = (alike(head, speaker) for speaker in ([0, 0, 0], [0, 1, 0], [4, 2, 4]))
    assert not torch.isclose(own[0, 1], other[0, 1])
    torch.testing.assert_close(own[0, 2], other[0, 2])
    torch.testing.assert_close(other, renamed)
