from __future__ import annotations

import pytest
from tests.dummies import analysis as dummies

from heartsay.report.speakers import MOST, speakers


def test_talk_and_feelings_of_each_speaker_add_up() -> None:
    analysis = dummies.small()
    found = {s.name: s for s in speakers(analysis)}
    assert set(found) == {"Ines", "Theo", "Mara"}
    assert sum(s.turns for s in found.values()) == 28
    assert sum(s.share for s in found.values()) == pytest.approx(1)
    assert sum(s.left_open for s in found.values()) == sum(u.emotion.abstain for u in analysis.utterances)
    assert all(sum(n for _, n in s.feelings) + s.unfelt == s.turns for s in found.values())
    lengths = [u.end - u.start for u in analysis.utterances if u.speaker == "Mara"]
    assert found["Mara"].seconds == pytest.approx(sum(lengths))
    assert [s.number for s in sorted(found.values(), key=lambda s: s.number)] == [0, 1, 2]


def test_the_strongest_is_where_neutral_is_least_likely() -> None:
    analysis = dummies.small()
    for speaker in speakers(analysis):
        own = [i for i, u in enumerate(analysis.utterances) if u.speaker == speaker.name]
        least = min(analysis.utterances[i].emotion.distribution["neutral"] for i in own)
        assert speaker.strongest is not None
        strongest = analysis.utterances[speaker.strongest - 1]
        assert strongest.speaker == speaker.name
        assert strongest.emotion.distribution["neutral"] == least


def test_whom_a_speaker_moved_is_counted_once_for_each_utterance_and_never_oneself() -> None:
    analysis = dummies.small()
    said_by = {u.id: u.speaker for u in analysis.utterances}
    for speaker in speakers(analysis):
        expected: dict[str, int] = {}
        for u in analysis.utterances:
            if u.speaker != speaker.name and any(said_by[c.utterance] == speaker.name for c in u.causes):
                expected[u.speaker] = expected.get(u.speaker, 0) + 1
        assert {m.who: m.times for m in speaker.moved} == expected
        assert all(sum(n for _, n in m.feelings) == m.times for m in speaker.moved)


def test_without_times_talk_is_counted_in_words() -> None:
    (only,) = speakers(dummies.untimed())
    assert (only.seconds, only.share) == (None, pytest.approx(1))


def test_only_those_who_say_most_are_summed_up() -> None:
    whole = dummies.long(60)
    crowd = [u.model_copy(update={"speaker": f"S{i}"}) for i, u in enumerate(whole.utterances)]
    found = speakers(whole.model_copy(update={"utterances": crowd}))
    assert len(found) == MOST
    assert [s.share for s in found] == sorted((s.share for s in found), reverse=True)


def test_labels_without_neutral_are_feelings_and_what_is_unread_is_neither() -> None:
    turns = []
    for k, u in enumerate(dummies.small().utterances):
        known = {"label": "joy", "confidence": 0.7, "distribution": {"joy": 0.7, "anger": 0.3}}
        unread = {"label": None, "confidence": None, "distribution": {}}
        emotion = {**(unread if k % 4 == 0 else known), "feeling": None, "abstain": k % 4 == 1}
        turns.append(u.model_copy(update={"emotion": u.emotion.model_copy(update=emotion)}))
    analysis = dummies.small().model_copy(update={"utterances": turns})
    found = speakers(analysis)
    assert sum(s.unread for s in found) == 7
    assert sum(s.left_open for s in found) == 7
    assert sum(s.unfelt for s in found) == 0
    assert sum(n for s in found for label, n in s.feelings if label == "joy") == 14
