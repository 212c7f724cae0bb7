from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.recordings import record
from tests.dummies.runs import voice_training

from heartsay.corpora import crema_d
from heartsay.experiments.experts.voice import FRAMES, load_voices, split_clips, train_voice

ACTORS = 20
EMOTIONS = ("ANG", "SAD", "NEU")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """CREMA-D in small: twenty actors, three clips each, every emotion a tone of its own."""
    folder = tmp_path / "data" / "crema-d"
    (folder / "audio").mkdir(parents=True)
    time = np.arange(8000) / 16000
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *"ADFHNS", "fileName", "meanEmoResp"])
        for actor in range(ACTORS):
            for k, emotion in enumerate(EMOTIONS):
                name = f"{1001 + actor}_IEO_{emotion}_XX"
                votes = [0] * 6
                votes[(0, 5, 4)[k]] = 8
                votes[4] += 2
                writer.writerow([f"1{actor:04d}{k}", *votes, name, 60.0])
                tone = 0.3 * np.sin(2 * np.pi * (300 + 900 * k + 7 * actor) * time)
                record(folder / "audio" / f"{name}.ogg", tone)
    people = "".join(f"{1001 + k},30,{'Male' if k % 2 else 'Female'}\n" for k in range(ACTORS))
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n" + people)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path / "data"))
    return tmp_path


def test_no_actor_is_in_two_splits_and_every_clip_is_in_one(corpus: Path) -> None:
    splits = split_clips()
    actors = {split: {clip.actor for clip in clips} for split, clips in splits.items()}
    assert sum(map(len, actors.values())) == len(set().union(*actors.values())) == ACTORS
    assert sum(map(len, splits.values())) == 3 * ACTORS


def test_frames_are_made_once(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_voices(corpus / "cache", splits=("train", "dev", "test"))
    assert (corpus / "cache" / FRAMES).is_file()
    monkeypatch.setattr(crema_d, "read_audio", lambda path: pytest.fail("read again"))
    again = load_voices(corpus / "cache", splits=("dev",))["dev"]
    assert all(np.array_equal(a, b) for a, b in zip(first["dev"].frames, again.frames, strict=True))
    assert first["train"].frames[0].shape == (48, 64)


def test_other_frames_under_the_same_name_are_refused(corpus: Path) -> None:
    clips = split_clips()["dev"]
    crema_d.voice_features(clips, corpus / "cache" / FRAMES)
    with pytest.raises(Exception, match="64 numbers, found"):
        load_voices(corpus / "cache", splits=("dev",))


def test_it_is_trained_on_the_training_actors_alone(corpus: Path) -> None:
    run = train_voice(voice_training(epochs=1), corpus / "run", corpus / "cache", seed=1)
    splits = split_clips()
    assert run.data()["train"] == len(splits["train"])
    assert run.data()["dev"] == len(splits["dev"])
    assert "test" not in run.data()
    assert run.is_finished()
