"""How what files say is to be taken: what a user states of labels, times and encodings."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace

from heartsay.errors import InputError
from heartsay.formats.emotions import Parser, parse_emotion
from heartsay.formats.timing import AS_STATED, Times, parse_times


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How what a file says is to be taken.

    Attributes:
        emotion: what a label of an utterance means; by default a label other than the seven is refused.
        times: what the user says of times.
        encoding: of the text, a name that Python knows; None to tell by the bytes.
        events: whether sounds and music are taken out of what is said.
        any_label: whether a label that `emotion` refuses counts as none, with a warning.
    """

    emotion: Parser = parse_emotion
    times: Times = AS_STATED
    encoding: str | None = None
    events: bool = False
    any_label: bool = False


AS_IT_IS = Interpretation()
"""Nothing taken out, labels of the seven alone: as corpora are read."""

AS_BROUGHT = Interpretation(events=True, any_label=True)
"""As transcripts of anybody are read."""


def as_brought(
    times: str | None = None, encoding: str | None = None, emotion: Parser = parse_emotion
) -> Interpretation:
    """How transcripts of anybody are read, with what their user says of them.

    Args:
        times: what bare numbers of times mean, or the frame rate, as `timing.parse_times` takes it.
        encoding: of all text, or None to tell by the bytes.
        emotion: what labels mean.

    Raises:
        InputError: one of them is nothing that is known.
    """
    return replace(AS_BROUGHT, times=parse_times(times), encoding=check_encoding(encoding), emotion=emotion)


def check_encoding(name: str | None) -> str | None:
    """The name of an encoding, as it is given.

    Raises:
        InputError: there is no such text encoding.
    """
    if name is None:
        return None
    try:
        codecs.lookup(name)
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        raise InputError(
            expected="the name of an encoding, such as utf-16-le, cp1250, cp1251, mac_roman or shift_jis",
            found=repr(name[:40]),
            where="--encoding",
            do="name another",
        ) from None
    return name
