from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.model import model_folder

from heartsay.conversation import Conversation, Utterance, Word
from heartsay.pipeline import analyze
from heartsay.pipeline.recognised import FLATTER, flattened
from heartsay.runtime import Bundle

LINES = ("I am so happy that you found the keys!", "She cried when the letter came.", "It was fine.")
GIVEN = Conversation(
    "talk",
    tuple(Utterance(str(k), "AB"[k % 2], text, 2.0 * k, 2.0 * k + 1.5) for k, text in enumerate(LINES)),
)


def heard(conversation: Conversation, *sure: float | None) -> Conversation:
    """The same, its words recognised so surely."""
    return replace(
        conversation,
        utterances=tuple(
            u if p is None else replace(u, words=tuple(Word(w, 0.0, 0.1, p) for w in (u.text or "").split()))
            for u, p in zip(conversation.utterances, sure, strict=True)
        ),
    )


def test_distributions_flatten_with_doubt_and_keep_their_order() -> None:
    rows = np.array([[0.7, 0.2, 0.1]] * 3 + [[np.nan] * 3])
    talk = heard(replace(GIVEN, utterances=(*GIVEN.utterances, GIVEN.utterances[0])), None, 1.0, 0.5, 0.5)
    found = flattened(rows, talk.utterances)
    assert found[0].tolist() == rows[0].tolist()
    assert found[1] == pytest.approx(rows[1])
    power = rows[2] ** (1 / (1 + FLATTER / 2))
    assert found[2] == pytest.approx(power / power.sum())
    assert found[2, 0] > found[2, 1] > found[2, 2]
    assert np.isnan(found[3]).all()


def test_what_was_recognised_with_doubt_is_less_sure_and_says_why() -> None:
    model = Bundle.load(model_folder())
    before = analyze(GIVEN, model=model).utterances
    after = analyze(heard(GIVEN, 1.0, 0.8, 0.3), model=model).utterances
    assert after[0].emotion == before[0].emotion
    for one, other in zip(before[1:], after[1:], strict=True):
        assert (other.emotion.label, other.emotion.set) == (one.emotion.label, one.emotion.set)
        top = max(one.emotion.distribution, key=one.emotion.distribution.__getitem__)
        assert other.emotion.distribution[top] < one.emotion.distribution[top]
        assert other.emotion.confidence == other.emotion.distribution[other.emotion.label or ""]
    assert after[2].emotion.abstain
    assert "recognised badly: their mean probability is 30%" in (after[2].emotion.abstain_reason or "")
    assert after[2].recognition is not None
    assert after[2].recognition.doubtful == 3
