"""Packs with the gold labels of their utterances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.evidence.packing import Pack, make_packs
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tokens import TokenSettings, pack_text
from heartsay.labels import EMOTIONS, LabelSpace

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class LabelledPack:
    """A pack with the gold labels of its rows.

    Attributes:
        pack: the sequence.
        emotion: class index per row, (R,); `UNLABELLED` where there is none.
        pair: 1 where row j caused row i's emotion, (R, R), or how likely a teacher holds that to be; NaN
            where it is not known. None where nothing is known of any pair.
        paired: rows that are in any gold pair of the conversation, also in one with an utterance that the
            pack does not hold, bool (R,); None where that is not known.
        shares: target distribution per row, (R, C): votes, or all on the one label, or with a teacher's part
            in it; a row of zeros where there is none. None where no utterance has more than a label.
    """

    pack: Pack
    emotion: NDArray[np.int64]
    pair: NDArray[np.float32] | None
    paired: NDArray[np.bool_] | None = None
    shares: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class SoftLabels:
    """What a teacher says of one conversation of T utterances.

    Attributes:
        emotion: distributions, (T, C); rows of NaN where it read nothing.
        pair: probability that utterance j caused the emotion of i, (T, T); NaN where it did not see both.
    """

    emotion: NDArray[np.float32]
    pair: NDArray[np.float32]


def label_packs(
    conversation: Conversation,
    tokenizer: Tokenizer,
    settings: TokenSettings,
    labels: LabelSpace = EMOTIONS,
) -> list[LabelledPack]:
    """Pack a conversation and carry its gold labels over to the rows.

    Raises:
        InputError: a label or a vote is for none of `labels`.
    """
    text = pack_text(conversation, tokenizer, settings)
    emotion = gold_emotions(conversation, labels)
    shares = target_shares(conversation, labels, emotion)
    return [
        _label(p, conversation, emotion, shares)
        for p in make_packs(text.segments, text.windows, settings.lead)
    ]


def gold_emotions(conversation: Conversation, labels: LabelSpace = EMOTIONS) -> NDArray[np.int64]:
    """Class index of each utterance, (T,); `UNLABELLED` where there is none.

    Raises:
        InputError: a label is none of `labels`.
    """
    named = (u.emotion for u in conversation.utterances)
    return np.array([UNLABELLED if e is None else labels.index(e) for e in named], dtype=np.int64)


def target_shares(
    conversation: Conversation, labels: LabelSpace, emotion: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Target distribution of each utterance, (T, C); None where none has votes."""
    if not any(u.votes for u in conversation.utterances):
        return None
    shares = np.zeros((len(conversation), len(labels)), dtype=np.float32)
    for t, utterance in enumerate(conversation.utterances):
        votes = utterance.votes or {}
        if sum(votes.values()) > 0:
            for name, count in votes.items():
                shares[t, labels.index(name)] = count / sum(votes.values())
        elif emotion[t] != UNLABELLED:
            shares[t, emotion[t]] = 1.0
    return shares


def _label(
    pack: Pack,
    conversation: Conversation,
    emotions: NDArray[np.int64],
    targets: NDArray[np.float32] | None,
) -> LabelledPack:
    emotion = emotions[pack.utterance]
    shares = None if targets is None else targets[pack.utterance]
    if conversation.pairs is None:
        return LabelledPack(pack, emotion, None, shares=shares)
    row = {int(index): r for r, index in enumerate(pack.utterance)}
    pair = np.zeros((len(row), len(row)), dtype=np.float32)
    for felt, cause in conversation.pairs:
        if felt in row and cause in row:
            pair[row[felt], row[cause]] = 1.0
    anywhere = {index for gold in conversation.pairs for index in gold}
    return LabelledPack(pack, emotion, pair, np.isin(pack.utterance, list(anywhere)), shares)


def soften(item: LabelledPack, soft: SoftLabels, emotions: float, pairs: float) -> LabelledPack:
    """Mix what a teacher says into the targets of a pack; where there is no gold, it stands alone.

    Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network", equation 4, at a
    temperature of 1: the mean of two cross-entropies is one with the mean of their targets.

    Args:
        item: of the conversation that the teacher read.
        soft: what it says.
        emotions: its share in the target of an utterance that has a label, from 0 to 1.
        pairs: its share in the target of an annotated pair.
    """
    rows = item.pack.utterance
    of_teacher = soft.emotion[rows]
    gold = item.shares
    if gold is None:
        gold = (item.emotion[:, None] == np.arange(of_teacher.shape[1])).astype(np.float32)
    labelled = gold.sum(axis=1, keepdims=True) > 0
    mixed = np.where(labelled, (1 - emotions) * gold + emotions * of_teacher, of_teacher)
    # A row that the teacher did not read keeps its label alone.
    shares = np.where(np.isnan(mixed), gold, mixed).astype(np.float32)
    pair = soft.pair[np.ix_(rows, rows)]
    if item.pair is not None:
        mixed = (1 - pairs) * item.pair + pairs * pair
        pair = np.where(np.isnan(mixed), item.pair, mixed).astype(np.float32)
    return replace(item, pair=pair, shares=shares)
