from __future__ import annotations

import numpy as np
import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.recordings.fit import doubts
from heartsay.recordings.voice_activity import STEP

SECONDS = 300.0


def spans(seed: int) -> list[tuple[float, float]]:
    random = np.random.default_rng(seed)
    found, at = [], 1.0
    while at < SECONDS - 10:
        length = float(random.uniform(1, 5))
        found.append((at, at + length))
        at += length + float(random.uniform(0.3, 4))
    return found


def heard(times: list[tuple[float, float]]) -> np.ndarray:
    found = np.full(round(SECONDS / STEP), 0.02, np.float32)
    for start, end in times:
        found[round(start / STEP) : round(end / STEP)] = 0.95
    return found


def talk(times: list[tuple[float, float]], moved: float = 0.0) -> Conversation:
    rows = (Utterance(str(k), "Ana", "yes", a + moved, b + moved) for k, (a, b) in enumerate(times))
    return Conversation("talk", tuple(rows))


@pytest.mark.parametrize("seed", range(3))
def test_a_transcript_that_fits_is_not_doubted_even_with_loose_times(seed: int) -> None:
    times = spans(seed)
    assert doubts(talk(times), heard(times), SECONDS) == []
    loose = [(max(0, a - 0.4), b + 0.5) for a, b in times]
    assert doubts(talk(loose), heard(times), SECONDS) == []


@pytest.mark.parametrize("moved", [-7.5, 12.0])
def test_a_shift_is_found_and_said(moved: float) -> None:
    times = spans(0)
    (sentence,) = doubts(talk(times, -moved), heard(times), SECONDS)
    assert f"{abs(moved):.1f} s {'later' if moved > 0 else 'earlier'}" in sentence


def test_a_transcript_of_another_recording_is_doubted() -> None:
    (sentence,) = doubts(talk(spans(1)), heard(spans(2)), SECONDS)
    assert "may be of another recording" in sentence


def test_times_past_the_end_and_missing_ones_are_counted() -> None:
    times = spans(0)
    late = doubts(talk([*times, (400.0, 402.0)]), heard(times), SECONDS)
    assert late == [
        f"1 of {len(times) + 1} utterances of the transcript start after the end of the recording (300.0 s)"
    ]
    untimed = Conversation("talk", (Utterance("1", "Ana", "yes"),))
    assert "no times" in doubts(untimed, heard(times), SECONDS)[0]


def test_words_over_silence_are_doubted_and_talk_without_a_pause_is_not() -> None:
    assert "hardly any speech" in doubts(talk(spans(0)), heard([]), SECONDS)[0]
    assert doubts(talk([(0.0, SECONDS)]), heard([(0.0, SECONDS)]), SECONDS) == []
