"""Recordings made of tones, with stand-ins for what finds speech and what recognises words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.dummies.recordings import record, tone

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Utterance, Word
from heartsay.errors import InputError, MissingDependencyError
from heartsay.recordings import Inputs, Listening, hear, listening, remove_notes
from heartsay.recordings.voice_activity import STEP, WINDOW

RATE = 16_000


class Recogniser:
    """Calls every half second of a piece `word N.`; counts what it was given."""

    name = identity = "dummy"

    def __init__(self) -> None:
        self.pieces: list[float] = []

    def words(self, samples: NDArray[np.float32], start: float) -> list[Word]:
        self.pieces.append(start)
        times = np.arange(start, start + len(samples) / RATE - 0.4, 0.5).tolist()
        return [Word(f"word {k}.", t, t + 0.4, 0.8 if k else 0.2) for k, t in enumerate(times)]


def loud(blocks: Any) -> Any:
    """Whatever is loud is speech."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        samples = np.concatenate([rest, block])
        steps = len(samples) // WINDOW
        rest = samples[steps * WINDOW :]
        level = (samples[: steps * WINDOW].reshape(steps, WINDOW) ** 2).mean(1)
        yield np.where(level > 1e-4, 0.95, 0.02).astype(np.float32)


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Recogniser:
    made = Recogniser()
    monkeypatch.setattr(listening, "speech_probabilities", loud)
    monkeypatch.setattr(listening, "_recogniser", lambda model: made)
    monkeypatch.setattr(listening, "encoder_is_there", lambda: False)
    return made


def talk(*parts: tuple[float, float]) -> NDArray[np.float64]:
    """Seconds of a tone, then of silence, and again."""
    return np.concatenate([np.concatenate([tone(a), np.zeros(round(b * RATE))]) for a, b in parts])


def test_speech_becomes_utterances_with_words_and_times(tmp_path: Path, recogniser: Recogniser) -> None:
    path = record(tmp_path / "call.mp3", talk((2, 1), (1.5, 5), (2, 1)))
    conversation = hear(path)
    assert (conversation.id, conversation.source, conversation.recording) == ("call", str(path), path)
    assert [u.start for u in conversation.utterances] == pytest.approx([0, 2.9, 9.4], abs=0.15)
    assert [u.end for u in conversation.utterances] == pytest.approx([2.1, 4.6, 11.6], abs=0.15)
    assert [u.speaker for u in conversation.utterances] == [UNKNOWN_SPEAKER] * 3
    first = conversation.utterances[0]
    assert first.text == " ".join(word.text for word in first.words or ())
    assert (first.words or ())[0].probability == 0.2
    assert any("recognised by a machine (dummy)" in sentence for sentence in conversation.warnings)
    assert len(recogniser.pieces) == 2, "a long silence begins a new piece"


def test_silence_and_what_is_no_speech_is_refused(tmp_path: Path, recogniser: Recogniser) -> None:
    with pytest.raises(InputError, match=r"somebody speaks, found 3\.0 s without speech"):
        hear(record(tmp_path / "a.wav", np.zeros(3 * RATE)))


def test_without_a_model_it_goes_on_without_words(
    tmp_path: Path, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(model: str | None) -> Recogniser:
        raise MissingDependencyError("recognising words", "speech")

    monkeypatch.setattr(listening, "_recogniser", missing)
    path = record(tmp_path / "a.wav", talk((2, 1)))
    conversation = hear(path)
    assert conversation.utterances[0].text is None
    assert any("without words" in s and "speech" in s for s in conversation.warnings)
    asked = hear(path, how=Listening(words=False))
    assert any("as asked for" in sentence for sentence in asked.warnings)


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, recogniser: Recogniser) -> None:
    path = record(tmp_path / "a.wav", talk((2, 4), (2, 4), (2, 4)))
    how = Listening(notes=tmp_path / "notes")
    (tmp_path / "notes").mkdir()
    real, seen = Recogniser.words, recogniser.pieces

    def dying(samples: NDArray[np.float32], start: float) -> list[Word]:
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(recogniser, samples, start)

    recogniser.words = dying  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        hear(path, how=how)
    del recogniser.words
    resumed = hear(path, how=how)
    assert len(seen) == 3, "two pieces before the kill, one after it"
    assert resumed == hear(path)


def test_what_was_heard_whole_is_not_listened_to_again(
    tmp_path: Path, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path / "a.wav", talk((2, 4), (2, 4)))
    how = Listening(notes=tmp_path / "notes")
    (tmp_path / "notes").mkdir()
    first = hear(path, how=how)
    with monkeypatch.context() as patched:
        patched.delattr(listening, "_listen")
        again = hear(path, how=how)
        assert (again, again.warnings) == (first, first.warnings)
        words = Conversation("a", (Utterance("1", "Ana", "Yes.", 0, 2),))
        for change in ({"transcript": words}, {"how": replace(how, speakers=2)}):
            with pytest.raises(NameError):
                hear(path, **{"how": how, **change})  # type: ignore[arg-type]
    for kept in (tmp_path / "notes").glob("*.json"):
        kept.write_text("{")
    assert hear(path, how=how) == first
    remove_notes(tmp_path / "notes")
    assert list((tmp_path / "notes").iterdir()) == []


