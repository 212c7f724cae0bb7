from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heartsay import formats
from heartsay.demo import SUFFIXES, conversation_path, spoken_paths
from heartsay.media import read_audio, voices_of
from heartsay.runtime.experts import why_not_heard


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def as_json() -> list[tuple[str, str, float, float]]:
    document = json.loads(conversation_path(".json").read_text(encoding="utf-8"))
    return [(u["speaker"], u["text"], u["start"], u["end"]) for u in document["utterances"]]


def as_csv() -> list[tuple[str, str, float, float]]:
    with conversation_path(".csv").open(encoding="utf-8", newline="") as file:
        return [(r["speaker"], r["text"], float(r["start"]), float(r["end"])) for r in csv.DictReader(file)]


def as_vtt() -> list[tuple[str, str, float, float]]:
    text = conversation_path(".vtt").read_text(encoding="utf-8")
    cues = re.findall(r"(\S+) --> (\S+)\n<v (.+?)>(.+)</v>", text)
    return [(speaker, said, seconds(start), seconds(end)) for start, end, speaker, said in cues]


def test_the_three_files_hold_the_same_utterances() -> None:
    assert as_json() == as_csv() == as_vtt()


def test_it_is_a_conversation_of_three_in_order() -> None:
    utterances = as_json()
    assert 20 <= len(utterances) <= 30
    assert len({speaker for speaker, *_ in utterances}) == 3
    times = [moment for *_, start, end in utterances for moment in (start, end)]
    assert times == sorted(times)
    assert all(end > start for *_, start, end in utterances)
    # Between one and five words a second is how people talk.
    assert all(1 <= len(text.split()) / (end - start) <= 5 for _, text, start, end in utterances)


def test_ids_count_from_one_as_formats_without_ids_number_them() -> None:
    document = json.loads(conversation_path().read_text(encoding="utf-8"))
    ids = [u["id"] for u in document["utterances"]]
    assert ids == [str(i + 1) for i in range(len(ids))]


def test_paths_exist_and_other_formats_are_refused() -> None:
    assert all(conversation_path(suffix).is_file() for suffix in SUFFIXES)
    with pytest.raises(ValueError, match=r"\.srt"):
        conversation_path(".srt")


def test_the_spoken_conversation_is_what_the_synthesiser_makes(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the extra media is not installed")
    pytest.importorskip("scipy", reason="the extra dev is not installed")
    script = Path(__file__).parents[2] / "docs" / "speech.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    transcript, recording = spoken_paths()
    assert (tmp_path / transcript.name).read_text("utf-8") == transcript.read_text("utf-8")
    made, kept = (read_audio(path)[0] for path in (tmp_path / recording.name, recording))
    assert len(made) == len(kept)
    assert np.corrcoef(made, kept)[0, 1] > 0.99
    assert recording.stat().st_size < 300_000


def test_each_line_of_the_spoken_conversation_has_its_sound() -> None:
    pytest.importorskip("av", reason="the extra media is not installed")
    transcript, recording = spoken_paths()
    conversation = replace(formats.read(transcript), recording=recording)
    found = voices_of(conversation)
    assert found.warnings == ()
    seconds = [len(v.samples) / v.rate for v in found.voices if v is not None]
    stated = [u.end - u.start for u in conversation.utterances if u.end is not None and u.start is not None]
    assert seconds == pytest.approx(stated, abs=0.01)
    assert all(why_not_heard(v.samples, v.rate) is None for v in found.voices if v is not None)
