from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.corpora import emorynlp
from heartsay.errors import InputError

HEADER = "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,Start_Time,End_Time\n"
ROWS = (
    "\"Well, look at that.\",['Ana Bell'],Joyful,1,1,2,3,00:00:05.171,00:01:07.423\n"
    'Oh!,"[\'Ana Bell\', ""Ben\'s Boss""]",Scared,1,2,2,3,00:01:08.000,00:01:09.000\n'
    "So.,['Ben'],Peaceful,2,1,2,3,00:02:00.000,00:02:01.000\n"
)


def write(folder: Path, text: str) -> Path:
    path = folder / "train.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_scenes_speakers_times_and_labels(tmp_path: Path) -> None:
    first, second = emorynlp.read(write(tmp_path, HEADER + ROWS), "train")
    assert first.id == "emorynlp_train_s02e03_scene1"
    assert second.id == "emorynlp_train_s02e03_scene2"
    assert [u.id for u in first.utterances] == ["1", "2"]
    assert [u.speaker for u in first.utterances] == ["Ana Bell", "Ana Bell and Ben's Boss"]
    assert [u.emotion for u in (*first.utterances, *second.utterances)] == ["joyful", "scared", "peaceful"]
    assert first.utterances[0].text == "Well, look at that."
    assert (first.utterances[0].start, first.utterances[0].end) == (5.171, 67.423)
    assert first.pairs is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER.replace("Scene_ID", "Scene") + ROWS, "none for Scene_ID"),
        (HEADER + ROWS.replace("Joyful", "Surprised"), "line 2: expected an emotion.*'Surprised'"),
        (HEADER + ROWS.replace("So.", " "), "line 4: expected an utterance with text"),
        (HEADER + ROWS.replace("['Ben']", "[]"), r"line 4: expected a list of speakers.*'\[\]'"),
        (HEADER + ROWS.replace("00:02:00.000", "soon"), "line 4: expected times"),
        (HEADER + ROWS.replace(",1,2,2,3,", ",1,1,2,3,"), "scene1: expected utterance ids that differ"),
        (HEADER + ROWS + ROWS, "each scene in one piece.*scene1 a second time"),
        (HEADER + ROWS.replace("Scared,1,2,2,3", "Scared,1,2,two,3"), "line 3: expected numbers.*'two'"),
        (HEADER + "So.,['Ben']\n", "line 2: expected 9 cells"),
        (HEADER + ROWS.replace("00:02:01.000", "00:02:01.000,more"), "line 4: expected 9 cells"),
    ],
)
def test_what_is_not_emorynlp_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        emorynlp.read(write(tmp_path, text), "train")
