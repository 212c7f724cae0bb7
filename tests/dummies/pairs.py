"""Conversations with causes to learn: feelings cause themselves, and caught ones also the turn before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.dummies.evidence import feature_corpus

from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation

CALM = 0


def with_causes(conversation: LabelledConversation) -> LabelledConversation:
    """The conversation with pairs that follow from its emotions."""
    felt, length = conversation.emotion, len(conversation)
    pair = np.zeros((length, length), bool)
    for k in range(length):
        if felt[k] != CALM:
            pair[k, k] = True
            pair[k, max(0, k - 1)] |= k > 0 and felt[k - 1] == felt[k]
    return replace(conversation, pair=pair)


def pair_corpus(seed: int = 0) -> EvidenceCorpus:
    """A small corpus of such conversations, with MELD's number of classes."""
    corpus = feature_corpus(sizes=(24, 8, 8), lengths=(2, 9), classes=tuple("abcdefg"), seed=seed)
    return replace(
        corpus, splits={name: tuple(map(with_causes, split)) for name, split in corpus.splits.items()}
    )
