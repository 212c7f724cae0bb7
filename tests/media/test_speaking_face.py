from __future__ import annotations

import numpy as np
import pytest
from tests.dummies.recordings import tone

from heartsay.media import Voice
from heartsay.media.speaking_face import Candidate, choose, loudness

FACE = np.zeros((48, 48), np.uint8)
HALF = Voice(np.concatenate([tone(1.0), np.zeros(16_000)]).astype(np.float32), 16_000)
TIMES = [10.1, 10.4, 10.7, 11.3, 11.6, 11.9]


def candidate(*motions: float, found: int = 3) -> Candidate:
    return Candidate(TIMES[: len(motions)], list(motions), {0: FACE}, found)


def test_loudness_follows_the_voice() -> None:
    assert loudness(HALF, np.array([0.5, 1.5])) == pytest.approx([1, 0], abs=0.01)
    assert loudness(None, np.array([0.5, 1.5])).tolist() == [1, 1]
    assert loudness(Voice(np.zeros(0, np.float32), 16_000), np.array([0.5])).tolist() == [1]


def test_a_mouth_that_moves_in_silence_does_not_speak() -> None:
    speaking, chewing = candidate(0.2, 0.2, 0.2, 0, 0, 0), candidate(0.3, 0.3, 0.3, 0.3, 0.3, 0.3)
    assert choose([chewing, speaking], HALF, 10.0) == ([speaking], "one of 2 faces, chosen by its mouth")
    assert choose([chewing], HALF, 10.0)[0] == []
    assert choose([speaking], HALF, 10.0) == ([speaking], "")


def test_what_was_found_once_or_never_moved_is_no_face() -> None:
    assert choose([], HALF, 10.0) == ([], "no face was found")
    assert "one picture alone" in choose([candidate(0.2, 0.2, found=1)], HALF, 10.0)[1]
    assert "does not move its mouth" in choose([candidate()], HALF, 10.0)[1]


def test_one_face_in_two_shots_and_two_faces_at_once() -> None:
    one, other = candidate(0.2, 0.2, 0.2), candidate(0.19, 0.19, 0.19)
    chosen, note = choose([one, other], HALF, 10.0)
    assert (chosen, note) == ([], "2 faces were found, and it cannot be told which of them speaks")
    later = Candidate([10.2, 10.5], [0.15, 0.15], {1: FACE}, 2)
    assert choose([later, one], HALF, 10.0) == ([one, later], "")
