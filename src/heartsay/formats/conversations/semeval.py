"""The JSON of SemEval-2024 Task 3: gold files, talk without pairs, and submissions with a system's pairs.

A list of conversations, each `{"conversation_ID": 12, "conversation": [{"utterance_ID": 1, "text": ...,
"speaker": ..., "emotion"?: ...}], "emotion-cause_pairs": [["3_joy", "2"], ...]}`; other keys are passed over.
A pair is the emotion's utterance and category, and the cause's utterance, both by `utterance_ID`, from 1, or
`U3` as some systems write. Gold files of subtask 1 have the words of the cause behind its utterance, `"2_At
last"`: they are read as the utterance alone. What the task's scorer refuses is refused here: one conversation
twice, an emotion it does not know; and besides it a gold pair that points outside its conversation. A
submission may be written one conversation a line. Format: Wang et al., SemEval-2024 Task 3: Multimodal
Emotion Cause Analysis in Conversations (2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.conversations.json_values import (
    JsonForm,
    begins_with,
    kind_of,
    parse_json,
    read_row,
    require_keys,
    wrong_value,
)
from heartsay.formats.paired import (
    ConversationId,
    EmotionCause,
    PairedConversation,
    doubts,
    known_emotion,
    outside,
)
from heartsay.formats.source import Source, open_path

_PREFIX = r"\s*[A-Za-z#]{0,12}"
_EMOTION = re.compile(rf"{_PREFIX}([0-9]{{1,9}})_(.*)", re.DOTALL)
_CAUSE = re.compile(rf"{_PREFIX}([0-9]{{1,9}})(?:\s*|(_.*))", re.DOTALL)


def read(path: str | Path, *, needed: Literal["talk", "pairs"] = "talk") -> list[PairedConversation]:
    """Read a file; arguments as for `from_document`.

    Raises:
        InputError: as `from_document`, or not JSON.
    """
    with open_path(path) as source:
        text = source.text()
        document: Any
        if source.suffix in (".jsonl", ".ndjson") or _is_lines(text):
            lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
            document = [parse_json(line, source.name, number) for number, line in lines]
        else:
            document = parse_json(text, source.name)
        return from_document(document, source, needed=needed)


def _is_lines(text: str) -> bool:
    """Whether each of the first two lines holds an object."""
    first, _, rest = text.lstrip().partition("\n")
    return first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


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
            found="an empty list" if document == [] else kind_of(document),
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


def _conversation(
    item: Any, where: str, source: Source, needed: Literal["talk", "pairs"]
) -> PairedConversation:
    talk = needed == "talk"
    item = require_keys(
        item, "conversation_ID", "conversation" if talk else "emotion-cause_pairs", where=where
    )
    identifier = item["conversation_ID"]
    if isinstance(identifier, bool) or not isinstance(identifier, int | str):
        raise wrong_value("a whole number or a string", identifier, f"{where}, conversation_ID")
    where = f"{source.name}, conversation {identifier}"
    rows = _rows(item.get("conversation", []), f"{where}, conversation", source)
    repeated = spans = 0
    pairs: set[EmotionCause] = set()
    entries = item.get("emotion-cause_pairs", [])
    if not isinstance(entries, list):
        raise wrong_value("a list of pairs", entries, f"{where}, emotion-cause_pairs")
    for index, entry in enumerate(entries):
        pair, has_span = _pair(entry, f"{where}, emotion-cause_pairs[{index}]", spans=talk)
        for utterance in (pair.emotion_utterance, pair.cause_utterance):
            if talk and rows and utterance not in rows:
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
    warnings += doubts(pairs, {utterance: row.emotion for utterance, row in rows.items()}, where)
    conversation = None
    if talk:
        conversation = build_conversation(
            rows.values(),
            source,
            identifier=str(identifier),
            where=where,
            locate=lambda at: f"{where}, conversation[{at}]",
            pairs=sorted({(str(p.emotion_utterance), str(p.cause_utterance)) for p in pairs})
            if "emotion-cause_pairs" in item
            else None,
            pairs_where=f"{where}, emotion-cause_pairs",
        )
    return PairedConversation(identifier, tuple(rows), frozenset(pairs), conversation, tuple(warnings))


def _rows(items: Any, where: str, source: Source) -> dict[int, Row]:
    """The utterances by their ids, in order."""
    if not isinstance(items, list):
        raise wrong_value("a list of utterances", items, where)
    rows: dict[int, Row] = {}
    for index, item in enumerate(items):
        at = f"{where}[{index}]"
        row = read_row(item, index, at, source, "utterance_ID")
        number = item.get("utterance_ID")
        if isinstance(number, bool) or not isinstance(number, int) or number < 1 or number in rows:
            raise InputError(
                expected="an utterance_ID of its own, a whole number from 1",
                found="none" if number is None else repr(number)[:60],
                where=at,
                do="number the utterances of a conversation from 1",
            )
        rows[number] = row
    return rows


def _pair(entry: Any, where: str, *, spans: bool) -> tuple[EmotionCause, bool]:
    """A pair, and whether its cause had a span."""
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
        raise wrong_value('a pair, ["3_joy", "2"]', entry, where)
    emotion = _EMOTION.fullmatch(entry[0])
    if emotion is None:
        raise wrong_value("an utterance and its emotion, such as '3_joy'", entry[0], where)
    category = known_emotion(emotion[2], where)
    stated = str(entry[1]) if type(entry[1]) is int else entry[1]
    cause = _CAUSE.fullmatch(stated) if isinstance(stated, str) else None
    if cause is None:
        raise wrong_value("the cause's utterance, such as '2'", stated, where)
    if cause[2] and not spans:
        raise InputError(
            expected="the cause's utterance alone",
            found=f"one with a span, {stated[:40]!r}, as subtask 1 has it",
            where=where,
            do="give the file of subtask 2",
        )
    return EmotionCause(int(emotion[1]), category, int(cause[1])), bool(cause[2])


def _read_conversations(document: Any, source: Source) -> Iterator[Conversation]:
    known = UniqueIds()
    for paired in from_document(document, source):
        if (conversation := paired.conversation) is not None:
            known.add(conversation.id, conversation.id)
            yield replace(conversation, warnings=(*conversation.warnings, *paired.warnings))


FORM = JsonForm(lambda document: begins_with(document, "conversation_ID"), _read_conversations)
