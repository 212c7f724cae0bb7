from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dummies.runs import all_voices, voice_training, voices

from heartsay.corpora.crema_d import Clip
from heartsay.models.voice_network import VoiceNetwork
from heartsay.training.saving import load_weights
from heartsay.training.tasks.voice_network import Voices, padded, read_voices, train_voice_network


def test_it_learns_what_is_heard_and_what_is_acted(tmp_path: Path) -> None:
    run = train_voice_network(all_voices(), tmp_path / "run", voice_training(epochs=8))
    network = VoiceNetwork((4, 6, 8))
    load_weights(network, run.weights)
    unseen = voices(40, 9, "c")
    heard, acted = read_voices(network, unseen.frames)
    assert (heard.argmax(1) == unseen.acted).mean() > 0.9
    assert (acted.argmax(1) == unseen.acted).mean() > 0.9
    assert run.history()[-1]["acted_accuracy"] > 90


def test_votes_become_shares_in_the_order_of_the_clips() -> None:
    path = Path("none.ogg")
    clips = [
        Clip("1002_IEO_SAD_LO", "1002", "female", "sadness", (0, 1, 0, 0, 1, 2), 50.0, path),
        Clip("1001_IEO_ANG_HI", "1001", "male", "anger", (9, 0, 0, 0, 0, 0), 90.0, path),
    ]
    frames = {clip.id: np.full((3, 64), k, np.float16) for k, clip in enumerate(clips)}
    part = Voices.of(clips, frames)
    assert part.heard.tolist() == [[0, 0.25, 0, 0, 0.25, 0.5], [1, 0, 0, 0, 0, 0]]
    assert part.acted.tolist() == [5, 0]
    assert [rows[0, 0] for rows in part.frames] == [0, 1]


def test_readings_come_in_the_order_they_were_asked_for() -> None:
    network, part = VoiceNetwork((4, 6, 8)), voices(70)
    heard, _ = read_voices(network, part.frames)
    for k in (0, 33, 69):
        assert heard[k] == pytest.approx(read_voices(network, part.frames[k : k + 1])[0][0], abs=1e-4)


def test_padding_is_marked() -> None:
    together, real = padded([np.ones((2, 64)), np.ones((5, 64))])
    assert real.sum(1).tolist() == [2, 5]
    assert together[~real].abs().max() == 0
