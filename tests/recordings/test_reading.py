from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heartsay.batch import written_by_runs
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats import ReadFailure, as_brought
from heartsay.recordings import Inputs, reading
from heartsay.recordings.reading import beside_of

CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ana>{}\n"


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None, str | None]]:
    """What was listened to, with the words of the transcript and the name of the turns."""
    found: list[tuple[str, str | None, str | None]] = []

    def hear(path: Path, transcript: Conversation | None, turns: Path | None, *_: Any) -> Conversation:
        text = None if transcript is None else transcript.utterances[0].text
        found.append((path.name, text, turns and turns.name))
        if path.stem == "bad":
            raise InputError(expected="a recording", found="noise", where=str(path), do="no")
        return Conversation(path.stem, (Utterance("1", "Ana", text),), source=str(path), recording=path)

    monkeypatch.setattr(reading, "hear", hear)
    return found


def ids(inputs: Inputs) -> list[str]:
    return [i.path if isinstance(i, ReadFailure) else i.id for i in inputs]


def test_a_transcript_beside_a_recording_belongs_to_it(tmp_path: Path, heard: list[Any]) -> None:
    for name in ("a.mp4", "b.wav", "sub/a.ogg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"RIFF....WAVE")
    (tmp_path / "a.vtt").write_text(CAPTIONS.format("of a"))
    (tmp_path / "a.rttm").write_text("SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>\n")
    (tmp_path / "c.vtt").write_text(CAPTIONS.format("alone"))
    inputs = Inputs([tmp_path])
    assert ids(inputs) == ["a", "b", "sub/a", "c"]
    assert heard == [("a.mp4", "of a", "a.rttm"), ("b.wav", None, None), ("a.ogg", None, None)]


def test_the_transcript_that_names_speakers_is_used_and_the_other_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3\x03")
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nno name\n")
    (tmp_path / "a.vtt").write_text(CAPTIONS.format("named"))
    beside = beside_of(tmp_path / "a.mp3")
    assert beside.transcript is not None
    assert beside.transcript.utterances[0].speaker == "Ana"
    assert beside.warnings == ("a.srt is a transcript too; a.vtt is used",)


def test_a_transcript_is_read_as_its_user_says(tmp_path: Path, heard: list[Any]) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3\x03")
    text = "start,end,speaker,text\n1,2,Ana,Příliš žluťoučký kůň\n"
    (tmp_path / "a.csv").write_bytes(text.encode("cp1250"))
    plain = beside_of(tmp_path / "a.mp3").transcript
    assert plain is None or plain.utterances[0].start == 1
    beside = beside_of(tmp_path / "a.mp3", taken=as_brought("milliseconds", "cp1250"))
    assert beside.transcript is not None
    (turn,) = beside.transcript.utterances
    assert (turn.start, turn.end, turn.text) == (0.001, 0.002, "Příliš žluťoučký kůň")
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.csv").rename(tmp_path / "sub" / "a.dat")
    taken = as_brought("milliseconds", "cp1250")
    list(Inputs([tmp_path / "a.mp3"], "csv", transcript=tmp_path / "sub" / "a.dat", taken=taken))
    assert heard == [("a.mp3", "Příliš žluťoučký kůň", None)]


def test_what_is_no_transcript_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3\x03")
    (tmp_path / "a.json").write_text("{")
    beside = beside_of(tmp_path / "a.mp3")
    assert beside.transcript is None
    assert beside.warnings[0].startswith("a.json beside the recording is not read as its transcript")


def test_a_named_transcript_makes_any_file_a_recording(tmp_path: Path, heard: list[Any]) -> None:
    (tmp_path / "a.dat").write_bytes(b"RIFF")
    (tmp_path / "other.vtt").write_text(CAPTIONS.format("named"))
    assert ids(Inputs([tmp_path / "a.dat"], transcript=tmp_path / "other.vtt")) == ["a"]
    assert heard == [("a.dat", "named", None)]
    with pytest.raises(InputError, match=r"--transcript: expected one recording .* found 2"):
        Inputs([tmp_path / "a.wav", tmp_path / "b.wav"], transcript=tmp_path / "other.vtt")


def test_a_recording_that_fails_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name in ("bad.wav", "good.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    assert ids(Inputs([tmp_path])) == [str(tmp_path / "bad.wav"), "good"]


def test_an_address_is_refused() -> None:
    with pytest.raises(InputError, match="an address of the net; download it yourself"):
        Inputs(["https://example.org/talk.mp4"])


def test_what_a_run_writes_into_its_inputs_is_no_input(tmp_path: Path) -> None:
    results = tmp_path / "talks" / "results"
    (results / "sub").mkdir(parents=True)
    for name in ("a.vtt", "results/a.vtt", "results/sub/b.mp3", "results/progress.jsonl", "progress.jsonl"):
        (tmp_path / "talks" / name).write_text(CAPTIONS.format("said"))
    (tmp_path / "talks" / "progress.jsonl").write_text('{"journal": 1, "settings": {}}\n')
    inside = Inputs([tmp_path / "talks"], without=written_by_runs(results))
    assert [i for i in ids(inside) if "progress" not in i] == ["a"]
    assert len(inside) == 2, "a file of that name elsewhere is somebody's own"
    beside = Inputs([tmp_path / "talks"], without=written_by_runs(tmp_path / "talks"))
    assert ids(beside)[:3] == ["results/sub/b", "a", "results/a"]
    assert not any(path.endswith("talks/progress.jsonl") for path in ids(beside))
