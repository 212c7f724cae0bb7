"""Conversations of JSON whose form nobody described: where talk is found, and utterances line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.conversations.chat_json import as_chat
from heartsay.formats.conversations.json_talk import Talk, find_talks
from heartsay.formats.conversations.json_values import read_name, read_row
from heartsay.formats.conversations.json_words import put_together
from heartsay.formats.fields import find_fields
from heartsay.formats.source import Source


def found_out(document: Any, source: Source) -> Iterator[Conversation]:
    """The conversations that are found in a document; none where there is no talk in it.

    Raises:
        InputError: as `build_conversation`, or a value of the wrong kind.
    """
    talks = find_talks(document)
    known = UniqueIds()
    if len(talks) == 1 and _holds_several(talks[0].items):
        yield from grouped(enumerate(talks[0].items, 1), source)
        return
    differ = len({talk.identifier.casefold() for talk in talks}) == len(talks) > 1
    for number, talk in enumerate(talks, 1):
        identifier = talk.identifier if differ else ""
        rows, warnings = _rows(talk, document, source)
        if any(row.text.strip() and not row.event for row in rows) or len(talks) == 1:
            where = f"{source.name}, {talk.where}" if talk.where else source.name
            yield build_conversation(
                rows,
                source,
                identifier=known.add(identifier or str(number), where),
                where=where,
                locate=lambda at, where=where: f"{where}[{at}]",  # type: ignore[misc]
                warnings=warnings,
            )


def _rows(talk: Talk, document: Any, source: Source) -> tuple[list[Row], list[str]]:
    where = f"{source.name}, {talk.where}" if talk.where else source.name
    entries, warnings = as_chat(talk.items, document, source)
    rows = []
    for index, (item, event) in enumerate(entries):
        if isinstance(item, dict) and "text" not in find_fields(tuple(item)):
            continue  # an entry of another kind among utterances
        row = read_row(item, index, f"{where}[{index}]", source)
        if talk.ids and not row.id:
            row = row._replace(id=talk.ids[index])
        rows.append(row._replace(event=event))
    together, notes = put_together(rows, source.name)
    return together, [*warnings, *notes]


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
