"""What must hold of any analysis."""

from __future__ import annotations

import math

import pytest

from heartsay.analysis import Analysis, Emotion
from heartsay.conversation import Conversation
from heartsay.labels import EMOTIONS


def check_feeling(emotion: Emotion) -> None:
    others = {name: p for name, p in emotion.distribution.items() if name != "neutral"}
    feeling = emotion.feeling
    assert feeling is not None
    assert feeling.probability == pytest.approx(math.fsum(others.values()), abs=1e-6)
    assert feeling.found == (feeling.probability >= 0.5)
    if feeling.probability:
        assert others[feeling.likeliest] == max(others.values())
        assert feeling.confidence == pytest.approx(max(others.values()) / feeling.probability, abs=1e-3)


def check_promises(analysis: Analysis, conversation: Conversation) -> None:
    """Everything that must hold of any analysis of any conversation."""
    ids = [u.id for u in conversation.utterances]
    assert [u.id for u in analysis.utterances] == ids
    assert [(u.speaker, u.text) for u in analysis.utterances] == [
        (u.speaker, u.text) for u in conversation.utterances
    ]
    for place, utterance in enumerate(analysis.utterances):
        emotion = utterance.emotion
        assert tuple(emotion.distribution) == EMOTIONS.names
        assert abs(math.fsum(emotion.distribution.values()) - 1.0) < 1e-6
        assert emotion.confidence == emotion.distribution[emotion.label] == max(emotion.distribution.values())
        assert emotion.set[0] == emotion.label
        probabilities = [emotion.distribution[name] for name in emotion.set]
        assert probabilities == sorted(probabilities, reverse=True)
        assert len(set(emotion.set)) == len(emotion.set)
        assert emotion.abstain == (emotion.abstain_reason is not None)
        check_feeling(emotion)
        assert emotion.feeling.found or not utterance.causes
        confidences = [cause.confidence for cause in utterance.causes]
        assert confidences == sorted(confidences, reverse=True)
        for cause in utterance.causes:
            at = ids.index(cause.utterance)
            assert at <= place
            assert cause.direction == ("self" if at == place else "past")
        assert set(utterance.explanation.cites) <= set(ids)
