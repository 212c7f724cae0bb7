"""The JSON of SemEval-2024 Task 3: gold files, talk without pairs, and submissions with a system's pairs.

A list of conversations, each `{"conversation_ID": 12, "conversation": [{"utterance_ID": 1, "text": ...,
"speaker": ..., "emotion"?: ...}], "emotion-cause_pairs": [["3_joy", "2"], ...]}`; other keys are passed over.
A pair is the emotion's utterance and category, and the cause's utterance, both by `utterance_ID`, from 1.
Gold files of subtask 1 have the words of the cause behind its utterance, `"2_At last"`: they are read as the
utterance alone. What the task's scorer refuses is refused here: one conversation twice, an emotion it does
not know; and besides it a pair that points outside its conversation. Format: Wang et al., SemEval-2024
Task 3: Multimodal Emotion Cause Analysis in Conversations (2024).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from heartsay.atomic import write_text
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, build_conversation
from heartsay.formats.json_values import list_keys, read_name, wrong_value
from heartsay.formats.source import Source, open_path
from heartsay.labels import EMOTIONS

ConversationId = int | str

_EMOTION = re.compile(r"\s*([0-9]{1,9})_(.*)", re.DOTALL)
_CAUSE = re.compile(r"\s*([0-9]{1,9})\s*")
_SPAN = re.compile(r"\s*([0-9]{1,9})_.*", re.DOTALL)
_NEUTRAL = "neutral"


class EmotionCause(NamedTuple):
    """A pair with the category of its emotion; utterances by their `utterance_ID`."""

    emotion_utterance: int
    emotion: str
    cause_utterance: int


@dataclass(frozen=True, slots=True)
class PairedConversation:
    """One conversation of a file in this format.

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


def read(path: str | Path) -> list[PairedConversation]:
    """Read talk, and pairs where the file has them.

    Raises:
        InputError: as `from_document`, or not JSON.
    """
    with open_path(path) as source:
        return from_document(_parse(source), source)


def read_submission(path: str | Path) -> list[PairedConversation]:
    """Read a system's pairs; the talk beside them is not needed and not kept.

    Raises:
        InputError: as `from_document`, or not JSON.
    """
    with open_path(path) as source:
        return from_document(_parse(source), source, needed="pairs")


def is_semeval(document: Any) -> bool:
    """Whether parsed JSON begins like a file of this format."""
    return (
        isinstance(document, list)
        and bool(document)
        and isinstance(document[0], dict)
        and "conversation_ID" in document[0]
    )


def from_document(
    document: Any, source: Source, *, needed: Literal["talk", "pairs"] = "talk"
) -> list[PairedConversation]:
    """The conversations of a parsed file, in its order.

    Args:
        document: the JSON of the file.
        source: the file, for messages.
        needed: what every conversation must have: its talk, as in gold and unlabelled files, where a cause
            may carry its span; or pairs, as in submissions, where it may not.

    Raises:
        InputError: it is not of this form, a conversation comes twice, a pair points outside its
            conversation, or an emotion is none of the task's.
    """
    if not isinstance(document, list) or not document:
        raise InputError(
            expected='a list of conversations, [{"conversation_ID": ..., "emotion-cause_pairs": [...]}, ...]',
            found="an empty list" if document == [] else "something else",
            where=source.name,
            do="give a file in the form of subtask 2",
        )
    found: dict[ConversationId, PairedConversation] = {}
    for index, item in enumerate(document):
        conversation = _conversation(item, f"{source.name}[{index}]", source, needed)
        if conversation.id in found:
            raise InputError(
                expected="every conversation once",
                found=f"conversation {conversation.id} a second time",
                where=f"{source.name}[{index}]",
                do="remove the repetition",
            )
        found[conversation.id] = conversation
    return list(found.values())