def test_a_call_has_a_speaker_on_each_channel(tmp_path: Path, recogniser: Recogniser) -> None:
    conversation = hear(two_channels(tmp_path / "a.wav"))
    assert [u.speaker for u in conversation.utterances] == ["Left", "Right"]
    assert any("channels" in sentence for sentence in conversation.warnings)


def test_rttm_beside_it_says_who_speaks_when(tmp_path: Path, recogniser: Recogniser) -> None:
    record(tmp_path / "a.wav", talk((2, 1), (2, 1)))
    lines = ["SPEAKER a 1 0.1 1.9 <NA> <NA> ana <NA> <NA>", "SPEAKER a 1 3.0 2.0 <NA> <NA> ben <NA> <NA>"]
    (tmp_path / "a.rttm").write_text("\n".join([*lines, "SPEAKER a 1 99 1 <NA> <NA> ben <NA> <NA>"]))
    (conversation,) = Inputs([tmp_path / "a.wav"])
    assert isinstance(conversation, Conversation)
    assert [(u.speaker, u.start, u.end) for u in conversation.utterances] == [("ana", 0.1, 2), ("ben", 3, 5)]
    assert any("1 turns of a.rttm start after the end" in s for s in conversation.warnings)


UNNAMED = tuple(Utterance(str(k), UNKNOWN_SPEAKER, "Yes.", 3.0 * k, 3.0 * k + 2) for k in range(2))


def two_channels(path: Path) -> Path:
    """Somebody on the left, then somebody on the right."""
    left, right = talk((2, 1), (0.01, 3)), np.concatenate([np.zeros(round(3.2 * RATE)), tone(2)])
    length = max(len(left), len(right))
    return record(path, np.stack([np.pad(row, (0, length - len(row))) for row in (left, right)]) + 1e-5)


def test_channels_say_who_speaks_where_a_transcript_does_not(tmp_path: Path, recogniser: Recogniser) -> None:
    found = hear(two_channels(tmp_path / "a.wav"), Conversation("x", UNNAMED))
    assert [u.speaker for u in found.utterances] == ["Left", "Right"]
    assert listening.OWN_CHANNELS in found.warnings


def test_what_becomes_of_turns_beside_a_transcript_is_said(tmp_path: Path, recogniser: Recogniser) -> None:
    path = two_channels(tmp_path / "a.wav")
    turns = tmp_path / "a.rttm"
    turns.write_text("SPEAKER a 1 0.0 2.0 <NA> <NA> Mara <NA> <NA>\n")
    found = hear(path, Conversation("x", UNNAMED), turns)
    assert [u.speaker for u in found.utterances] == ["Mara", UNKNOWN_SPEAKER]
    assert "the transcript names no speakers: they are those of a.rttm" in found.warnings
    assert "1 of 2 utterances lie in no turn of a.rttm" in found.warnings
    named = Conversation("x", (Utterance("1", "Ana", "Yes.", 0, 2),))
    assert "a.rttm is not used: the transcript itself names who speaks" in hear(path, named, turns).warnings


def test_words_outside_all_turns_are_counted(tmp_path: Path, recogniser: Recogniser) -> None:
    path = record(tmp_path / "a.wav", talk((8, 1)))
    (tmp_path / "a.rttm").write_text("SPEAKER a 1 0.0 2.0 <NA> <NA> Mara <NA> <NA>\n")
    found = hear(path, turns_file=tmp_path / "a.rttm")
    assert any("words lie in no turn of a.rttm and stand in the nearest" in w for w in found.warnings)
    assert all((u.start or 0) < (u.end or 0) <= 2 for u in found.utterances)


def test_a_transcript_gives_words_and_speakers_and_is_checked(tmp_path: Path, recogniser: Recogniser) -> None:
    path = record(tmp_path / "a.wav", talk(*[(1.0 + k % 3, 1.0 + k % 2) for k in range(12)]))
    said = Conversation("x", (Utterance("1", "Ana", "Hello.", 0, 1), Utterance("2", "Ben", "Yes.", 90, 91)))
    conversation = hear(path, said)
    assert [u.text for u in conversation.utterances] == ["Hello.", "Yes."]
    assert conversation.id == "a"
    assert any("1 of 2 utterances of the transcript start after the end" in s for s in conversation.warnings)
    assert recogniser.pieces == []


def test_steps_are_of_the_length_that_is_said() -> None:
    assert pytest.approx(WINDOW / RATE) == STEP
