"""A submission beside the gold: which pairs count, and what of either file is missing or too much."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from heartsay.errors import InputError
from heartsay.formats.semeval import PairedConversation, outside
from heartsay.metrics.triples import Triple


class Matched(NamedTuple):
    """Gold and predicted triples of the conversations that the gold has, ready for `metrics.triple_scores`.

    Attributes:
        gold: all gold triples.
        predicted: triples that the system gives.
        warnings: sentences about both files, among them which conversations were ignored.
    """

    gold: frozenset[Triple]
    predicted: frozenset[Triple]
    warnings: tuple[str, ...]


def match(gold: Sequence[PairedConversation], predicted: Sequence[PairedConversation]) -> Matched:
    """Put a submission beside the gold.

    Raises:
        InputError: a conversation of the gold is missing from the submission, or a predicted pair points
            outside the gold conversation.
    """
    given = {c.id: c for c in predicted}
    missing = [c.id for c in gold if c.id not in given]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(
            expected=f"all {len(gold)} conversations of the gold",
            found=f"none with the conversation_ID {json.dumps(missing[0], ensure_ascii=False)}{more}",
            where="the submission",
            do="add what is missing, with an empty list of pairs where there are none",
        )
    warnings = [sentence for c in gold for sentence in c.warnings]
    triples: tuple[set[Triple], set[Triple]] = (set(), set())
    for conversation in gold:
        answer = given[conversation.id]
        for pair in sorted(answer.pairs):
            for utterance in (pair.emotion_utterance, pair.cause_utterance):
                if utterance not in conversation.utterances:
                    raise outside(f"utterance {utterance}", f"the submission, conversation {conversation.id}")
        warnings += answer.warnings
        for kept, pairs in zip(triples, (conversation.pairs, answer.pairs), strict=True):
            kept |= {(conversation.id, *pair) for pair in pairs}
    known = {c.id for c in gold}
    extra = [str(c.id) for c in predicted if c.id not in known]
    if extra:
        noun = "conversation that is" if len(extra) == 1 else "conversations that are"
        more = ", ..." if len(extra) > 5 else ""
        warnings.append(f"{len(extra)} {noun} not in the gold ignored ({', '.join(extra[:5])}{more})")
    return Matched(frozenset(triples[0]), frozenset(triples[1]), tuple(warnings))
