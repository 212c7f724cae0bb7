"""Emotion-cause pairs to hand in and to score: where they come from, what a model says, how good that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from heartsay import corpora, metrics
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats import read_all, sniff
from heartsay.formats.conversations import semeval
from heartsay.formats.paired import (
    ConversationId,
    Matched,
    PairedConversation,
    as_number,
    from_conversation,
    match,
)
from heartsay.formats.source import open_path
from heartsay.metrics.triples import SIX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from heartsay.explanation import CitedUtterance
    from heartsay.labels import LabelSpace
    from heartsay.runtime import Bundle

_SPLIT = re.compile(r"([a-z][a-z0-9-]*|[\w.]+:\w+):([a-z]+)")
"""A corpus, by name or as `module:NAME`, and one of its splits."""

Scores = dict[str, dict[str, float]]
"""Precision, recall and f1 in percent, by the name of the score."""


def read_talk(where: str) -> list[PairedConversation]:
    """Conversations to find pairs in; gold pairs, where there are any, are left out.

    Args:
        where: a corpus's split, `ecf:test` or `module:NAME:test`, or a file: SemEval-2024 Task 3 JSON with
            or without pairs, ECF text, MEC4 JSON, or any other format of conversations.

    Raises:
        InputError: no such corpus, split or file, or it cannot be read.
    """
    return [
        replace(found, pairs=frozenset(), warnings=())
        if isinstance(found, PairedConversation)
        else from_conversation(found[1], (), found[0])
        for found in _read(where)
    ]


def read_gold(where: str) -> list[PairedConversation]:
    """Conversations with their gold pairs; `where` is as for `read_talk`.

    Where a corpus labels no emotion, pairs have the category "".

    Raises:
        InputError: as `read_talk`, or no conversation has pairs.
    """
    found = list(_read(where))
    talks = [c.conversation if isinstance(c, PairedConversation) else c[1] for c in found]
    if not any(talk is not None and talk.pairs for talk in talks):
        raise InputError(
            expected="gold pairs to score against",
            found="none",
            where=where,
            do="give the file with the gold pairs, or an annotated split such as ecf:test",
        )
    return [c if isinstance(c, PairedConversation) else from_conversation(c[1], id=c[0]) for c in found]


def predict(talk: Sequence[PairedConversation], model: Bundle) -> Iterator[PairedConversation]:
    """The pairs that a model finds likely, conversation by conversation.

    They are chosen for the F1 of pairs; `analyze` leaves out those of utterances where no feeling is found.
    A pair needs an emotion, so its category is the likeliest of the six that are not neutral, even where
    neutral is likelier still: that the utterance may be neutral has gone into the confidence of the pair.

    Args:
        talk: conversations as `read_talk` gives them.
        model: a loaded model.
    """
    from heartsay.pipeline.analysing import readings
    from heartsay.pipeline.causes import likely_causes
    from heartsay.pipeline.emotions import calibrate

    conversations = [c.conversation for c in talk if c.conversation is not None]
    for given, (conversation, evidence, reading) in zip(talk, readings(model, conversations), strict=True):
        calibrated = calibrate(reading, evidence, model.calibration)
        causes = likely_causes(model, conversation, reading, None)
        pairs = list(_pairs(conversation, causes, calibrated.probabilities, model.labels))
        found = from_conversation(conversation, pairs, given.id)
        warnings = (*conversation.warnings, *calibrated.warnings)
        yield replace(found, utterances=given.utterances, warnings=warnings)


def score(
    gold: Sequence[PairedConversation], predicted: Sequence[PairedConversation]
) -> tuple[Matched, Scores]:
    """Put a submission beside the gold and score it, in percent.

    `w-6`, `w-4`, `micro` and the single emotions want the right emotion and are left out, with a warning,
    where the gold names none; `pair`, `emotion_in_pairs` and `cause_in_pairs` do not look at it.

    Raises:
        InputError: as `match`, or no gold pair has an emotion that counts.
    """
    matched = match(gold, predicted)
    named = any(emotion for _, _, emotion, _ in matched.gold)
    if named and not any(emotion in SIX for _, _, emotion, _ in matched.gold):
        raise InputError(
            expected="gold pairs to score against",
            found="none with an emotion that counts",
            where="the gold",
            do="give the file with the gold pairs",
        )
    given, wanted = ({(c, i, j) for c, i, _, j in side} for side in (matched.predicted, matched.gold))
    found: dict[str, metrics.PrecisionRecallF1] = {}
    if named:
        triples = metrics.triple_scores(matched.predicted, matched.gold)
        found = {"w-6": triples.weighted_six, "w-4": triples.weighted_four, "micro": triples.micro}
        found |= triples.per_category
    else:
        sentence = "the gold names no emotions: only scores that do not look at them are given"
        matched = matched._replace(warnings=(sentence, *matched.warnings))
    found |= {
        "pair": metrics.pair_precision_recall_f1(given, wanted),
        "emotion_in_pairs": metrics.pair_projected_emotion(given, wanted),
        "cause_in_pairs": metrics.pair_projected_cause(given, wanted),
    }
    return matched, {name: {k: 100 * v for k, v in s._asdict().items()} for name, s in found.items()}


def _read(where: str) -> Iterable[PairedConversation | tuple[ConversationId | None, Conversation]]:
    """Conversations with the id they go by, which a file of SemEval's states itself."""
    split = _SPLIT.fullmatch(where)
    if split is not None and not Path(where).exists():
        corpus = corpora.get(split[1])
        prefix = f"{corpus.name}_{split[2]}_"
        # Doubts about a corpus as published (times that overlap) are no news to who uses it.
        loaded = (replace(c, warnings=()) for c in corpora.load(corpus, split[2]))
        return [(as_number(c.id.removeprefix(prefix)), c) for c in loaded]
    with open_path(where) as source:
        head = source.head_text()
        if '"conversation_ID"' in head:
            return semeval.read(where)
        spec = sniff(head, source.suffix)
        if spec is not None and head.strip():
            # The ids that the file itself gives, without the file's name before them.
            return [(as_number(c.id), c) for c in spec.read(source)]
    return [(as_number(c.id), c) for c in read_all(where)]  # which says what is amiss


def _pairs(
    conversation: Conversation,
    causes: Sequence[Sequence[CitedUtterance]],
    probabilities: NDArray[np.float64],
    labels: LabelSpace,
) -> Iterator[tuple[int, str, int]]:
    place = {utterance.id: index for index, utterance in enumerate(conversation.utterances)}
    feelings = [k for k in range(len(labels)) if k != labels.neutral]
    for index, found in enumerate(causes):
        for cause in found:  # an utterance that was not read has none
            likeliest = feelings[int(probabilities[index, feelings].argmax())]
            yield index, labels.names[likeliest], place[cause.id]
