"""Single values of JSON documents, checked: names, times, and the error for what is neither."""

from __future__ import annotations

from typing import Any

from heartsay.errors import InputError
from heartsay.formats.cleaning import clean_text
from heartsay.formats.clock import parse_clock

_KINDS = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}


def read_name(value: Any, where: str) -> str:
    """An id or a speaker: a string, or a whole number; "" for null.

    Raises:
        InputError: anything else.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63:
        return str(value)
    raise wrong_value("a string or a whole number", value, where)


def read_seconds(value: Any, where: str) -> float | None:
    """A time: a number of seconds, a clock reading such as `00:01:02.5`, or null.

    Raises:
        InputError: anything else.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
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
    raise wrong_value("a time in seconds", value, where)


def list_keys(item: dict[str, Any]) -> str:
    """The first keys of an object, for messages."""
    return ", ".join(repr(key[:40]) for key in list(item)[:8]) or "nothing in it"


def wrong_value(expected: str, value: Any, where: str) -> InputError:
    """The error for a value of the wrong kind."""
    found = _KINDS.get(type(value), "a number")
    if isinstance(value, str):
        found = f"the string {value[:40]!r}"
    return InputError(expected=expected, found=found, where=where, do="correct it there")
