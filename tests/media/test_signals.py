from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.recordings import record

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.media import voices_of


def conversation(*spans: tuple[float | None, float | None], recording: Path | None = None) -> Conversation:
    utterances = tuple(Utterance(str(k), "A", "Yes.", *span) for k, span in enumerate(spans))
    return Conversation("talk", utterances, recording=recording)


RAMP = np.linspace(-0.9, 0.9, 16_000)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return record(tmp_path / "talk.wav", RAMP)


def test_each_utterance_has_the_sound_between_its_times(recording: Path) -> None:
    found = voices_of(conversation((0.5, 1.0), (0.0, 0.5), recording=recording))
    assert found.warnings == ()
    second, first = found.voices
    assert first is not None
    assert second is not None
    assert (len(first.samples), first.rate) == (8000, 16_000)
    assert np.concatenate([first.samples, second.samples]) == pytest.approx(RAMP, abs=1e-4)


def test_what_has_no_times_and_what_lies_past_the_end_is_said(recording: Path) -> None:
    spans = ((0.0, 0.5), (None, None), (0.7, None), (0.5, 0.2), (4.0, 5.0), (0.5, 1.3))
    found = voices_of(conversation(*spans, recording=recording))
    assert [voice is None for voice in found.voices] == [False, True, True, True, False, False]
    untimed, past = found.warnings
    assert untimed.startswith("3 of 6 utterances have no start and end")
    assert "1 of 6 utterances end after the recording, which lasts 1.0 s" in past
    assert found.voices[4] is not None
    assert len(found.voices[4].samples) == 0


def test_without_a_recording_there_is_nothing(tmp_path: Path) -> None:
    assert not voices_of(conversation((0.0, 1.0))).voices
    with pytest.raises(InputError, match="no such file"):
        voices_of(conversation((0.0, 1.0), recording=tmp_path / "talk.wav"))


def test_many_voices_are_kept_in_a_file_and_come_back_alike(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = conversation(*((k / 20, (k + 1) / 20) for k in range(20)), (None, None), recording=recording)
    in_memory = list(voices_of(talk).voices)
    monkeypatch.setattr("heartsay.media.spooled.IN_MEMORY", 100)
    voices = voices_of(talk).voices
    assert voices[-1] is None
    with ThreadPoolExecutor(8) as pool:
        for one, other in zip(in_memory[:-1], pool.map(lambda k: voices[k], range(20)), strict=True):
            assert one is not None
            assert other is not None
            assert np.array_equal(one.samples, other.samples)
