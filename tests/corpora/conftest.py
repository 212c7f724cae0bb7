"""A tiny copy of MELD and ECF, written for these tests, in the published file formats."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
)


def write_meld(path: Path, rows: Sequence[tuple[int, int, str, str, str]]) -> None:
    """Write rows of (dialogue, utterance, speaker, emotion, text) as MELD's CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\r\n")
        writer = csv.writer(file)
        for number, (dialogue, utterance, speaker, emotion, text) in enumerate(rows, start=1):
            times = (f"00:00:{10 + utterance:02d},000", f"00:00:{10 + utterance:02d},500")
            writer.writerow([number, text, speaker, emotion, "neutral", dialogue, utterance, 1, 1, *times])


def ecf_block(number: int, pairs: str, rows: Sequence[tuple[str, str, str]], last: Sequence[str]) -> str:
    """One ECF block of (speaker, emotion, text) rows with a last field each."""
    lines = [f"{number} {len(rows)}", pairs]
    for index, ((speaker, emotion, text), field) in enumerate(zip(rows, last, strict=True), start=1):
        lines.append(f"{index} | {speaker} | {emotion} | {text} | {field}")
    return "\n".join(lines) + "\n"


PLACE = "Friends_S1E1: 00:00:10.000 - 00:00:11.250"

KITCHEN = [
    ("Ana", "neutral", "The kettle is on the stove ."),
    ("Ben", "surprise", "You boiled it dry again ?"),
    ("Ana", "anger", "I did not , you did ."),
]
GARDEN = [
    ("Cleo", "joy", "The first tomato of the whole long summer is finally red and ripe ."),
    ("Dov", "surprise", "Where ?"),
    ("Cleo", "joy", "Behind the shed ."),
    ("Dov", "neutral", "Good for us ."),
]
STATION = [("Eve", "sadness", "The last train left ."), ("Fay", "neutral", "Then we walk .")]


@pytest.fixture
def small_root(tmp_path: Path) -> Path:
    """A data root in which ECF's training conversation 1 holds two MELD test utterances."""
    meld, ecf = tmp_path / "meld", tmp_path / "ecf"
    write_meld(
        meld / "train_sent_emo.csv",
        [
            (0, 0, "Ana", "neutral", "The kettle's on the stove."),
            (0, 1, "Ben", "surprise", "You boiled it dry again?"),
            (0, 2, "Ana", "anger", "I didn’t, you did."),
        ],
    )
    write_meld(
        meld / "dev_sent_emo.csv",
        [(0, 0, "Eve", "sadness", "The last train left."), (0, 1, "Fay", "neutral", "Then we walk.")],
    )
    write_meld(
        meld / "test_sent_emo.csv",
        [
            (0, 0, "Cleo", "joy", "The first tomato of the whole long summer is finally red and ripe."),
            (0, 1, "Dov", "surprise", "Where?"),
            (0, 3, "Dov", "neutral", "Good for us."),
        ],
    )
    ecf.mkdir()
    mixed = [*KITCHEN, GARDEN[1], GARDEN[2], GARDEN[3]]
    mixed_ids = [
        "train_dia0_utt0",
        "train_dia0_utt1",
        "train_dia0_utt2",
        "test_dia0_utt1",
        "",
        "test_dia0_utt3",
    ]
    mixed_pairs = "(2,1),(3,2),(4,5),(3,4)"
    station_ids = ["dev_dia0_utt0", "dev_dia0_utt1"]
    garden_ids = ["test_dia0_utt0", "test_dia0_utt1", "", "test_dia0_utt3"]
    (ecf / "train.txt").write_text(ecf_block(1, mixed_pairs, mixed, [PLACE] * 6), encoding="utf-8")
    (ecf / "dev.txt").write_text(ecf_block(2, "(1,1)", STATION, [PLACE] * 2), encoding="utf-8")
    (ecf / "test.txt").write_text(ecf_block(3, "", GARDEN, [PLACE] * 4), encoding="utf-8")
    (ecf / "all_data_pair_ECFvsMELD.txt").write_text(
        ecf_block(1, mixed_pairs, mixed, mixed_ids)
        + ecf_block(2, "(1,1)", STATION, station_ids)
        + ecf_block(3, "", GARDEN, garden_ids),
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture(scope="session")
def real_root() -> Path:
    """The real corpora, or a skip that says why."""
    value = os.environ.get("HEARTSAY_DATA")
    if not value or not Path(value).is_dir():
        pytest.skip("HEARTSAY_DATA names no folder with the real corpora")
    return Path(value)
