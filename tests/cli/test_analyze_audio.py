"""A transcript and its recording by the command: what is heard, what is said of it, what is refused."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.experts import RATE, face_expert, tone, voice_expert
from tests.dummies.model import model_folder
from tests.dummies.recordings import record

from heartsay import cli

CAPTIONS = """WEBVTT

00:00:00.000 --> 00:00:01.500
<v Ana>I am so happy that you found the keys!

00:00:02.000 --> 00:00:03.500
<v Ben>She cried when the letter came.

00:00:04.000 --> 00:00:04.200
<v Ana>Fine.
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heartsay.runtime.modality_experts.WEIGHTS", tmp_path)
    Path("call.vtt").write_text(CAPTIONS, "utf-8")
    silence = np.zeros(RATE // 2, np.float32)
    sound = np.concatenate([tone(300, 1.5), silence, tone(3000, 1.5), silence, tone(300, 0.2)])
    record(Path("call.wav"), sound, RATE)
    voice_expert(tmp_path / "ear")
    face_expert(tmp_path / "eye")
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["heartsay", "analyze", *words, "--model", str(model_folder())])
        with redirect_stdout(told), redirect_stderr(told), pytest.raises(SystemExit) as exit_:
            cli.main()
    return int(exit_.value.code or 0), told.getvalue()


def test_a_recording_is_heard_beside_the_words(folder: Path) -> None:
    code, told = run("call.vtt", "--audio", "call.wav", "--voice-expert", "ear", "--out", "out")
    assert code == 0, told
    assert "moves no decision" in " ".join(told.split())
    document = json.loads((folder / "out/call.json").read_text("utf-8"))
    heard = [
        max(u["by_modality"]["voice"].items(), key=lambda i: i[1])[0] for u in document["utterances"][:2]
    ]
    assert heard == ["anger", "sadness"]
    assert document["utterances"][2]["modality_notes"]["voice"] == "not read: 200 ms of sound; 400 are needed"
    assert document["modality_models"][0]["model"]["name"] == "dummy voice"
    assert "<dt>voice</dt>" in (folder / "out/call.html").read_text("utf-8")


def test_a_film_shows_who_speaks(folder: Path) -> None:
    pytest.importorskip("cv2", reason="the extra faces is not installed")
    from tests.dummies.films import opened, openings, portrait, scene, voice

    sound = np.concatenate([voice(1.5), np.zeros(RATE // 2), voice(2.2, seed=1)])
    pictures = [scene((opened(portrait(), wide), 60, 60)) for wide in openings(sound)[:20]]
    record(folder / "call.mp4", sound, pictures=pictures)
    film = ("call.mp4", "--transcript", "call.vtt", "--voice-expert", "ear", "--face-expert", "eye")
    code, told = run(*film, "--out", "out")
    assert code == 0, told
    first, second, _ = json.loads((folder / "out/call.json").read_text("utf-8"))["utterances"]
    assert list(first["by_modality"]) == ["text", "voice", "face"]
    assert second["modality_notes"]["face"] == "not read: no picture of the recording falls into it"
    assert run(*film, "--no-faces", "--out", "without")[0] == 0
    first = json.loads((folder / "without/call.json").read_text("utf-8"))["utterances"][0]
    assert list(first["by_modality"]) == ["text", "voice"]
    assert "face" not in first.get("modality_notes", {})
    code, told = run(*film, "--face-detector", "call.vtt", "--out", "other")
    assert code == 2
    assert "call.vtt: expected mtcnn, haar, or YuNet" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("call.vtt", "--audio", "call.wav"),
            "expected an expert of the voice in this installation, found none",
        ),
        (("call.vtt", "--audio", "no.wav", "--voice-expert", "ear"), "no.wav: expected a recording"),
        (
            ("call.vtt", "--voice-expert", "ear"),
            "--voice-expert: expected a recording for the expert to read",
        ),
        (
            ("call.wav", "--face-detector", "yunet.onnx"),
            "yunet.onnx: expected mtcnn, haar, or YuNet as OpenCV's model zoo publishes it",
        ),
        (("call.vtt", "--face-expert", "eye"), "--face-expert: expected a recording for the expert to read"),
        (
            ("call.vtt", "--audio", "call.wav", "--voice-expert", "eye"),
            "expected an expert of the voice, found one",
        ),
        (("call.vtt", "--audio", "call.vtt", "--voice-expert", "ear"), "call.vtt: expected a recording"),
        (
            ("call.vtt", "again.vtt", "--audio", "call.wav", "--voice-expert", "ear"),
            "--audio: expected one conversation, whose recording it is, found several",
        ),
    ],
)
def test_what_cannot_be_heard_is_said(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    (folder / "again.vtt").write_text(CAPTIONS, "utf-8")
    code, told = run(*words, "--out", "out")
    assert code == 2, told
    assert sentence in " ".join(told.split())
