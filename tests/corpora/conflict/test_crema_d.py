from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from heartsay.corpora import check
from heartsay.corpora.conflict.crema_d import BENCHMARK, crema_d_conflict
from heartsay.errors import InputError

Votes = tuple[int, int, int, int, int, int]
ANGER, NEUTRAL, JOY = (6, 1, 0, 0, 2, 0), (1, 0, 1, 0, 7, 0), (0, 0, 0, 9, 0, 0)
CLOSE, TIE = (4, 3, 0, 0, 2, 0), (4, 4, 0, 0, 1, 0)
CLIPS: dict[str, tuple[Votes, Votes, Votes]] = {  # voice, face, both
    "1001_DFA_ANG_XX": (ANGER, ANGER, ANGER),
    "1001_IEO_ANG_HI": (NEUTRAL, ANGER, CLOSE),
    "1002_IEO_HAP_LO": (JOY, NEUTRAL, JOY),
    "1002_TAI_HAP_XX": (TIE, JOY, JOY),
}


def write(root: Path, clips: dict[str, tuple[Votes, ...]] = CLIPS) -> Path:
    folder = root / "crema-d"
    folder.mkdir(parents=True)
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *"ADFHNS", "fileName", "meanEmoResp"])
        for k, (name, channels) in enumerate(clips.items()):
            for digit, votes in zip("123", channels, strict=False):
                writer.writerow([f"{digit}{k:05d}", *votes, name, 60 + int(digit)])
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1001,51,Male\n1002,21,Female\n")
    return root


def test_majorities_by_channel_make_the_subsets(tmp_path: Path) -> None:
    made = crema_d_conflict(write(tmp_path))
    assert [item.subset for item in made.items] == [
        "consistent",
        "face_aligned",
        "voice_aligned",
        "undecided",
    ]
    face_aligned = made.items[1]
    assert (face_aligned.label, face_aligned.voice, face_aligned.face) == ("anger", "neutral", "anger")
    assert face_aligned.kind == "masking"
    assert face_aligned.strength == pytest.approx(0.63)
    assert face_aligned.agreement == pytest.approx({"voice": 7 / 9, "face": 6 / 9, "both": 4 / 9})
    assert face_aligned.votes["both"] == CLOSE
    assert (face_aligned.speaker, face_aligned.recording) == ("1001", None)


def test_the_strict_rule_wants_more_than_half(tmp_path: Path) -> None:
    made = crema_d_conflict(write(tmp_path), strict=True)
    assert [item.subset for item in made.items] == ["consistent", "undecided", "voice_aligned", "undecided"]


def test_videos_are_found_where_there_are_some(tmp_path: Path) -> None:
    write(tmp_path)
    folder = tmp_path / "VideoFlash"
    folder.mkdir()
    with pytest.raises(InputError, match="videos named as CREMA-D's clips, found none"):
        crema_d_conflict(tmp_path, videos=folder)
    (folder / "1001_IEO_ANG_HI.flv").touch()
    made = crema_d_conflict(tmp_path, videos=folder)
    assert [item.recording for item in made.items] == [None, str(folder / "1001_IEO_ANG_HI.flv"), None, None]
    assert made.facts["videos"] == "1 of 4 clips have one"
    with pytest.raises(InputError, match="no such folder"):
        crema_d_conflict(tmp_path, videos=tmp_path / "elsewhere")


def test_a_clip_without_ratings_and_an_unknown_actor_have_their_sentences(tmp_path: Path) -> None:
    lacking = {**CLIPS, "1001_WSI_SAD_XX": (JOY, JOY)}
    with pytest.raises(InputError, match="ratings of 1001_WSI_SAD_XX from both, found none"):
        crema_d_conflict(write(tmp_path / "a", lacking))
    stranger = {**CLIPS, "1077_WSI_SAD_XX": (JOY, JOY, JOY)}
    with pytest.raises(InputError, match="demographics of actor 1077"):
        crema_d_conflict(write(tmp_path / "b", stranger))


def test_a_check_tells_another_copy_from_the_published_one(tmp_path: Path) -> None:
    report = check("crema-d-conflict", write(tmp_path))
    assert not report.ok
    first = report.comparisons[0]
    assert (first.split, first.what, first.expected, first.found) == ("all", "clips", 7442, 4)


def test_what_is_expected_adds_up() -> None:
    for counts in BENCHMARK.expected.values():
        subsets = ("consistent", "face_aligned", "voice_aligned", "neither", "undecided")
        assert sum(counts[name] for name in subsets) == counts["clips"]
        for subset in ("face_aligned", "voice_aligned"):
            assert sum(n for what, n in counts.items() if what.startswith(f"{subset},")) == counts[subset]
    splits = [BENCHMARK.expected[split] for split in ("train", "dev", "test")]
    assert sum(counts["actors"] for counts in splits) == 91
    for what, number in BENCHMARK.expected["all"].items():
        assert sum(counts[what] for counts in splits) == number


@pytest.mark.skipif(
    not (Path(os.environ.get("HEARTSAY_DATA", "")) / "crema-d" / "tabulatedVotes.csv").is_file(),
    reason="CREMA-D is not under HEARTSAY_DATA",
)
def test_the_published_files_give_the_published_subsets() -> None:
    assert check("crema-d-conflict").ok
