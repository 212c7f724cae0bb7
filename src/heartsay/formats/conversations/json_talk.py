"""Where in a JSON document the talk is, whatever its form: lists of objects that look like utterances.

A list (or an object of objects) is talk if its entries have a text and say who speaks or when, under any of
the names of `fields`. Several lists at like places, `dialogues[].turns`, are several conversations. So are
parallel lists, `{"speakers": [...], "utterances": [...]}`, and talks written as one string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from heartsay.formats.fields import NAMES, find_fields, plain
from heartsay.formats.turns import Names, split_talk
from heartsay.limits import limit

_LOOK = 20
_TALK_KEYS = (
    *("utterances", "turns", "dialogue", "dialog", "conversation", "messages", "transcript", "transcription"),
    *("monologues", "sentences", "segments", "paragraphs", "phrases", "entries", "captions", "cues", "lines"),
    *("speakers", "chunks", "events", "comments", "replies", "items", "results", "data", "content"),
)
"""Keys that hold talk, the finest first where a document has it several times."""

_NO_TALK = frozenset(
    [
        "words",
        "tokens",
        "wordsegments",
        "entities",
        "textentities",
        "chapters",
        "highlights",
        "summaries",
        "topics",
        "sentiments",
        "keywords",
        "sentimentanalysisresults",
        "annotations",
        "predictions",
        "reactions",
        "attachments",
        "participants",
        "meta",
        "metadata",
        "links",
        "usage",
        "questions",
        "actionitems",
        "tasks",
        "translations",
    ]
)


@dataclass(frozen=True)
class Talk:
    """A list of utterances in a document.

    Attributes:
        pattern: its keys from the top; `*` for the places of lists and for keys that are names.
        where: the same, exact, for messages.
        items: the entries.
        identifier: what the document calls the conversation, or "".
        ids: keys of the entries, where these are an object's values.
    """

    pattern: tuple[str, ...]
    where: str
    items: list[Any] = field(repr=False)
    identifier: str = ""
    ids: tuple[str, ...] = ()


def find_talks(document: Any) -> list[Talk]:
    """The talks of a document, all at like places; empty where it has none."""
    return next(iter(all_talks(document)), [])


def all_talks(document: Any) -> list[list[Talk]]:
    """The talks of a document by like places, the best first."""
    found: dict[tuple[str, ...], list[Talk]] = {}
    for talk in _walk(document, (), "", ""):
        found.setdefault(talk.pattern, []).append(talk)
    return sorted(found.values(), key=_rank, reverse=True)


def about_unread(read: Sequence[Talk], others: Iterable[Talk], name: str) -> list[str]:
    """What to say of talks that are not read and not the same words again, finer or coarser."""
    words = "".join(_words(item) for talk in read for item in talk.items)
    return [
        f"what looks like another talk, {talk.where or 'the whole'} with {len(talk.items):,} entries, is not"
        f" read ({name})"
        for talk in others
        if not all(_words(item) in words for item in talk.items[:_LOOK])
    ]


def _words(item: Any) -> str:
    """The text of an entry without spaces and marks."""
    fields = find_fields(tuple(item)) if isinstance(item, dict) else {}
    text = item[tuple(item)[fields["text"].place]] if "text" in fields else ""
    pieces = text if isinstance(text, list) else [text]
    return plain("".join(part if isinstance(part, str) else "" for part in pieces))


def _rank(talks: list[Talk]) -> tuple[int, int, int]:
    """The more of the talks say who speaks, the better; then by the key that holds them."""
    key = next((plain(part) for part in reversed(talks[0].pattern) if part != "*"), "")
    known = _TALK_KEYS.index(key) if key in _TALK_KEYS else len(_TALK_KEYS)
    named = any(_says(item, "speaker") for talk in talks for item in talk.items[:_LOOK])
    return int(named), -known, sum(len(talk.items) for talk in talks)


def _walk(node: Any, pattern: tuple[str, ...], where: str, identifier: str) -> Iterator[Talk]:
    if len(pattern) > limit("talk_depth"):
        return
    if isinstance(node, list):
        if turns := _turns_within(node):
            yield Talk(pattern, where, turns, identifier)
            return
        if _is_talk(node, pattern):
            yield Talk(pattern, where, node, identifier)
            return
        for number, part in enumerate(node):
            if isinstance(part, list | dict):
                yield from _walk(part, (*pattern, "*"), f"{where}[{number}]", identifier or str(number + 1))
    elif isinstance(node, dict):
        own = _own_id(node) or identifier
        parallel = _parallel(node) or _written_out(node)
        if parallel:
            yield Talk(pattern, where, parallel, own)
            return
        lists = [value for value in node.values() if isinstance(value, list)]
        values = [value for value in node.values() if isinstance(value, dict)]
        if len(values) == len(node) and _is_talk(values, pattern, strict=True):
            yield Talk(pattern, where, values, own, tuple(node))
            return
        # Keys that are names of what they hold, as of one dialogue each, are like places.
        alike = len(values) == len(node) or (
            len(lists) == len(node) > 1 and all(x and isinstance(x[0], list | dict) for x in lists)
        )
        named = alike and bool(node) and all(plain(key) not in _TALK_KEYS for key in node)
        for key, part in node.items():
            if isinstance(part, list | dict) and plain(key) not in _NO_TALK:
                inner = key if named and not _own_id(part) else own
                yield from _walk(part, (*pattern, "*" if named else key), f"{where}.{key}".lstrip("."), inner)


def _turns_within(items: list[Any]) -> list[dict[str, Any]]:
    """The utterances of turns that name who speaks and hold what is said piece by piece, with times."""
    head = items[:_LOOK]
    if not head or not all(isinstance(item, dict) for item in head):
        return []
    keys = [
        key
        for key, value in head[0].items()
        if isinstance(value, list)
        and value
        and all(_says(part, "text") and _says(part, "start") for part in value)
    ]
    fields = find_fields(tuple(head[0]))
    if len(keys) != 1 or "speaker" not in fields or _has_own_text(head[0], keys[0]):
        return []
    if any(_says(part, "speaker") for part in head[0][keys[0]]):
        return []
    key, speaker = keys[0], tuple(head[0])[fields["speaker"].place]
    if plain(key) in ("words", "tokens"):
        return [
            _of_words(item.get(speaker), item[key]) for item in items if _says(item, "text") and item.get(key)
        ]
    return [
        {"speaker": item.get(speaker), **part}
        for item in items
        if isinstance(item, dict)
        for part in item.get(key) or ()
        if isinstance(part, dict)
    ]


def _of_words(speaker: Any, words: list[dict[str, Any]]) -> dict[str, Any]:
    """The utterance of a turn's words."""
    fields = find_fields(tuple(words[0]))
    places = {role: tuple(words[0])[field.place] for role, field in fields.items()}
    text = " ".join(str(word.get(places["text"], "")).strip() for word in words)
    start = {places["start"]: words[0].get(places["start"])}
    end = {places["end"]: words[-1].get(places["end"])} if "end" in places else {}
    return {"speaker": speaker, "text": text, **start, **end}


