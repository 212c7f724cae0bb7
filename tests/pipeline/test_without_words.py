"""Utterances without words, in a conversation and in what is written of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from jsonschema import Draft202012Validator
from tests.dummies.conversations import random_conversation

from heartsay.conversation import Conversation
from heartsay.formats.analyses.csv_table import write_csv
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.formats.analyses.parquet_table import write_parquet
from heartsay.labels import EMOTIONS
from heartsay.pipeline import analyze
from heartsay.report import render_report
from heartsay.runtime import Bundle


def without_words(conversation: Conversation, *places: int) -> Conversation:
    """The conversation with times and no words for some utterances."""
    return replace(
        conversation,
        utterances=tuple(
            replace(u, text=None, start=float(t), end=t + 0.5) if t in places else u
            for t, u in enumerate(conversation.utterances)
        ),
    )


def test_nothing_is_said_of_an_utterance_without_words(model: Bundle) -> None:
    conversation = without_words(random_conversation(7, 6), 1, 4)
    analysis = analyze(conversation, model=model, evidence="always")
    assert len(analysis.utterances) == 6
    for place in (1, 4):
        utterance = analysis.utterances[place]
        emotion = utterance.emotion
        assert utterance.text is None
        assert (emotion.label, emotion.confidence, emotion.distribution) == (None, None, {})
        assert emotion.set == list(EMOTIONS)
        assert (emotion.abstain, emotion.abstain_reason) == (True, "no words were given for this utterance")
        assert (utterance.moved_by.own_context, utterance.moved_by.other_context) == (None, None)
        assert utterance.causes == []
        assert "was not read" in utterance.explanation.text
    named = {cause.utterance for u in analysis.utterances for cause in u.causes}
    assert named.isdisjoint({analysis.utterances[1].id, analysis.utterances[4].id})
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(
        analysis.model_dump(mode="json")
    )


def test_the_others_read_as_if_an_utterance_without_words_were_not_there(model: Bundle) -> None:
    whole = random_conversation(8, 6)
    gap = analyze(without_words(whole, 2), model=model, evidence="always")
    shorter = replace(whole, utterances=(*whole.utterances[:2], *whole.utterances[3:]))
    rest = analyze(shorter, model=model, evidence="always")
    kept = [u for u in gap.utterances if u.emotion.label is not None]
    assert [(u.id, u.emotion, u.moved_by) for u in kept] == [
        (u.id, u.emotion, u.moved_by) for u in rest.utterances
    ]


def test_a_conversation_without_any_words_keeps_its_place(model: Bundle) -> None:
    talks = [
        random_conversation(0, 2),
        without_words(random_conversation(1, 2), 0, 1),
        random_conversation(2, 2),
    ]
    found = list(analyze(talks, model=model))
    assert [a.conversation for a in found] == [t.id for t in talks]
    assert all(u.emotion.label is None for u in found[1].utterances)
    assert all(u.emotion.label is not None for k in (0, 2) for u in found[k].utterances)


def test_what_has_no_words_can_be_written_and_shown(model: Bundle, tmp_path: Path) -> None:
    analysis = analyze(without_words(random_conversation(7, 3), 0), model=model)
    assert "not read" in render_report(analysis, None)
    write_csv([analysis], tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert (rows[0]["label"], rows[0]["confidence"], rows[0]["p_joy"]) == ("", "", "")
    write_parquet([analysis], tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").column("confidence")[0].as_py() is None
