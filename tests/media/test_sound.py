from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.media import sounds_of

soundfile = pytest.importorskip("soundfile", reason="the extra media is not installed")


def conversation(*spans: tuple[float | None, float | None], recording: Path | None = None) -> Conversation:
    utterances = tuple(Utterance(str(k), "A", "Yes.", *span) for k, span in enumerate(spans))
    return Conversation("talk", utterances, recording=recording)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "talk.wav", np.linspace(-1, 1, 8000), 8000, subtype="FLOAT")
    return tmp_path / "talk.wav"


def test_each_utterance_has_the_sound_between_its_times(recording: Path) -> None:
    found = sounds_of(conversation((0.0, 0.5), (0.5, 1.0), recording=recording))
    assert found.warnings == ()
    first, second = found.sounds
    assert first is not None
    assert second is not None
    assert (len(first.samples), first.rate) == (4000, 8000)
    assert np.concatenate([first.samples, second.samples]) == pytest.approx(
        np.linspace(-1, 1, 8000), abs=1e-6
    )


def test_what_has_no_times_and_what_lies_past_the_end_is_said(recording: Path) -> None:
    found = sounds_of(conversation((0.0, 0.5), (None, None), (0.7, None), (0.5, 0.2), (4.0, 5.0)), recording)
    assert [sound is None for sound in found.sounds] == [False, True, True, True, False]
    untimed, past = found.warnings
    assert untimed.startswith("3 of 5 utterances have no start and end")
    assert "ends after 1.0 s, before 1 of 5 utterances end" in past
    assert found.sounds[4] is not None
    assert len(found.sounds[4].samples) == 0


def test_without_a_recording_there_is_nothing(tmp_path: Path) -> None:
    assert not sounds_of(conversation((0.0, 1.0))).sounds
    with pytest.raises(InputError, match="no such file"):
        sounds_of(conversation((0.0, 1.0)), tmp_path / "talk.wav")
