"""Conversations with pairs of an emotion's utterance, its category and the cause's utterance.

SemEval-2024 Task 3 scores such pairs; `conversations.semeval` reads the task's files. Here they are made of
conversations, written in the task's form, and a system's are put beside the gold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from heartsay.atomic import write_text
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.labels import EMOTIONS

if TYPE_CHECKING:
    from heartsay.metrics.triples import Triple

ConversationId = int | str

_NEUTRAL = "neutral"


class EmotionCause(NamedTuple):
    """A pair with the category of its emotion; utterances by their `utterance_ID`."""

    emotion_utterance: int
    emotion: str
    cause_utterance: int


@dataclass(frozen=True, slots=True)
class PairedConversation:
    """One conversation in the task's form.

    Attributes:
        id: its `conversation_ID`, as the file has it: 1 and "1" are two.
        utterances: the `utterance_ID`s in order; empty where a submission leaves the talk out.
        pairs: distinct pairs.
        conversation: the talk, with pairs as indices; None where only the pairs were read.
        warnings: sentences about doubtful pairs; those about the talk are the conversation's own.
    """

    id: ConversationId
    utterances: tuple[int, ...]
    pairs: frozenset[EmotionCause]
    conversation: Conversation | None = None
    warnings: tuple[str, ...] = ()


def from_conversation(
    conversation: Conversation,
    pairs: Iterable[tuple[int, str, int]] | None = None,
    id: ConversationId | None = None,
) -> PairedConversation:
    """Put a conversation into the task's form.

    Args:
        conversation: the talk. Its utterance ids become `utterance_ID`s where all are numbers; otherwise
            positions, from 1, do.
        pairs: a system's (emotion utterance, emotion, cause utterance) as indices; the gold pairs, with the
            gold emotions as categories, if not given. Where no utterance at all has an emotion, pairs have
            the category "", which scores without categories can do with.
        id: the `conversation_ID`; the conversation's own, as a number if it is one, if not given.

    Raises:
        InputError: a gold pair whose utterance alone has no emotion, an unknown one, or an index outside.
    """
    where = f"{conversation.source or 'conversation'}, conversation {conversation.id}"
    ids = _utterance_ids(conversation)
    if pairs is None:
        gold = sorted(conversation.pairs or ())
        pairs = [(i, conversation.utterances[i].emotion or "", j) for i, j in gold]
    bare = all(utterance.emotion is None for utterance in conversation.utterances)
    kept = set()
    for emotion_index, emotion, cause_index in pairs:
        for position in (emotion_index, cause_index):
            if not 0 <= position < len(ids):
                raise outside(f"index {position}", where)
        category = emotion if bare and not emotion else known_emotion(emotion, where)
        kept.add(EmotionCause(ids[emotion_index], category, ids[cause_index]))
    own = int(conversation.id) if is_number(conversation.id) else conversation.id
    warnings = tuple(doubts(kept, {}, where))
    return PairedConversation(own if id is None else id, ids, frozenset(kept), conversation, warnings)


def to_json(conversations: Iterable[PairedConversation]) -> str:
    """The task's form of a submission, which `conversations.semeval` takes back; without emotions of talk."""
    document = [
        {
            "conversation_ID": c.id,
            **({} if c.conversation is None else {"conversation": _talk(c.conversation)}),
            "emotion-cause_pairs": [
                [f"{pair.emotion_utterance}_{pair.emotion}", str(pair.cause_utterance)]
                for pair in sorted(c.pairs)
            ],
        }
        for c in conversations
    ]
    return json.dumps(document, ensure_ascii=False, indent=4) + "\n"


