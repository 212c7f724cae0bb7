"""A user's labels, and rows of each annotator."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.conversations import make_conversation, random_conversation
from tests.dummies.model import model_folder

from heartsay.corpora.seen import SeenTalk
from heartsay.errors import InputError
from heartsay.labels import EMOTIONS
from heartsay.pipeline import labelled
from heartsay.pipeline.annotators import COPIES, annotator_labels
from heartsay.pipeline.labelled import LabelledTalk, load_labelled, read_labelled
from heartsay.runtime import Bundle

JOY, ANGER = EMOTIONS.index("joy"), EMOTIONS.index("anger")


def talk(*labels: tuple[str | None, dict[str, float] | None]) -> LabelledTalk:
    given = random_conversation(1, len(labels))
    turns = zip(given.utterances, labels, strict=True)
    utterances = tuple(replace(u, emotion=emotion, votes=votes) for u, (emotion, votes) in turns)
    return LabelledTalk((replace(given, utterances=utterances),), (), len(labels), True)


def test_rows_stand_for_annotators_by_their_shares() -> None:
    given = talk(("joy", None), (None, {"joy": 1, "anger": 1}), (None, None), ("joy", {"joy": 2, "anger": 1}))
    reading, shares = read_labelled(Bundle.load(model_folder()), given)
    assert shares.sum(axis=1).tolist() == pytest.approx([1, 1, 0, 1])
    found = annotator_labels(shares)
    counts = {
        place: np.bincount(found.label[reading.position[found.row] == place], minlength=7)[
            [JOY, ANGER]
        ].tolist()
        for place in range(4)
    }
    assert counts == {0: [COPIES, 0], 1: [COPIES // 2] * 2, 2: [0, 0], 3: [COPIES * 2 // 3, COPIES // 3]}
    assert found.utterances == 3


def test_shares_that_copies_do_not_divide_still_give_every_utterance_as_many_rows() -> None:
    votes = {"joy": 3.0, "anger": 1.0, "fear": 1.0}
    _, shares = read_labelled(Bundle.load(model_folder()), talk((None, votes), ("joy", None)))
    assert np.bincount(annotator_labels(shares).row).tolist() == [COPIES, COPIES]


def test_one_annotator_gives_one_row() -> None:
    _, shares = read_labelled(Bundle.load(model_folder()), talk(("joy", None), (None, None)))
    assert annotator_labels(shares).label.tolist() == [JOY]


def test_long_conversations_are_read_in_full_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled, "limit", lambda name: 2)
    reading, _ = read_labelled(Bundle.load(model_folder()), talk(("joy", None), ("joy", None), ("joy", None)))
    assert np.isnan(reading.logits["own_context"]).all()
    assert np.isfinite(reading.logits["full"]).all()


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    turns = [{"text": "Well.", "emotion": "Sad"}, {"text": "Oh."}, {"text": "Hm.", "emotion": "meh"}]
    lines = [{"id": "a", "utterances": turns}, {"id": "b", "utterances": [{"text": "No label."}]}]
    path.write_text("\n".join(map(json.dumps, lines)))
    found = load_labelled([path], EMOTIONS)
    assert [c.id for c in found.conversations] == ["talk/a"]
    assert found.utterances == 1
    told = "\n".join(found.notes)
    assert all(part in told for part in ("sad as sadness (1)", "meh (1)", "1 of 2 conversations", "1 of 3"))


def test_talk_without_labels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text("speaker,text\nA,Well.\n")
    with pytest.raises(InputError, match="utterances with a label"):
        load_labelled([path], EMOTIONS)


def test_talk_of_the_training_parts_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "The boat that we hired for the day never came back to the old harbour."
    known = SeenTalk.of([make_conversation("a", ("A", line))])
    monkeypatch.setattr(SeenTalk, "load", lambda: known)
    path = tmp_path / "talk.csv"
    path.write_text(f"conversation,text,emotion\n1,{line},joy\n2,Something else entirely.,joy\n")
    assert any(
        note.startswith("1 of 2 conversations hold talk") for note in load_labelled([path], EMOTIONS).notes
    )
