"""Heartsay's own JSON conversation, JSON Lines of them, and whatever else is told apart by its JSON keys.

A conversation is `{"id"?, "utterances": [{"id"?, "speaker"?, "text", "start"?, "end"?, "emotion"?}],
"pairs"?: [[emotion_id, cause_id], ...]}` or the bare list of utterances. A document holds one conversation,
a list of them, `{"conversations": [...]}`, a WhisperX result, a file of SemEval-2024 Task 3 or of MEC4, or an
analysis written by Heartsay, whose emotions and causes, being readings and not gold labels, are left out.
JSON Lines holds one of these conversations per line and is read line by line; the other forms are read in
one piece. Unknown keys are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats import mec4_json, semeval, whisperx
from heartsay.formats.cleaning import Row, SeenIds, build_conversation
from heartsay.formats.json_values import list_keys, read_name, read_seconds, wrong_value
from heartsay.formats.source import Source

LINE_SUFFIXES = (".jsonl", ".ndjson")

_SHAPE = 'a conversation, {"utterances": [{"speaker": ..., "text": ...}, ...]}, or a list of utterances'


def read(source: Source) -> Iterator[Conversation]:
    """The conversations of a JSON or JSON Lines document, in order.

    Raises:
        InputError: it is not JSON, breaks off, or holds anything but conversations.
    """
    if source.suffix in LINE_SUFFIXES or _looks_like_lines(source.head_text()):
        yield from _from_lines(source.lines(), source)
        return
    text = source.text()
    try:
        document = _parse(text, source.name)
    except _ExtraDataError as extra:
        # A first line longer than what was looked at above, and more lines after it.
        if text[extra.position - 1] != "\n":
            raise
        yield from _from_lines(text.split("\n"), source)
        return
    yield from _from_document(document, source)


def conversation_to_json(conversation: Conversation, *, indent: int | None = 2) -> str:
    """The conversation as a JSON document that `read` takes back: ids, times, emotions and pairs included."""
    utterances = [
        {
            "id": utterance.id,
            "speaker": utterance.speaker,
            "text": utterance.text,
            **({} if utterance.start is None else {"start": utterance.start}),
            **({} if utterance.end is None else {"end": utterance.end}),
            **({} if utterance.emotion is None else {"emotion": utterance.emotion}),
        }
        for utterance in conversation.utterances
    ]
    document: dict[str, Any] = {"id": conversation.id, "utterances": utterances}
    if conversation.pairs is not None:
        ids = [utterance.id for utterance in conversation.utterances]
        document["pairs"] = [[ids[emotion], ids[cause]] for emotion, cause in sorted(conversation.pairs)]
    return json.dumps(document, ensure_ascii=False, indent=indent) + "\n"


class _ExtraDataError(InputError):
    """A complete JSON value, and something after it; `position` is where that begins."""

    position = 0


def _parse(text: str, name: str, first_line: int = 1) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}, line {first_line + error.lineno - 1}, column {error.colno}"
        if error.msg == "Extra data":
            extra = _ExtraDataError(
                expected="one JSON value",
                found="more after it",
                where=where,
                do="write several conversations as a list, or one per line as .jsonl",
            )
            extra.position = error.pos
            raise extra from None
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            found, do = "JSON that breaks off", "check that it was written completely"
        else:
            found, do = _describe_json_error(error), "correct the JSON there"
        raise InputError(expected="JSON", found=found, where=where, do=do) from None
    except RecursionError:
        raise InputError(
            expected=_SHAPE, found="brackets nested thousands deep", where=name, do="check what wrote it"
        ) from None
    except ValueError:
        raise InputError(
            expected="JSON", found="a number of thousands of digits", where=name, do="check what wrote it"
        ) from None


def _describe_json_error(error: json.JSONDecodeError) -> str:
    if error.doc.strip()[:1] not in ("{", "["):
        return f"text that begins with {error.doc.strip()[:20]!r}"
    return f"a mistake ({error.msg[:1].lower()}{error.msg[1:]})"


def _looks_like_lines(head: str) -> bool:
    """Whether the first line is a whole JSON value and another one follows."""
    first, mark, rest = head.lstrip().partition("\n")
    if not mark or first.rstrip()[-1:] not in ("}", "]") or rest.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _from_lines(lines: Iterable[str], source: Source) -> Iterator[Conversation]:
    seen = SeenIds()
    count = repaired = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        count += 1
        where = f"{source.name}, line {number}"
        document = _parse(line, source.name, number)
        if isinstance(document, dict) and "text" in document and not _is_one(document):
            raise InputError(
                expected="one conversation per line",
                found="an utterance",
                where=where,
                do='put the utterances of a conversation into one line, {"utterances": [...]}',
            )
        warnings = [source.encoding_warning()] if source.repaired > repaired else []
        repaired = source.repaired
        yield _one(document, where, source, seen, count, warnings)


def _is_one(document: Any) -> bool:
    return isinstance(document, dict) and ("utterances" in document or "segments" in document)


def _from_document(document: Any, source: Source) -> Iterator[Conversation]:
    warnings = [source.encoding_warning()] if source.repaired else []
    where = source.name
    seen = SeenIds()
    if isinstance(document, dict) and "conversations" in document and not _is_one(document):
        document = document["conversations"]
        where = f"{source.name}, conversations"
        if not isinstance(document, list):
            raise wrong_value("a list of conversations", document, where)
        if not document:
            raise _no_conversation(where)
    elif semeval.is_semeval(document):
        for paired in semeval.from_document(document, source):
            if paired.conversation is not None:
                sentences = (*warnings, *paired.conversation.warnings, *paired.warnings)
                identifier = seen.add(paired.conversation.id, paired.conversation.id)
                yield replace(paired.conversation, id=identifier, warnings=sentences)
        return
    elif mec4_json.is_mec4(document):
        yield from mec4_json.from_document(document, source)
        return
    elif not (isinstance(document, list) and document and _is_one(document[0])):
        yield _one(document, where, source, seen, 1, warnings)
        return
    for index, item in enumerate(document):
        yield _one(item, f"{where}[{index}]", source, seen, index + 1, warnings)


def _one(
    document: Any, where: str, source: Source, seen: SeenIds, number: int, warnings: list[str]
) -> Conversation:
    stated: Any = None
    pairs = None
    if isinstance(document, list):
        items, path = document, ""
    elif not isinstance(document, dict):
        raise wrong_value(_SHAPE, document, where)
    else:
        stated = document.get("id", document.get("conversation"))
        if "utterances" in document:
            items, path = document["utterances"], ", utterances"
        elif "segments" in document:
            items, path = document["segments"], ", segments"
        else:
            raise InputError(
                expected=_SHAPE,
                found=f"an object with {list_keys(document)}",
                where=where,
                do="name the list of utterances 'utterances'",
            )
        if not isinstance(items, list):
            raise wrong_value("a list of utterances", items, f"{where}{path}")
        if document.get("pairs") is not None:
            pairs = _pairs(document["pairs"], f"{where}, pairs")
    identifier = read_name(stated, f"{where}, id") or str(number)

    def locate(index: int) -> str:
        return f"{where}{path}[{index}]"

    if path == ", segments":
        rows: Iterable[Row] = whisperx.rows(items, locate)
    else:
        is_analysis = isinstance(document, dict) and "schema_version" in document and "model" in document
        rows = _rows(items, locate, with_emotions=not is_analysis)
    return build_conversation(
        rows,
        identifier=seen.add(identifier, where),
        source=source.path,
        name=where,
        locate=locate,
        pairs=pairs,
        pairs_where=f"{where}, pairs",
        warnings=warnings,
    )


def _rows(items: list[Any], locate: Any, *, with_emotions: bool) -> Iterator[Row]:
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise wrong_value('an utterance, {"speaker": ..., "text": ...}', item, locate(index))
        get = item.get
        text = get("text")
        if type(text) is not str:
            if "text" not in item:
                raise InputError(
                    expected="an utterance with 'text'",
                    found=f"one with {list_keys(item)}",
                    where=locate(index),
                    do="name what was said 'text'",
                )
            if text is not None:
                raise wrong_value("what was said, as a string", text, f"{locate(index)}.text")
            text = ""
        emotion = get("emotion") if with_emotions else None
        if emotion is not None and type(emotion) is not str:
            raise wrong_value("an emotion, as a string", emotion, f"{locate(index)}.emotion")
        speaker, key, start, end = get("speaker"), get("id"), get("start"), get("end")
        if speaker is not None and type(speaker) is not str:
            speaker = read_name(speaker, f"{locate(index)}.speaker")
        if key is not None and type(key) is not str:
            key = read_name(key, f"{locate(index)}.id")
        if start is not None and type(start) is not float:
            start = read_seconds(start, f"{locate(index)}.start")
        if end is not None and type(end) is not float:
            end = read_seconds(end, f"{locate(index)}.end")
        yield Row(index, text, speaker, start, end, emotion, key)


def _pairs(items: Any, where: str) -> list[tuple[str, str]]:
    if not isinstance(items, list):
        raise wrong_value("a list of pairs [emotion_id, cause_id]", items, where)
    pairs = []
    for index, item in enumerate(items):
        if not isinstance(item, list) or len(item) != 2:
            raise wrong_value("a pair [emotion_id, cause_id]", item, f"{where}[{index}]")
        emotion, cause = (read_name(part, f"{where}[{index}]") for part in item)
        pairs.append((emotion, cause))
    return pairs


def _no_conversation(where: str) -> InputError:
    return InputError(
        expected="at least one conversation", found="an empty list", where=where, do="check what wrote it"
    )
