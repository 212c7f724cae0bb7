from __future__ import annotations

import time

import torch

from heartsay.models.hosts.video_tokens import spatio_temporal_tokens


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
