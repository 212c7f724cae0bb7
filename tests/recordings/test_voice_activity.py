from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import heartsay
from heartsay.media import read_audio
from heartsay.media.conditions import telephone
from heartsay.recordings.voice_activity import LONGEST, STEP, speech_probabilities, stretches

DEMO = Path(heartsay.__file__).parent / "demo" / "call-back.ogg"


def probabilities(*runs: tuple[float, float]) -> np.ndarray:
    """Runs of seconds at a probability."""
    return np.concatenate([np.full(round(s / STEP), p, np.float32) for s, p in runs])


def test_pauses_part_and_short_silences_do_not() -> None:
    found = stretches(probabilities((1, 0), (1, 0.9), (0.3, 0.1), (1, 0.9), (1, 0), (2, 0.9), (1, 0)), 7.3)
    assert len(found) == 2
    assert found[0] == pytest.approx((0.9, 3.4), abs=0.1)
    assert found[1] == pytest.approx((4.2, 6.4), abs=0.1)


def test_clicks_are_no_speech_and_doubt_keeps_speech_going() -> None:
    assert stretches(probabilities((1, 0), (0.15, 0.9), (1, 0)), 2.15) == []
    assert len(stretches(probabilities((1, 0.9), (1, 0.4), (1, 0.9)), 3.0)) == 1
    assert stretches(probabilities((3, 0.4)), 3.0) == []


def test_long_speech_is_cut_where_it_is_least_likely() -> None:
    found = stretches(probabilities((11, 0.99), (0.1, 0.6), (30, 0.99)), 41.1)
    assert all(end - start <= LONGEST + 0.3 for start, end in found)
    assert found[0].end == pytest.approx(11.0, abs=0.2)
    assert found[0].start == 0
    assert found[-1].end == pytest.approx(41.1, abs=0.05)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_blocks_of_any_length_give_the_same() -> None:
    pytest.importorskip("faster_whisper", reason="the extra media is not installed")
    random = np.random.default_rng(0)
    samples = (0.1 * random.standard_normal(40_000)).astype(np.float32)
    whole = np.concatenate(list(speech_probabilities([samples])))
    cuts = np.split(samples, [100, 600, 601, 9_000, 33_333])
    assert np.concatenate(list(speech_probabilities(cuts))) == pytest.approx(whole, abs=1e-5)
    assert len(whole) == -(-40_000 // 512)
    assert whole.max() < 0.5, "noise is no speech"


def test_a_voice_over_a_telephone_is_heard() -> None:
    pytest.importorskip("faster_whisper", reason="the extra media is not installed")
    samples = read_audio(DEMO)[0][: 20 * 16_000]
    over_line = telephone(samples, 16_000)
    blocks = [over_line[k : k + 16_000] for k in range(0, len(over_line), 16_000)]
    heard, known = (np.concatenate(list(speech_probabilities(b))) for b in (blocks, [samples]))
    speech = known > 0.5
    assert (heard[speech] > 0.5).mean() > 0.6, "none of it, where it is listened to as it is"
    assert (heard[known < 0.1] > 0.5).mean() < 0.05
    noise = telephone((0.1 * np.random.default_rng(0).standard_normal(80_000)).astype(np.float32), 16_000)
    assert np.concatenate(list(speech_probabilities([noise]))).max() < 0.5, "noise is no speech there either"
