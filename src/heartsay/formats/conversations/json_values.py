"""What the readers of JSON share: parsing, single values checked, and the errors for what is amiss."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, clean_text
from heartsay.formats.clock import ClockTime, in_unit
from heartsay.formats.fields import Field, find_fields
from heartsay.formats.source import Source

_PERSON = (
    *("displayName", "display_name", "real_name", "nickname", "name", "username", "label", "user", "id"),
)
"""Keys of an object that say who somebody is, in order of preference."""

_KINDS = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}
_REPR = re.compile(r"\s*(?:\[\s*)?\{\s*'")


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
        elif _REPR.match(text):
            found, do = "a Python value, with strings in single quotes", "write it with json.dump"
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


def read_seconds(value: Any, source: Source, *where: str, unit: float | None = None) -> float | None:
    """A time: a number, a clock reading or a date as text, an object of seconds and nanoseconds, or null.

    Args:
        value: what stands there.
        source: the file, which knows what its user said of times.
        where: pieces of the place, joined for messages.
        unit: seconds in one of what the key's name says that numbers are.

    Raises:
        InputError: anything else.
    """
    if value is None or (unit is None and type(value) is float):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value) if unit is None else in_unit(float(value), unit)
        except OverflowError:
            return float("inf")
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            seconds = source.time(value)
        except ValueError:
            pass
        else:
            return seconds if unit is None or type(seconds) is not float else in_unit(seconds, unit)
    if isinstance(value, dict) and (stated := _stated(value)) is not None:
        return stated
    raise wrong_value("a time in seconds", value, *where)


def _stated(value: Mapping[str, Any]) -> ClockTime | None:
    """Seconds of an object that says its units: seconds and nanoseconds, milliseconds, or from the start."""
    try:
        if "seconds" in value and value.keys() <= {"seconds", "nanos"}:
            return ClockTime(int(value["seconds"]) + int(value.get("nanos", 0)) / 1e9)
        if "milliseconds" in value:
            return ClockTime(float(value["milliseconds"]) / 1000)
        return ClockTime(float(value["relative"])) if "relative" in value else None
    except (TypeError, ValueError):
        return None


def read_times(
    item: Mapping[str, Any], fields: Mapping[str, Field], source: Source, where: str
) -> tuple[float | None, float | None]:
    """Start and end of an entry, under whatever keys; of `[start, end]`, of `{"from": ..., "to": ...}`, of a
    span as text, or of a start and a duration.

    Raises:
        InputError: a value that is no time.
    """
    keys = tuple(item)
    found: dict[str, float | None] = {}
    for role in ("start", "end", "duration"):
        if role not in fields:
            continue
        key, unit = keys[fields[role].place], fields[role].unit
        value = item[key]
        if role == "start" and (pair := _pair(value, source)) is not None:
            first, last = (read_seconds(part, source, where, ".", key, unit=unit) for part in pair)
            return first, last
        found[role] = read_seconds(value, source, where, ".", key, unit=unit)
    start, end, duration = found.get("start"), found.get("end"), found.get("duration")
    if end is None and start is not None and duration is not None:
        end = type(start)(start + duration)
    return start, end


def _pair(value: Any, source: Source) -> Sequence[Any] | None:
    """The two ends of a span of time, or None for anything else."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict):  # as one of several places where it was said
            return _pair(value[0], source)
        return value if len(value) == 2 else None
    if isinstance(value, dict):
        for ends in (("from", "to"), ("start", "end"), ("begin", "end")):
            if all(end in value for end in ends):
                return [value[end] for end in ends]
    if isinstance(value, str):
        try:
            return source.span(value)
        except ValueError:
            return None
    return None


