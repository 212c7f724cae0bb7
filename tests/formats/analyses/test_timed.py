"""Analyses for annotators and players, and corrections that come back as gold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.formats.samples import analysis, read_text, texts

from heartsay.analysis import Analysis, SoundEvent
from heartsay.errors import InputError
from heartsay.formats import read
from heartsay.formats.analyses import timed
from heartsay.formats.analyses.label_studio import conversations_in, write_label_studio


def timed_analysis() -> Analysis:
    """Two utterances, the second left open, and a door between them."""
    plain = analysis("chat", [("a", "It broke."), ("b", "Again?")])
    utterances = [
        u.model_copy(update={"start": 2.0 * n, "end": 2.0 * n + 1}) for n, u in enumerate(plain.utterances)
    ]
    door = SoundEvent(text="[door slams]", before=1, start=1.2, end=1.8)
    return plain.model_copy(update={"utterances": utterances, "events": [door]})


@pytest.mark.parametrize(
    ("write", "suffix"), [(timed.write_textgrid, ".TextGrid"), (timed.write_eaf, ".eaf")]
)
def test_labels_come_back_as_gold_but_for_those_left_open(write, suffix: str) -> None:
    text = write(timed_analysis())
    (found,) = read_text(text, f"x{suffix}")
    assert texts(found) == [("Ana", "It broke."), ("Ana", "Again?")]
    assert [u.emotion for u in found.utterances] == ["neutral", None]
    assert [event.text for event in found.events] == ["[door slams]"]
    (corrected,) = read_text(text.replace("surprise?", "anger"), f"x{suffix}")
    assert [u.emotion for u in corrected.utterances] == ["neutral", "anger"]


@pytest.mark.parametrize(("write", "suffix"), [(timed.write_srt, ".srt"), (timed.write_vtt, ".vtt")])
def test_captions_show_emotions_that_are_no_words(write, suffix: str) -> None:
    text = write(timed_analysis())
    assert "[neutral 70%]" in text
    assert "[surprise? 70%]" in text
    (found,) = read_text(text, f"x{suffix}")
    assert texts(found) == [("Ana", "It broke."), ("Ana", "Again?")]


def test_without_times_there_are_no_tiers() -> None:
    with pytest.raises(InputError, match="a start and an end for every utterance"):
        timed.write_eaf(analysis("chat", [("a", "Hi.")]))


def test_tasks_are_the_least_sure_first_and_people_s_choices_come_back(tmp_path: Path) -> None:
    sure = timed_analysis()
    first = sure.utterances[0]
    sure = sure.model_copy(
        update={
            "utterances": [
                first.model_copy(update={"emotion": first.emotion.model_copy(update={"confidence": 0.9})}),
                sure.utterances[1],
            ]
        }
    )
    path = tmp_path / "tasks.json"
    write_label_studio([sure], path)
    tasks = json.loads(path.read_text("utf-8"))
    assert [task["data"]["utterance_id"] for task in tasks] == ["b", "a"]
    assert tasks[0]["data"]["context"] == [{"speaker": "Ana", "text": "It broke."}]
    assert conversations_in(path) == {"chat"}
    tasks[0]["annotations"] = [{"result": [{"type": "choices", "value": {"choices": ["anger"]}}]}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    found = read(path)
    assert [(u.id, u.start, u.emotion) for u in found.utterances] == [("a", 0.0, None), ("b", 2.0, "anger")]
