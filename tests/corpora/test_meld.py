from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.corpora import load, meld
from heartsay.errors import InputError

HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
)
ROW = '1,"{text}",Ana,{emotion},neutral,7,{utterance},1,1,"00:16:16,059","0:16:21,731"\n'


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_ids_times_and_gold(small_root: Path) -> None:
    (conversation,) = load("meld", "train", small_root)
    assert conversation.id == "train_dia0"
    assert [u.id for u in conversation.utterances] == [f"train_dia0_utt{i}" for i in range(3)]
    assert [u.emotion for u in conversation.utterances] == ["neutral", "surprise", "anger"]
    assert conversation.utterances[2].text == "I didn’t, you did."
    assert conversation.pairs is None


def test_a_gap_in_utterance_numbers_stays(small_root: Path) -> None:
    (conversation,) = load("meld", "test", small_root)
    assert [u.id for u in conversation.utterances][-1] == "test_dia0_utt3"


def test_times_are_seconds(tmp_path: Path) -> None:
    text = HEADER + ROW.format(text="So.", emotion="joy", utterance=0)
    (conversation,) = meld.read(write(tmp_path / "a.csv", text.encode()), "dev")
    assert conversation.utterances[0].start == pytest.approx(976.059)
    assert conversation.utterances[0].end == pytest.approx(981.731)


@pytest.mark.parametrize(
    "bytes_of_apostrophe",
    ["’".encode(), b"\x92", "\x92".encode()],
    ids=["utf-8", "windows-1252", "utf-8 control character"],
)
def test_apostrophes_of_three_encodings_read_the_same(tmp_path: Path, bytes_of_apostrophe: bytes) -> None:
    text = (HEADER + ROW.format(text="I didnAPOSt.", emotion="joy", utterance=0)).encode()
    text += ROW.format(text="Café.", emotion="joy", utterance=1).encode()
    (conversation,) = meld.read(write(tmp_path / "a.csv", text.replace(b"APOS", bytes_of_apostrophe)), "dev")
    assert [u.text for u in conversation.utterances] == ["I didn’t.", "Café."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        (HEADER.replace("Emotion", "Mood"), "none for emotion"),
        (
            HEADER + ROW.format(text="So.", emotion="bored", utterance=0),
            "line 2, emotion: expected an emotion.*'bored'",
        ),
        (HEADER + 2 * ROW.format(text="So.", emotion="joy", utterance=0), "line 3: .*'0' a second time"),
        (
            HEADER + ROW.format(text="So.", emotion="joy", utterance=0).replace("0:16:21", "soon"),
            "line 2, end: expected a time",
        ),
        (HEADER + "1,So.\n", "line 2"),
        (HEADER + ROW.format(text="So.", emotion="", utterance=0), "train_dia7_utt0: expected an emotion"),
        (HEADER + ROW.format(text=" ", emotion="joy", utterance=0), "at least one utterance with text"),
    ],
)
def test_what_is_not_meld_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        meld.read(write(tmp_path / "a.csv", text.encode()), "train")
