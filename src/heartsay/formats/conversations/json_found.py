"""Conversations of JSON whose form nobody described: where talk is found, and utterances line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.conversations.chat_json import as_chat
from heartsay.formats.conversations.json_talk import Talk, about_unread, all_talks, find_talks
from heartsay.formats.conversations.json_values import about_textless, read_name, read_row
from heartsay.formats.conversations.json_words import put_together
from heartsay.formats.fields import find_fields
from heartsay.formats.source import Source


def found_out(document: Any, source: Source) -> Iterator[Conversation]:
    """The conversations that are found in a document; none where there is no talk in it.

    Raises:
        InputError: as `build_conversation`, or a value of the wrong kind.
    """
    talks, *others = all_talks(document) or [[]]
    known = UniqueIds()
    if len(talks) == 1 and _holds_several(talks[0].items):
        yield from grouped(enumerate(talks[0].items, 1), source)
        return
    differ = len({talk.identifier.casefold() for talk in talks}) == len(talks) > 1
    read = [(number, talk, *_rows(talk, document, source)) for number, talk in enumerate(talks, 1)]
    said = [one for one in read if any(row.text.strip() and not row.event for row in one[2])]
    notes = about_unread(talks, chain.from_iterable(others), source.name)
    if silent := len(read) - len(said or read[:1]):
        noun = "1 conversation" if silent == 1 else f"{silent} conversations"
        notes.append(f"{noun} without words left out ({source.name})")
    for number, talk, rows, warnings in said or read[:1]:
        where = f"{source.name}, {talk.where}" if talk.where else source.name
        yield build_conversation(
            rows,
            source,
            identifier=known.add((talk.identifier if differ else "") or str(number), where),
            where=where,
            locate=lambda at, where=where: f"{where}[{at}]",  # type: ignore[misc]
            warnings=[*warnings, *notes],
        )
        notes = []


def _rows(talk: Talk, document: Any, source: Source) -> tuple[list[Row], list[str]]:
    where = f"{source.name}, {talk.where}" if talk.where else source.name
    entries, warnings = as_chat(talk.items, document, source)
    rows, textless = [], []
    for item, event, place in entries:
        at = f"{where}[{place}]"
        if isinstance(item, dict) and "text" not in find_fields(tuple(item)):
            textless.append(at)
            continue
        row = read_row(item, place, at, source)
        if talk.ids and not row.id:
            row = row._replace(id=talk.ids[place])
        rows.append(row._replace(event=event))
    together, notes = put_together(rows, source.name)
    return together, [*warnings, *about_textless(textless, source.name), *notes]


def _holds_several(items: list[Any]) -> bool:
    """Whether utterances name the conversation that they belong to, and it is not one."""
    if not items or not all(isinstance(item, dict) for item in items):
        return False
    place = find_fields(tuple(items[0])).get("conversation")
    if place is None:
        return False
    key = tuple(items[0])[place.place]
    ids = [item.get(key) for item in items]
    return all(isinstance(x, str | int) for x in ids) and 1 < len(set(ids)) <= max(2, len(ids) // 2)


def is_utterance(document: dict[str, Any]) -> bool:
    """Whether a line's object is one utterance, and no conversation with a talk in it."""
    return isinstance(document.get("text", document.get("content", document.get("utterance"))), str) or (
        "text" in find_fields(tuple(document)) and not find_talks(document)
    )


def grouped(items: Iterable[tuple[int, Any]], source: Source) -> Iterator[Conversation]:
    """The conversations of utterances line by line, by the id of a conversation that each states.

    Utterances of a conversation need not stand together; without such ids all are one conversation. Memory
    holds all utterances.

    Raises:
        InputError: as `build_conversation`, or a value of the wrong kind.
    """
    groups: dict[str, list[Row]] = {}
    for number, item in items:
        where = source.line(number)
        row = read_row(item, number, where, source)
        keys = tuple(item)
        place = find_fields(keys).get("conversation")
        identifier = "" if place is None else read_name(item[keys[place.place]], where)
        groups.setdefault(identifier, []).append(row)
    known = UniqueIds()
    for number, (identifier, rows) in enumerate(groups.items(), 1):
        where = f"{source.name}, conversation {identifier!r}" if identifier else source.name
        name = known.add(identifier or str(number), where)
        yield build_conversation(rows, source, identifier=name, where=where)