def _has_own_text(item: dict[str, Any], key: str) -> bool:
    return _says({name: value for name, value in item.items() if name != key}, "text")


def _own_id(node: Any) -> str:
    """What an object says that it is called."""
    if not isinstance(node, dict):
        return ""
    for key, value in node.items():
        name = plain(key)
        is_id = (
            name == "id" or (name.endswith("id") and name.removesuffix("id") in _CALLED) or name in _CALLED
        )
        if is_id and isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    return ""


_CALLED = frozenset((*NAMES["conversation"], "scene", "dial", "conv", "task", "session", "episode"))


def _is_talk(items: list[Any], pattern: tuple[str, ...], *, strict: bool = False) -> bool:
    head = items[:_LOOK]
    if not head or not all(isinstance(item, dict) for item in head):
        return False
    said = [item for item in head if _says(item, "text")]
    if len(said) * (1 if strict else 2) < len(head) or not said:
        return False
    key = plain(pattern[-1]) if pattern else ""
    return any(_says(item, "speaker") or _says(item, "start") for item in said) or key in _TALK_KEYS[:20]


def _says(item: Any, role: str) -> bool:
    """Whether an object has a value for a role, of a kind that can be one."""
    if not isinstance(item, dict):
        return False
    fields = find_fields(tuple(item))
    if role not in fields:
        return False
    value = item[tuple(item)[fields[role].place]]
    if role != "text":
        return value is not None and value != ""
    return isinstance(value, str) or (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(p, str) or (isinstance(p, dict) and isinstance(p.get("text"), str)) for p in value)
    )


def _parallel(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The utterances of an object whose lists go side by side: texts, speakers, emotions."""
    lists = {key: value for key, value in node.items() if isinstance(value, list) and value}
    by_role: dict[str, list[Any]] = {}
    for key, value in lists.items():
        name = plain(key).removesuffix("s")
        role = next((role for role in ("text", "speaker", "emotion") if name in NAMES[role]), None)
        if name in ("turn", "dialogue", "dialog"):
            role = "text"
        if role and all(part is None or isinstance(part, str | int) for part in value):
            by_role.setdefault(role, value)
    texts = by_role.get("text", [])
    if not texts or not all(isinstance(text, str) for text in texts):
        return []
    roles = {role: values for role, values in by_role.items() if len(values) == len(texts)}
    names = Names(texts)
    tags = [names.split(text) for text in texts]
    if "speaker" not in roles and all(tags):
        roles |= {"text": [tag.text for tag in tags if tag], "speaker": [tag.name for tag in tags if tag]}
    if "speaker" not in roles and len(texts) < 2:
        return []
    return [dict(zip(roles, values, strict=True)) for values in zip(*roles.values(), strict=True)]


def _written_out(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The utterances of an object that holds a whole talk as one string."""
    if _says(node, "speaker"):
        return []
    for key, value in node.items():
        name = plain(key)
        if isinstance(value, str) and (name in NAMES["text"] or name in _TALK_KEYS or name in _CALLED):
            turns = split_talk(value)
            if len(turns) > 1:
                return [{"speaker": speaker, "text": text} for speaker, text in turns]
    return []
