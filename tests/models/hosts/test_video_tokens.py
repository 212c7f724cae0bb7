from __future__ import annotations

import time

import pytest
import torch

from heartsay.errors import InputError
from heartsay.models.hosts.video_tokens import segment_midpoints, spatio_temporal_tokens


@pytest.mark.parametrize(
    ("frames", "wanted", "indices"),
    [(1, 4, [0]), (3, 4, [0, 1, 2]), (9, 4, [1, 3, 5, 7]), (100, 2, [25, 74])],
)
def test_frames_are_the_middles_of_equal_segments(frames: int, wanted: int, indices: list[int]) -> None:
    assert segment_midpoints(frames, wanted).tolist() == indices


def test_every_frame_is_there_once_and_in_order() -> None:
    for frames in range(1, 260, 7):
        found = segment_midpoints(frames, 100)
        assert len(found) == min(frames, 100)
        assert (found[1:] > found[:-1]).all()
        assert found[0] >= 0
        assert found[-1] < frames


def test_zero_frames_are_refused() -> None:
    with pytest.raises(InputError, match="a video with frames"):
        segment_midpoints(0, 10)


def test_padded_frames_weigh_nothing() -> None:
    patches = torch.randn(2, 5, 3, 4)
    present = torch.tensor([[True] * 5, [True, True, False, False, False]])
    tokens, there = spatio_temporal_tokens(patches, present)
    assert tokens.shape == (2, 8, 4)
    patches[1, 2:] = 1e6
    again, _ = spatio_temporal_tokens(patches, present)
    assert torch.equal(tokens, again)
    alone, _ = spatio_temporal_tokens(patches[1:, :2], present[1:, :2])
    assert torch.allclose(tokens[1, 5:], alone[0, 2:])
    assert there[1].tolist() == [True, True, False, False, False, True, True, True]


def test_without_a_frame_no_token_is_there() -> None:
    tokens, there = spatio_temporal_tokens(torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, dtype=torch.bool))
    assert not there.any()
    assert torch.isfinite(tokens).all()


def test_a_hundred_frames_take_little_time() -> None:
    patches = torch.randn(1, 100, 256, 64)
    begun = time.process_time()
    spatio_temporal_tokens(patches, torch.ones(1, 100, dtype=torch.bool))
    assert time.process_time() - begun < 1
