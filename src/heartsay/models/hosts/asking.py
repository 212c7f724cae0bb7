"""What a language model is asked about an utterance: its words, its speaker, and the talk before it."""

from __future__ import annotations

from collections.abc import Sequence

from heartsay.conversation import Conversation
from heartsay.models.hosts.fame_net import Asked

CONTEXT = 4
"""Utterances before the one that is explained which are told too."""


def ask(
    conversation: Conversation,
    place: int,
    emotion: str,
    *,
    context: int = CONTEXT,
    faces: Sequence[str] = (),
    answer: str | None = None,
) -> Asked:
    """The question about one utterance.

    Args:
        conversation: whose utterances have texts.
        place: index of the utterance.
        emotion: that is to be explained.
        context: how many utterances before it are told.
        faces: what faces show, in words.
        answer: the explanation, in training.
    """
    utterance = conversation.utterances[place]
    before = conversation.utterances[max(0, place - context) : place]
    return Asked(
        emotion,
        utterance.speaker,
        _one_line(utterance.text),
        context="".join(f"{u.speaker}: {_one_line(u.text)}\n" for u in before),
        faces=tuple(faces),
        answer=answer,
    )


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