def read_text(value: Any, *where: str) -> str:
    """What was said: a string, null, or a list of pieces that are strings or objects with a `text`.

    Raises:
        InputError: anything else.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        key = next((key for key in ("text", "plain", "content", "body") if key in value), None)
        if key is not None:
            return read_text(value[key], *where)
    if isinstance(value, list) and value and all(isinstance(part, str | dict) for part in value):
        return "".join(read_text(part, *where) for part in value)
    raise wrong_value("what was said, as a string", value, *where)


def read_speaker(value: Any, *where: str) -> str:
    """Who speaks: a string, a whole number, null, an object with a name, or a list of these.

    Raises:
        InputError: anything else.
    """
    if isinstance(value, dict):
        key = next((key for key in _PERSON if value.get(key)), None)
        if key is not None:
            return read_speaker(value[key], *where)
    if isinstance(value, list) and value and all(isinstance(one, str | dict) for one in value):
        return " & ".join(read_speaker(one, *where) for one in value)
    return read_name(value, *where)


def read_row(
    item: Any, index: int, where: str, source: Source, key: str | None = None, inherited: str = ""
) -> Row:
    """An utterance: an object with `text` and, where known, `speaker`, `start`, `end`, `emotion` and an id.

    Keys go by all names of `fields`. `votes`, which several annotators gave, are a list of their labels, or
    an object that counts them.

    Args:
        item: the object.
        index: becomes the row's `at`.
        where: how messages call it.
        source: the file.
        key: the name of its id, if not one of the usual ones; "" for none.
        inherited: who speaks where the object does not say.

    Raises:
        InputError: it is something else, has no text, or a value of the wrong kind.
    """
    if not isinstance(item, dict):
        raise wrong_value('an utterance, {"speaker": ..., "text": ...}', item, where)
    if "" in item:  # which names nothing, and stands below for what is not there
        item = {name: value for name, value in item.items() if name}
    keys = _keys_of(tuple(item))
    if not keys.text:
        raise InputError(
            expected="an utterance with 'text'",
            found=f"one with {list_keys(item)}",
            where=where,
            do="name what was said 'text'",
        )
    text, speaker, emotion = item[keys.text], item.get(keys.speaker), item.get(keys.emotion)
    if type(text) is not str:
        text = read_text(text, where, ".", keys.text)
    if emotion is not None and not isinstance(emotion, str):
        if isinstance(emotion, bool) or not isinstance(emotion, int | float):
            raise wrong_value("an emotion, as a string", emotion, where, ".emotion")
        emotion = str(emotion)
    if speaker is not None and type(speaker) is not str:
        speaker = read_speaker(speaker, where, ".", keys.speaker)
    start, end = item.get(keys.start), item.get(keys.end)
    if keys.timed and not (keys.simple and type(start) is type(end) is float):
        start, end = read_times(item, keys.fields, source, where)
    key = keys.id if key is None else key
    name = read_name(item[key], where, ".", key) if key in item else ""
    votes = read_votes(item["votes"], where) if "votes" in item else None
    return Row(index, text, speaker or inherited, start, end, emotion, name, votes)


class _Keys(NamedTuple):
    """The keys of an utterance by role, "" where there is none.

    `simple`: times are a start and an end without a stated unit; `timed`: there are any.
    """

    text: str
    speaker: str
    start: str
    end: str
    emotion: str
    id: str
    simple: bool
    timed: bool
    fields: dict[str, Field]


@lru_cache(maxsize=1024)
def _keys_of(keys: tuple[str, ...]) -> _Keys:
    fields = find_fields(keys)
    text, speaker, start, end, emotion, identifier = (
        keys[fields[role].place] if role in fields else ""
        for role in ("text", "speaker", "start", "end", "emotion", "id")
    )
    simple = "start" in fields and "end" in fields and fields["start"].unit is fields["end"].unit is None
    timed = not fields.keys().isdisjoint(("start", "end", "duration"))
    return _Keys(text, speaker, start, end, emotion, identifier, simple, timed, fields)


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


def kind_of(value: Any) -> str:
    """What kind of JSON value one is, for messages."""
    return f"the string {value[:40]!r}" if isinstance(value, str) else _KINDS.get(type(value), "a number")


def wrong_value(expected: str, value: Any, *where: str) -> InputError:
    """The error for a value of the wrong kind; the pieces of `where` are joined."""
    return InputError(expected=expected, found=kind_of(value), where="".join(where), do="correct it there")


def about_textless(places: Sequence[str], name: str) -> list[str]:
    """What to say of entries without a text among utterances, which are left out."""
    if not places:
        return []
    noun = "1 entry" if len(places) == 1 else f"{len(places)} entries"
    return [f"{noun} without a text left out (first: {places[0]}) ({name})"]


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
