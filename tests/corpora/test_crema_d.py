from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heartsay.corpora import crema_d
from heartsay.errors import InputError

ROWS = [
    ("100001", (6, 2, 0, 0, 1, 0), "1001_DFA_ANG_XX"),
    ("100002", (0, 0, 4, 4, 1, 0), "1002_IEO_FEA_HI"),
    ("100003", (0, 0, 0, 0, 9, 0), "1076_MTI_SAD_XX"),
    ("200001", (0, 0, 0, 9, 0, 0), "1001_DFA_ANG_XX"),  # rated from the face
]


def write(root: Path) -> Path:
    folder = root / "crema-d"
    (folder / "audio").mkdir(parents=True)
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *"ADFHNS", "fileName", "meanEmoResp"])
        writer.writerows([id_, *votes, name, 61.5] for id_, votes, name in ROWS)
    (folder / "VideoDemographics.csv").write_text(
        '"ActorID","Age","Sex"\n1001,51,"Male"\n1002,21,"Female"\n1076,30,"Female"\n'
    )
    for _, _, name in ROWS:
        (folder / "audio" / f"{name}.ogg").touch()
    return folder


def test_votes_from_the_voice_alone_and_no_silent_clip(tmp_path: Path) -> None:
    write(tmp_path)
    first, second = crema_d.read_clips(tmp_path)
    assert (first.id, first.actor, first.gender, first.acted) == ("1001_DFA_ANG_XX", "1001", "male", "anger")
    assert first.heard == "anger"
    assert first.share(("anger", "disgust")) == pytest.approx(8 / 9)
    assert second.heard is None, "four against four is no majority"


def test_what_is_missing_has_its_sentence(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "audio" / "1002_IEO_FEA_HI.ogg").unlink()
    with pytest.raises(InputError, match="a recording of 1002_IEO_FEA_HI"):
        crema_d.read_clips(tmp_path)
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1002,21,Female\n")
    with pytest.raises(InputError, match="demographics of actor 1001"):
        crema_d.read_clips(tmp_path)
    (folder / "VideoDemographics.csv").write_text("ActorID,Age\n1001,21\n")
    with pytest.raises(InputError, match="found no Sex"):
        crema_d.read_clips(tmp_path)
    (folder / "VideoDemographics.csv").unlink()
    with pytest.raises(InputError, match="no such file"):
        crema_d.read_clips(tmp_path)


def test_features_are_computed_once_for_each_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = pytest.importorskip("tests.dummies.recordings")
    folder = write(tmp_path)
    time = np.arange(16000) / 16000

    def record(path: Path, frequency: float) -> None:
        tone = 0.1 * np.sin(2 * np.pi * frequency * time)
        recordings.record(path, tone)

    for k, path in enumerate(sorted((folder / "audio").iterdir())):
        record(path, 200 + 50 * k)
    clips, cache = crema_d.read_clips(tmp_path), tmp_path / "cache" / "voice.npz"
    first = crema_d.voice_features(clips[:1], cache)
    decoded: list[Path] = []
    read_audio = crema_d.read_audio

    def counting(path: Path) -> Any:
        decoded.append(path)
        return read_audio(path)

    monkeypatch.setattr(crema_d, "read_audio", counting)
    both = crema_d.voice_features(clips, cache)
    assert decoded == [clips[1].path]
    # Another recording under the same name is another input.
    shutil.copy(clips[1].path, clips[0].path)
    record(clips[1].path, 900)
    other = crema_d.voice_features(clips, cache)
    assert decoded == [clips[1].path, clips[1].path]
    assert np.array_equal(other[clips[0].id], both[clips[1].id])
    assert not np.array_equal(other[clips[1].id], both[clips[1].id])
    assert set(both) == {"1001_DFA_ANG_XX", "1002_IEO_FEA_HI"}
    assert np.array_equal(both[clips[0].id], first[clips[0].id])
    monkeypatch.setattr(crema_d, "FUNCTIONALS", ("one", "other"))
    with pytest.raises(InputError, match="delete the file"):
        crema_d.voice_features(clips, cache)


def test_the_published_counts(real_root: Path) -> None:
    clips = crema_d.read_clips(real_root)
    actors = {clip.actor: clip.gender for clip in clips}
    assert len(clips) == 7441
    assert len(actors) == 91
    assert list(actors.values()).count("male") == 48
    agree = sum(clip.votes[crema_d.EMOTIONS.index(clip.acted)] for clip in clips)
    assert agree / sum(sum(clip.votes) for clip in clips) == pytest.approx(0.40, abs=0.02)
