"""Heartsay's own JSON conversation, JSON Lines of them, and whatever else is told apart by its JSON keys.

A conversation is `{"id"?, "utterances": [{"id"?, "speaker"?, "text", "start"?, "end"?, "emotion"?,
"votes"?}], "pairs"?: [[emotion_id, cause_id], ...]}` or the bare list of utterances. A document holds one
conversation, a list of them, `{"conversations": [...]}`, a WhisperX result, a file of SemEval-2024 Task 3 or
of MEC4, or an analysis written by Heartsay, whose emotions and causes, being readings and not gold labels,
are left out. JSON Lines holds one of these conversations per line and is read line by line; the other forms
are read in one piece. Unknown keys are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation, write_entities
from heartsay.formats.conversations import label_studio, mec4_json, otranscribe, semeval, whisperx
from heartsay.formats.conversations.json_found import found_out, grouped, is_utterance
from heartsay.formats.conversations.json_values import (
    JsonForm,
    list_keys,
    parse_json,
    read_name,
    read_row,
    wrong_value,
)
from heartsay.formats.conversations.json_words import put_together
from heartsay.formats.conversations.services import find_service, read_service
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

ReadRows = Callable[[list[Any], Callable[[int], str], Source], Iterator[Row]]

FORMS: tuple[JsonForm, ...] = (semeval.FORM, mec4_json.FORM, label_studio.FORM, otranscribe.FORM)
"""Forms of whole documents that are told apart by their keys."""

LINE_SUFFIXES = (".jsonl", ".ndjson")

_BEGINNING = re.compile(r"\{\s*(?:[\"'}]|$)|\[\s*(?:[{\"'\]]|\[\s*[{\"\[]|$)")
_SHAPE = 'a conversation, {"utterances": [{"speaker": ..., "text": ...}, ...]}, or a list of utterances'


def read(source: Source) -> Iterator[Conversation]:
    """The conversations of a JSON or JSON Lines document, in order.

    Raises:
        InputError: it is not JSON, breaks off, or holds anything but conversations.
    """
    if source.suffix in LINE_SUFFIXES or _looks_like_lines(source.head_text()):
        yield from _from_lines(source.lines(), source)
    elif _looks_like_lines(text := source.text()):  # the first is longer than the head
        yield from _from_lines(text.split("\n"), source)
    else:
        yield from _from_document(parse_json(text, source.name), source)


def write(conversation: Conversation) -> str:
    """The conversation as a JSON document that `read` takes back: ids, times, labels and pairs included."""
    utterances = [
        {
            "id": utterance.id,
            "speaker": write_entities(utterance.speaker),
            "text": None if utterance.text is None else write_entities(utterance.text),
            **({} if utterance.start is None else {"start": utterance.start}),
            **({} if utterance.end is None else {"end": utterance.end}),
            **({} if utterance.emotion is None else {"emotion": utterance.emotion}),
            **({} if utterance.votes is None else {"votes": dict(utterance.votes)}),
        }
        for utterance in conversation.utterances
    ]
    document: dict[str, Any] = {"id": conversation.id, "utterances": utterances}
    if conversation.pairs is not None:
        ids = [utterance.id for utterance in conversation.utterances]
        document["pairs"] = [[ids[emotion], ids[cause]] for emotion, cause in sorted(conversation.pairs)]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


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
    """A conversation of each line; or, where lines are utterances, of those that belong together."""
    known = UniqueIds()
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    for count, (number, line) in enumerate(numbered, 1):
        document = parse_json(line, source.name, number)
        if count == 1 and isinstance(document, dict) and is_utterance(document) and not _is_one(document):
            rest = ((n, parse_json(each, source.name, n)) for n, each in numbered)
            yield from grouped(chain([(number, document)], rest), source)
            return
        yield _one(document, source.line(number), source, known, count)


def _is_one(document: Any) -> bool:
    return isinstance(document, dict) and not _ROWS.keys().isdisjoint(document)


def _from_document(document: Any, source: Source) -> Iterator[Conversation]:
    """The conversations of a document: of a form that is known, of our own, of a service, or of a form that
    is found out."""
    for form in FORMS:
        if form.fits(document):
            yield from form.read(document, source)
            return
    service = find_service(document)
    if service is not None and not _is_own(document):
        given, warnings = read_service(*service, source)
        rows, notes = put_together(given, source.name)
        yield build_conversation(
            rows,
            source,
            locate=lambda at: f"{source.name}, utterance {at + 1}",
            warnings=[*warnings, *notes],
        )
        return
    if not _is_own(document):
        found = list(found_out(document, source))
        if found:
            yield from found
            return
    where = source.name
    known = UniqueIds()
    if isinstance(document, dict) and "conversations" in document and not _is_one(document):
        document, where = document["conversations"], f"{where}, conversations"
        if not isinstance(document, list):
            raise wrong_value("a list of conversations", document, where)
        if not document:
            raise InputError(
                expected="at least one conversation",
                found="an empty list",
                where=where,
                do="check what wrote it",
            )
    elif not (isinstance(document, list) and document and _is_one(document[0])):
        yield _one(document, where, source, known, 1)
        return
    for index, item in enumerate(document):
        yield _one(item, f"{where}[{index}]", source, known, index + 1)


def _is_own(document: Any) -> bool:
    """Whether a document is in one of our own forms, whose mistakes are told as such."""
    if isinstance(document, list):
        first = document[0] if document else None
        return bool(document) and (_is_own(first) if _is_one(first) else _is_bare(first))
    if not isinstance(document, dict):
        return False
    if "conversations" in document and not _is_one(document):
        inner = document["conversations"]
        return not (isinstance(inner, list) and inner) or isinstance(inner[0], list) or _is_own(inner)
    items = next((document[key] for key in _ROWS if key in document), None)
    return items is not None and (not isinstance(items, list) or not items or _is_plain(items[0]))


_OWN_KEYS = frozenset(("id", "speaker", "text", "start", "end", "emotion", "votes"))


def _is_bare(item: Any) -> bool:
    """Whether an entry of a bare list is an utterance of our own, right or wrong."""
    if isinstance(item, list):  # of utterances: one conversation of several
        return not item or not isinstance(item[0], dict)
    return not isinstance(item, dict) or item.keys() <= _OWN_KEYS


def _is_plain(item: Any) -> bool:
    """Whether an entry is no utterance of another form, such as the first of parallel lists."""
    return not isinstance(item, dict | str) or (isinstance(item, dict) and "text" in item)


def _one(document: Any, where: str, source: Source, known: UniqueIds, number: int) -> Conversation:
    identifier, pairs = "", None
    rows: ReadRows = _rows
    if isinstance(document, list):
        items, path = document, ""
    elif not isinstance(document, dict):
        raise wrong_value(_SHAPE, document, where)
    else:
        key = next((key for key in _ROWS if key in document), None)
        if key is None:
            raise InputError(
                expected=_SHAPE,
                found=f"an object with {list_keys(document)}",
                where=where,
                do="name the list of utterances 'utterances'",
            )
        items, path, rows = document[key], f", {key}", _ROWS[key]
        if not isinstance(items, list):
            raise wrong_value("a list of utterances", items, f"{where}{path}")
        if rows is _rows and "schema_version" in document and "model" in document:
            no_labels = {"emotion": None, "votes": None}
            items = [{**item, **no_labels} if isinstance(item, dict) else item for item in items]
        if document.get("pairs") is not None:
            pairs = _pairs(document["pairs"], f"{where}, pairs")
        identifier = read_name(document.get("id", document.get("conversation")), f"{where}, id")

    def locate(index: int) -> str:
        return f"{where}{path}[{index}]"

    found, notes = list(rows(items, locate, source)), list[str]()
    if rows is not _rows:
        found, notes = put_together(found, source.name)
    return build_conversation(
        found,
        source,
        identifier=known.add(identifier or str(number), where),
        where=where,
        locate=locate,
        pairs=pairs,
        warnings=notes,
        seconds=isinstance(document, dict) and rows is _rows and _are_floats(items),
    )


def _are_floats(items: list[Any]) -> bool:
    """Whether all times are numbers with a point, as `write` gives seconds."""
    starts = {type(item.get("start")) for item in items if isinstance(item, dict)}
    ends = {type(item.get("end")) for item in items if isinstance(item, dict)}
    return (starts | ends) <= {float, type(None)}


def _rows(items: list[Any], locate: Callable[[int], str], source: Source) -> Iterator[Row]:
    for index, item in enumerate(items):
        yield read_row(item, index, locate(index), source)


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


_ROWS: dict[str, ReadRows] = {"utterances": _rows, "segments": whisperx.rows}
"""The reader of a conversation's rows, by the key that holds them."""


FORMAT = FormatSpec(
    "json",
    "JSON",
    (".json", *LINE_SUFFIXES, ".otr"),
    lambda text: _BEGINNING.match(text) is not None,
    read,
    write,
)
