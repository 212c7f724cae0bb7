"""Conversations for tests, written for them or drawn at random."""

from __future__ import annotations

import random

from tests.dummies.model import SENTENCES

from heartsay.conversation import Conversation, Utterance

WORDS = " ".join(SENTENCES).split()


def make_conversation(id: str, *turns: tuple[str, str]) -> Conversation:
    """A conversation of (speaker, text) turns with ids from "1"."""
    return Conversation(
        id, tuple(Utterance(str(n), speaker, text) for n, (speaker, text) in enumerate(turns, 1)), source=id
    )


def random_conversation(seed: int, turns: int, speakers: str = "AB", words: int = 6) -> Conversation:
    """A conversation of words that the dummy model knows."""
    draw = random.Random(seed)
    return make_conversation(
        f"random-{seed}",
        *((draw.choice(speakers), " ".join(draw.choices(WORDS, k=words))) for _ in range(turns)),
    )
