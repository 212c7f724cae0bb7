"""What the readers of JSON share: parsing, single values checked, and the errors for what is amiss."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, clean_text
from heartsay.formats.clock import parse_clock
from heartsay.formats.source import Source

_KINDS = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}


class JsonForm(NamedTuple):
    """A form of whole JSON documents that is told apart by its keys: whether one fits, and its reader."""

    fits: Callable[[Any], bool]
    read: Callable[[Any, Source], Iterator[Conversation]]


def begins_with(document: Any, *keys: str) -> bool:
    """Whether parsed JSON is a list whose first entry is an object with all of these keys."""
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and all(key in first for key in keys)


def parse_json(text: str, name: str, first_line: int = 1) -> Any:
    """The value that a text holds.

    Args:
        text: the JSON.
        name: how messages call the file.
        first_line: number of the text's first line in the file.

    Raises:
        InputError: it is not JSON, breaks off, or more follows it.
    """
    expected = "JSON"
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}, line {first_line + error.lineno - 1}, column {error.colno}"
        if error.msg == "Extra data":
            expected, found = "one JSON value", "more after it"
            do = "write several conversations as a list, or one per line as .jsonl"
        elif error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            found, do = "JSON that breaks off", "check that it was written completely"
        elif text.strip()[:1] not in ("{", "["):
            found, do = f"text that begins with {text.strip()[:20]!r}", "correct the JSON there"
        else:
            found, do = f"a mistake ({error.msg[:1].lower()}{error.msg[1:]})", "correct the JSON there"
    except RecursionError:
        found, where, do = "brackets nested thousands deep", name, "check what wrote it"
    except ValueError:
        found, where, do = "a number of thousands of digits", name, "check what wrote it"
    raise InputError(expected=expected, found=found, where=where, do=do)


def read_name(value: Any, *where: str) -> str:
    """An id or a speaker, a string or a whole number; "" for null. The pieces of `where` are joined.

    Raises:
        InputError: anything else.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63:
        return str(value)
    raise wrong_value("a string or a whole number", value, *where)


def read_seconds(value: Any, *where: str) -> float | None:
    """A time: a number of seconds, a clock reading such as `00:01:02.5`, or null.

    Raises:
        InputError: anything else.
    """
    if value is None or type(value) is float:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            return parse_clock(value)
        except ValueError:
            pass
    raise wrong_value("a time in seconds", value, *where)


def read_row(item: Any, index: int, where: str, key: str = "id") -> Row:
    """An utterance: an object with `text` and, where known, `speaker`, `start`, `end`, `emotion` and an id.

    `votes`, which several annotators gave, are a list of their labels, or an object that counts them.

    Args:
        item: the object.
        index: becomes the row's `at`.
        where: how messages call it.
        key: the name of its id.

    Raises:
        InputError: it is something else, has no text, or a value of the wrong kind.
    """
    if not isinstance(item, dict):
        raise wrong_value('an utterance, {"speaker": ..., "text": ...}', item, where)
    if "text" not in item:
        raise InputError(
            expected="an utterance with 'text'",
            found=f"one with {list_keys(item)}",
            where=where,
            do="name what was said 'text'",
        )
    text, emotion = item["text"], item.get("emotion")
    if not (text is None or isinstance(text, str)):
        raise wrong_value("what was said, as a string", text, where, ".text")
    if not (emotion is None or isinstance(emotion, str)):
        raise wrong_value("an emotion, as a string", emotion, where, ".emotion")
    speaker = read_name(item.get("speaker"), where, ".speaker")
    start = read_seconds(item.get("start"), where, ".start")
    end = read_seconds(item.get("end"), where, ".end")
    name = read_name(item.get(key), where, ".", key)
    votes = read_votes(item.get("votes"), where)
    return Row(index, text or "", speaker, start, end, emotion, name, votes)


def read_votes(value: Any, where: str) -> dict[str, float] | None:
    """How many annotators chose each label: of a list of labels, or of an object from label to number.

    Raises:
        InputError: it is something else.
    """
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(label, str) for label in value):
        return dict(Counter(value))
    counts = value.values() if isinstance(value, dict) else (None,)
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in counts):
        raise wrong_value('labels, or how many chose each, {"joy": 2, ...}', value, where, ".votes")
    return {label: float(count) for label, count in value.items()}


def list_keys(item: dict[str, Any]) -> str:
    """The first keys of an object, for messages."""
    return ", ".join(repr(key[:40]) for key in list(item)[:8]) or "nothing in it"


def wrong_value(expected: str, value: Any, *where: str) -> InputError:
    """The error for a value of the wrong kind; the pieces of `where` are joined."""
    found = _KINDS.get(type(value), "a number")
    if isinstance(value, str):
        found = f"the string {value[:40]!r}"
    return InputError(expected=expected, found=found, where="".join(where), do="correct it there")


def require_keys(item: Any, *keys: str, where: str) -> dict[str, Any]:
    """A conversation as an object that has all of these keys.

    Raises:
        InputError: it is something else, or lacks one.
    """
    if not isinstance(item, dict):
        raise wrong_value("a conversation, an object", item, where)
    if absent := [key for key in keys if key not in item]:
        raise InputError(
            expected=f"a conversation with {', '.join(map(repr, keys))}",
            found=f"one with {list_keys(item)}",
            where=where,
            do=f"add {', '.join(map(repr, absent))}",
        )
    return item
