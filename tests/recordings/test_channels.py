from __future__ import annotations

import numpy as np

from heartsay.recordings.channels import Levels, by_channel, is_call
from heartsay.recordings.voice_activity import STEP, Stretch


def sides_of(*rows: tuple[float, float, float]) -> np.ndarray:
    """Levels of both channels over so many seconds: noise at each of two levels."""
    random = np.random.default_rng(0)
    parts = [np.array([[a], [b]]) * random.standard_normal((2, round(s * 16_000))) for s, a, b in rows]
    samples = np.concatenate(parts, 1).astype(np.float32)
    levels = Levels()
    cuts = [samples[:, k : k + 7_000] for k in range(0, samples.shape[1], 7_000)]
    assert np.concatenate(list(levels.watch(cuts))).shape == (samples.shape[1],)
    return levels.sides()


def test_speakers_on_channels_of_their_own_are_a_call() -> None:
    sides = sides_of((3, 0.1, 0.001), (2, 0.002, 0.1), (2, 0.1, 0.001))
    speech = np.ones(len(sides), np.bool_)
    assert is_call(sides, speech)
    found = by_channel(sides, [Stretch(0.0, 7.0)], STEP)
    assert [channel for _, channel in found] == [0, 1, 0]
    assert np.allclose([s.end for s, _ in found], [3, 5, 7], atol=0.3)


def test_one_room_in_stereo_is_none() -> None:
    sides = sides_of((3, 0.1, 0.08), (2, 0.08, 0.1))
    assert not is_call(sides, np.ones(len(sides), np.bool_))
    only_left = sides_of((5, 0.1, 0.001))
    assert not is_call(only_left, np.ones(len(only_left), np.bool_)), "the other channel is empty"
    assert not is_call(sides, np.zeros(len(sides), np.bool_))