def write(path: str | Path, conversations: Iterable[PairedConversation]) -> None:
    """Write a file of this form, whole or not at all, as `to_json`."""
    write_text(path, to_json(conversations))


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

    An id that the one file writes as a number and the other as a string is the same, where only one is meant.
    A predicted pair that points outside its conversation is wrong.

    Raises:
        InputError: a conversation of the gold is missing from the submission.
    """
    given = {c.id: c for c in predicted}
    gold_ids = {c.id for c in gold}

    def answered(identifier: ConversationId) -> ConversationId | None:
        """The id by which the submission answers a conversation."""
        other = str(identifier) if isinstance(identifier, int) else as_number(identifier)
        return next(
            (i for i in (identifier, other) if i in given and (i == identifier or i not in gold_ids)), None
        )

    missing = [c.id for c in gold if answered(c.id) is None]
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
    misplaced: list[str] = []
    used: set[ConversationId | None] = set()
    for conversation in gold:
        key = answered(conversation.id)
        used.add(key)
        assert key is not None  # what is missing was refused
        answer = given[key]
        known = set(conversation.utterances)
        misplaced += [
            str(conversation.id)
            for pair in answer.pairs
            if not known.issuperset((pair.emotion_utterance, pair.cause_utterance))
        ]
        warnings += answer.warnings
        for kept, pairs in zip(triples, (conversation.pairs, answer.pairs), strict=True):
            kept |= {(conversation.id, *pair) for pair in pairs}
    if misplaced:
        first = f"(first in conversation {misplaced[0]})"
        verb = "points" if len(misplaced) == 1 else "point"
        noun = "pair" if len(misplaced) == 1 else "pairs"
        warnings.append(
            f"{len(misplaced)} {noun} of the submission {verb} outside the conversation: wrong {first}"
        )
    extra = [str(c.id) for c in predicted if c.id not in used]
    if extra:
        noun = "conversation that is" if len(extra) == 1 else "conversations that are"
        more = ", ..." if len(extra) > 5 else ""
        warnings.append(f"{len(extra)} {noun} not in the gold ignored ({', '.join(extra[:5])}{more})")
    return Matched(frozenset(triples[0]), frozenset(triples[1]), tuple(warnings))


def is_number(text: str) -> bool:
    """Whether a string is a whole number, of a length that ids may have."""
    return text.isdecimal() and len(text) <= 18


def as_number(text: str) -> ConversationId:
    """The number that a string is, written in one way only; else the string."""
    return int(text) if is_number(text) and str(int(text)) == text else text


def known_emotion(emotion: str, where: str) -> str:
    """The category of a pair's emotion.

    Raises:
        InputError: it is none of `EMOTIONS`.
    """
    if emotion not in EMOTIONS:
        raise InputError(
            expected=f"an emotion out of {', '.join(sorted(EMOTIONS))}",
            found=repr(emotion[:60]) if emotion else "none",
            where=where,
            do="use these names, in lower case",
        )
    return emotion


def outside(found: str, where: str) -> InputError:
    """The error for a pair that points outside its conversation."""
    return InputError(
        expected="pairs of utterances of this conversation",
        found=f"a pair with {found}, which it does not have",
        where=where,
        do="correct the pair or leave it out",
    )


def doubts(pairs: Iterable[EmotionCause], labels: Mapping[int, str | None], where: str) -> list[str]:
    """What is kept and yet odd: a neutral emotion, or another category than the utterance's own label."""
    labelled = [(pair.emotion, labels.get(pair.emotion_utterance) or pair.emotion) for pair in pairs]
    neutral = sum(_NEUTRAL in both for both in labelled)
    other = sum(category != label for category, label in labelled if _NEUTRAL not in (category, label))
    sentences = []
    if neutral:
        sentences.append(f"{neutral} pair{'s' if neutral > 1 else ''} of a neutral utterance kept ({where})")
    if other:
        noun = "pairs" if other > 1 else "pair"
        sentences.append(f"{other} {noun} with another emotion than the utterance's own kept ({where})")
    return sentences


def _utterance_ids(conversation: Conversation) -> tuple[int, ...]:
    own = [u.id for u in conversation.utterances]
    numbers = [int(name) for name in own if is_number(name)]
    if len(numbers) == len(own) and len(set(numbers)) == len(own) and min(numbers) >= 1:
        return tuple(numbers)
    return tuple(range(1, len(own) + 1))


def _talk(conversation: Conversation) -> list[dict[str, Any]]:
    return [
        {
            "utterance_ID": number,
            "text": utterance.text or "",
            "speaker": utterance.speaker,
        }
        for number, utterance in zip(_utterance_ids(conversation), conversation.utterances, strict=True)
    ]
