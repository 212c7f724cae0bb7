"""How large what is read may be: every limit at which something is refused or left out, in one place.

Each has a name. On the command line `--limit NAME=VALUE` changes one, with any command; in Python `change`
does, for the whole process. Whatever is refused for its size names the limit in its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from heartsay.errors import InputError

EVIDENCE_SECONDS = 0.1
"""Seconds of processor time that what moved a reading costs for each utterance, as measured on two cores
with VNNI; the same from 50 to 800 of them in a conversation."""


class Limit(NamedTuple):
    """One limit.

    Attributes:
        value: that holds unless it was changed.
        meaning: of what it is the largest that is taken, and what becomes of more.
    """

    value: int
    meaning: str


LIMITS: Mapping[str, Limit] = {
    "evidence_utterances": Limit(
        1_000,
        "utterances of a conversation for which what moved each reading is computed unasked: under two"
        " minutes of a processor with VNNI, some eight of one without; of longer ones only with"
        " --evidence always",
    ),
    "text_bytes": Limit(
        200_000_000, "bytes of a file that is read in one piece, and of a line of any other; more is refused"
    ),
    "word_bytes": Limit(100_000_000, "bytes that the text of a Word document unpacks to; more is refused"),
    "twin_bytes": Limit(
        50_000_000, "bytes of files of one name up to which they are compared; larger ones are all read"
    ),
    "talk_depth": Limit(12, "levels of JSON in which talk is looked for; deeper ones are not seen"),
    "pickle_bytes": Limit(4 * 2**30, "bytes of a pickle of features; more is refused"),
    "pickle_depth": Limit(64, "containers within containers of a pickle; more is refused"),
    "pickle_parts": Limit(
        100_000, "parts of a tuple in a pickle, counted wherever they stand; more is refused"
    ),
    "settings_bytes": Limit(1_000_000, "bytes of a YAML file; more is refused"),
    "settings_depth": Limit(50, "brackets within brackets of a YAML file; more is refused"),
    "settings_references": Limit(32, "references within a YAML file; more is refused"),
    "stretch_seconds": Limit(
        300, "seconds of one utterance or clip that are heard or seen; its beginning is"
    ),
    "sound_channels": Limit(64, "channels of a recording; more is refused"),
    "sound_rate": Limit(768_000, "samples per second of a recording; more is refused"),
    "picture_pixels": Limit(
        1_280, "pixels of a picture's longer side in which faces are looked for; larger ones are shrunk"
    ),
    "page_bytes": Limit(100_000_000, "bytes of a recording that a report holds; a larger one is linked"),
    "question_megabytes": Limit(
        1_000, "megabytes of memory that a question to results takes; more is refused"
    ),
}
"""By name."""

_changed: dict[str, int] = {}


def limit(name: str) -> int:
    """The value of a limit."""
    return _changed.get(name, LIMITS[name].value)


def changed() -> dict[str, int]:
    """The limits that have another value than their own, by name."""
    return {name: value for name, value in sorted(_changed.items()) if value != LIMITS[name].value}


def change(**values: int) -> None:
    """Give limits other values in this process; without any, all have their own again.

    Raises:
        InputError: no limit of that name, or a value that is no whole number from 1.
    """
    for name, value in values.items():
        if name not in LIMITS:
            raise _refused(f"a limit ({', '.join(LIMITS)})", repr(name), "name one of these")
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _refused("a whole number from 1", repr(value), f"give {name} such a number")
    if not values:
        _changed.clear()
    _changed.update(values)


def change_as_said(options: list[str]) -> None:
    """The same from texts such as `text_bytes=400000000`.

    Raises:
        InputError: as `change`, or a text of another form.
    """
    values = {}
    for text in options:
        name, mark, number = text.partition("=")
        digits = number.replace("_", "").replace(",", "")
        if not mark or not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            raise _refused(
                "NAME=VALUE, a whole number", repr(text[:60]), "write --limit text_bytes=400000000"
            )
        values[name.strip()] = int(digits)
    if values:
        change(**values)


def raising(name: str) -> str:
    """How messages say that a limit can be raised."""
    return f"or raise it with --limit {name}=VALUE"


def _refused(expected: str, found: str, do: str) -> InputError:
    return InputError(expected=expected, found=found, where="--limit", do=do)