def from_conversation(
    conversation: Conversation,
    pairs: Iterable[tuple[int, str, int]] | None = None,
    id: ConversationId | None = None,
) -> PairedConversation:
    """Put a conversation into this form.

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
        category = emotion if bare and not emotion else _known(emotion, where)
        kept.add(EmotionCause(ids[emotion_index], category, ids[cause_index]))
    own = int(conversation.id) if conversation.id.isdecimal() else conversation.id
    warnings = tuple(_doubts(kept, {}, where))
    return PairedConversation(own if id is None else id, ids, frozenset(kept), conversation, warnings)


def to_json(conversations: Iterable[PairedConversation], *, emotions: bool = False, indent: int = 4) -> str:
    """Write this form; `from_document` takes it back.

    Args:
        conversations: with or without their talk.
        emotions: whether to write the utterances' emotions, as a gold file has them and a submission has not.
        indent: spaces per level.
    """
    document = [
        {
            "conversation_ID": c.id,
            **({} if c.conversation is None else {"conversation": _talk(c.conversation, emotions)}),
            "emotion-cause_pairs": [
                [f"{pair.emotion_utterance}_{pair.emotion}", str(pair.cause_utterance)]
                for pair in sorted(c.pairs)
            ],
        }
        for c in conversations
    ]
    return json.dumps(document, ensure_ascii=False, indent=indent) + "\n"


def write(path: str | Path, conversations: Iterable[PairedConversation], *, emotions: bool = False) -> None:
    """Write a file of this form, whole or not at all; arguments as for `to_json`."""
    write_text(path, to_json(conversations, emotions=emotions))


def _parse(source: Source) -> Any:
    try:
        return json.loads(source.text())
    except json.JSONDecodeError as error:
        raise InputError(
            expected="JSON",
            found=f"a mistake ({error.msg[:1].lower()}{error.msg[1:]})",
            where=f"{source.name}, line {error.lineno}, column {error.colno}",
            do="check that the file was written completely",
        ) from None
    except (RecursionError, ValueError):
        raise InputError(
            expected="JSON",
            found="brackets nested thousands deep, or a number of thousands of digits",
            where=source.name,
            do="check what wrote it",
        ) from None


def _conversation(
    item: Any, where: str, source: Source, needed: Literal["talk", "pairs"]
) -> PairedConversation:
    if not isinstance(item, dict):
        raise wrong_value("a conversation, an object", item, where)
    talk = needed == "talk"
    wanted = ["conversation_ID", "conversation" if talk else "emotion-cause_pairs"]
    if absent := [key for key in wanted if key not in item]:
        raise InputError(
            expected=f"a conversation with {', '.join(map(repr, wanted))}",
            found=f"one with {list_keys(item)}",
            where=where,
            do=f"add {', '.join(map(repr, absent))}",
        )
    identifier = item["conversation_ID"]
    if isinstance(identifier, bool) or not isinstance(identifier, int | str):
        raise wrong_value("a whole number or a string", identifier, f"{where}, conversation_ID")
    where = f"{source.name}, conversation {identifier}"
    rows = _rows(item.get("conversation", []), f"{where}, conversation")
    repeated = spans = 0
    pairs: set[EmotionCause] = set()
    entries = item.get("emotion-cause_pairs", [])
    if not isinstance(entries, list):
        raise wrong_value("a list of pairs", entries, f"{where}, emotion-cause_pairs")
    for index, entry in enumerate(entries):
        pair, has_span = _pair(entry, f"{where}, emotion-cause_pairs[{index}]", spans=talk)
        for utterance in (pair.emotion_utterance, pair.cause_utterance):
            if rows and utterance not in rows:
                raise outside(f"utterance {utterance}", f"{where}, emotion-cause_pairs[{index}]")
        # Several spans of one utterance are one pair of utterances, and no mistake.
        repeated += pair in pairs and not has_span
        spans += has_span
        pairs.add(pair)
    warnings = []
    if repeated:
        warnings.append(f"{repeated} repeated pair{'s' if repeated > 1 else ''} counted once ({where})")
    if spans:
        noun = "spans of causes" if spans > 1 else "span of a cause"
        warnings.append(f"{spans} {noun} read as the whole utterance ({where})")
    warnings += _doubts(pairs, {utterance: row.emotion for utterance, row in rows.items()}, where)
    conversation = None
    if talk:
        conversation = build_conversation(
            rows.values(),
            identifier=str(identifier),
            source=source.path,
            name=where,
            locate=lambda at: f"{where}, conversation[{at}]",
            pairs=sorted({(str(p.emotion_utterance), str(p.cause_utterance)) for p in pairs})
            if "emotion-cause_pairs" in item
            else None,
            pairs_where=f"{where}, emotion-cause_pairs",
        )
    return PairedConversation(identifier, tuple(rows), frozenset(pairs), conversation, tuple(warnings))


def _rows(items: Any, where: str) -> dict[int, Row]:
    """The utterances by their ids, in order."""
    if not isinstance(items, list):
        raise wrong_value("a list of utterances", items, where)
    rows: dict[int, Row] = {}
    for index, item in enumerate(items):
        at = f"{where}[{index}]"
        if not isinstance(item, dict):
            raise wrong_value("an utterance, an object", item, at)
        number = item.get("utterance_ID")
        if isinstance(number, bool) or not isinstance(number, int) or number < 1 or number in rows:
            raise InputError(
                expected="an utterance_ID of its own, a whole number from 1",
                found="none" if number is None else repr(number)[:60],
                where=at,
                do="number the utterances of a conversation from 1",
            )
        text, emotion = item.get("text", ""), item.get("emotion")
        if not isinstance(text, str):
            raise wrong_value("what was said, as a string", text, f"{at}.text")
        if emotion is not None and not isinstance(emotion, str):
            raise wrong_value("an emotion, as a string", emotion, f"{at}.emotion")
        speaker = read_name(item.get("speaker"), f"{at}.speaker")
        rows[number] = Row(index, text, speaker, emotion=emotion, id=str(number))
    return rows


def _pair(entry: Any, where: str, *, spans: bool) -> tuple[EmotionCause, bool]:
    """A pair, and whether its cause had a span."""
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
        raise wrong_value('a pair, ["3_joy", "2"]', entry, where)
    felt = _EMOTION.fullmatch(entry[0])
    if felt is None:
        raise wrong_value("an utterance and its emotion, such as '3_joy'", entry[0], where)
    emotion = _known(felt[2], where)
    cause = str(entry[1]) if isinstance(entry[1], int) and not isinstance(entry[1], bool) else entry[1]
    if not isinstance(cause, str):
        raise wrong_value("the cause's utterance, such as '2'", cause, where)
    number = _CAUSE.fullmatch(cause)
    span = _SPAN.fullmatch(cause) if number is None else None
    if span is not None and not spans:
        raise InputError(
            expected="the cause's utterance alone",
            found=f"one with a span, {cause[:40]!r}, as subtask 1 has it",
            where=where,
            do="give the file of subtask 2",
        )
    found = number or span
    if found is None:
        raise wrong_value("the cause's utterance, such as '2'", cause, where)
    return EmotionCause(int(felt[1]), emotion, int(found[1])), span is not None


def _known(emotion: str, where: str) -> str:
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


def _doubts(pairs: Iterable[EmotionCause], said: Mapping[int, str | None], where: str) -> list[str]:
    """What is kept and yet odd: a neutral emotion, or another category than the utterance's own."""
    neutral = sum(pair.emotion == _NEUTRAL or said.get(pair.emotion_utterance) == _NEUTRAL for pair in pairs)
    other = sum(
        (said.get(pair.emotion_utterance) or pair.emotion) != pair.emotion
        for pair in pairs
        if _NEUTRAL not in (pair.emotion, said.get(pair.emotion_utterance))
    )
    sentences = []
    if neutral:
        sentences.append(f"{neutral} pair{'s' if neutral > 1 else ''} of a neutral utterance kept ({where})")
    if other:
        noun = "pairs" if other > 1 else "pair"
        sentences.append(f"{other} {noun} with another emotion than the utterance's own kept ({where})")
    return sentences


def _utterance_ids(conversation: Conversation) -> tuple[int, ...]:
    own = [u.id for u in conversation.utterances]
    numbers = [int(name) for name in own if name.isdecimal()]
    if len(numbers) == len(own) and len(set(numbers)) == len(own) and min(numbers) >= 1:
        return tuple(numbers)
    return tuple(range(1, len(own) + 1))


def _talk(conversation: Conversation, emotions: bool) -> list[dict[str, Any]]:
    return [
        {
            "utterance_ID": number,
            "text": utterance.text or "",
            "speaker": utterance.speaker,
            **({"emotion": utterance.emotion} if emotions and utterance.emotion is not None else {}),
        }
        for number, utterance in zip(_utterance_ids(conversation), conversation.utterances, strict=True)
    ]
