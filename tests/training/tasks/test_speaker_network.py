from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from heartsay.metrics.verification import equal_error_rate
from heartsay.models.speaker_network import SpeakerNetwork
from heartsay.training.tasks.speaker_network import (
    Speakers,
    SpeakerTraining,
    embed,
    margin_logits,
    middle,
    train_speaker_network,
    without_silence,
)

SMALL = SpeakerTraining(
    epochs=3,
    batch_size=8,
    channels=(4, 4, 4),
    width=8,
    shortest=20,
    longest=30,
    shifts=(1.0,),
    bfloat16=False,
)


def speakers(count: int, each: int, seed: int) -> Speakers:
    """Each speaker is loud in bands of his own."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), each)
    frames = []
    for number in who:
        rows = -60 + 3 * random.standard_normal((40, 64))
        rows[:, 8 + 12 * number : 16 + 12 * number] += 30
        frames.append(rows.astype(np.float16))
    return Speakers(tuple(f"{seed}-{k}" for k in range(len(who))), tuple(frames), who)


def test_a_run_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data = {"train": speakers(4, 6, 0), "dev": speakers(4, 4, 1)}
    whole = train_speaker_network(data, tmp_path / "whole", SMALL, seed=3)
    assert whole.history()[-1]["equal_error_rate"] < 45

    def dying(row: dict[str, object]) -> None:
        if row.get("epoch") == 2 and row.get("step") == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_speaker_network(data, tmp_path / "cut", SMALL, seed=3, save_every=0, report=dying)
    again = train_speaker_network(data, tmp_path / "cut", SMALL, seed=3, save_every=0)
    assert again.weights.read_bytes() == whole.weights.read_bytes()


def test_padding_and_level_do_not_move_a_vector() -> None:
    torch.manual_seed(0)
    network = SpeakerNetwork((4, 4, 4), 8)
    frames = list(speakers(3, 1, 0).frames)
    alone = np.concatenate([embed(network, [part[: 20 + 9 * k]]) for k, part in enumerate(frames)])
    together = embed(network, [part[: 20 + 9 * k] for k, part in enumerate(frames)])
    assert together == pytest.approx(alone, abs=1e-5)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    louder = embed(
        network, [np.asarray(part[: 20 + 9 * k] + 10, np.float16) for k, part in enumerate(frames)]
    )
    assert louder == pytest.approx(alone, abs=1e-2)


def test_the_margin_takes_from_the_own_speaker_alone() -> None:
    directions = torch.eye(3)
    vectors = torch.nn.functional.normalize(torch.tensor([[1.0, 0.5, 0.1]]), dim=1)
    plain = margin_logits(vectors, directions, torch.tensor([0]), 0.0, 1.0)
    parted = margin_logits(vectors, 7 * directions, torch.tensor([0]), 0.3, 2.0)
    assert plain == pytest.approx(vectors, abs=1e-5)
    assert parted[0, 1:] == pytest.approx(2 * plain[0, 1:], abs=1e-5)
    assert float(parted[0, 0]) == pytest.approx(
        float(2 * torch.cos(torch.acos(vectors[0, 0]) + 0.3)), abs=1e-4
    )


def test_silence_around_a_voice_is_cut() -> None:
    frames = np.full((60, 64), -50, np.float16)
    frames[20:40] = -30
    frames[28] = -50
    frames[3] = -20
    assert len(without_silence(frames)) == 20, "neither the room of a quiet clip nor a click is voice"
    frames = frames[:30]
    assert len(middle(frames, 8)) == 8
    assert len(middle(frames, 99)) == 30


def test_equal_error_rate() -> None:
    assert equal_error_rate(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 0
    assert equal_error_rate(np.array([0.1, 0.2]), np.array([0.9, 0.8])) == 1
    same, different = np.arange(4.0), np.arange(4.0) - 0.5
    assert equal_error_rate(same, different) == pytest.approx(0.5, abs=0.13)
    with pytest.raises(ValueError, match="pairs"):
        equal_error_rate(np.zeros(0), np.ones(2))
