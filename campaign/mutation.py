"""New inputs out of old ones: edits of the bytes or of what they hold, or tokens thrown together."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from campaign.mutation_trees import edit_of

NUMBERS = (
    b"-1",
    b"0",
    b"1e308",
    b"NaN",
    b"1" * 400,
    b"1" * 5000,
    b"99:99:99.999",
    b"2024-99-99",
    b"\xef\xbc\x91",
)
PIECES = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\xe2\x80\xae", b"\xe2\x80\x8b"),
    *(
        b"&#x110000;",
        b"&lt;",
        b"<c.",
        b"<v ",
        b"{\\",
        b"[" * 50,
        b"(" * 50,
        b'"',
        b"'",
        b"\r",
        b"\n\n",
        b"\t",
    ),
    *(b":", b"-->", b"../", b"|", b";", b"&a;", b"=cmd()", b"%s", b"{{7*7}}"),
    b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
)

_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")

Random = random.Random


def mutated(given: bytes, others: Sequence[bytes], draw: Random) -> bytes:
    """One to six random edits of an input; or of the values that it holds, or its tokens in another order."""
    kind = draw.random()
    within = edit_of(given, lambda part, draw: _edited(part, [part], draw)) if kind < 0.6 else None
    if within is not None:
        return within(given, draw)
    if kind > 0.85:
        return recombined(given, others, draw)
    return _edited(given, others, draw)


def _edited(given: bytes, others: Sequence[bytes], draw: Random) -> bytes:
    data = bytearray(given)
    for _ in range(draw.randint(1, 6)):
        data = _edit(data, others, draw)
    return bytes(data[:200_000])


def recombined(given: bytes, others: Sequence[bytes], draw: Random) -> bytes:
    """Tokens of an input and of another one, drawn with replacement; the beginning often stays."""
    tokens = _TOKEN.findall(given) + _TOKEN.findall(draw.choice(others)) + list(NUMBERS) + list(PIECES)
    start = given[: draw.choice((0, 8, 40, 100))]
    return start + b"".join(draw.choices(tokens, k=draw.randint(1, 120)))


def _edit(data: bytearray, others: Sequence[bytes], draw: Random) -> bytearray:
    place = draw.randint(0, len(data))
    end = min(len(data), place + draw.choice((1, 4, 20, 200)))
    kind = draw.randrange(8)
    if kind == 0 and data:  # another byte
        data[min(place, len(data) - 1)] = draw.randrange(256)
    elif kind == 1:  # cut out
        del data[place:end]
    elif kind == 2:  # broken off
        del data[place:]
    elif kind == 3:  # again and again
        data[place:place] = data[place:end] * draw.choice((1, 10, 1000))
    elif kind == 4:  # what is odd elsewhere
        data[place:place] = draw.choice(PIECES + NUMBERS) * draw.choice((1, 1, 1, 30))
    elif kind == 5:  # a part of another input
        other = draw.choice(others)
        start = draw.randint(0, len(other))
        data[place:end] = other[start : start + draw.choice((4, 40, 400))]
    elif kind == 6:  # another number
        found = [match.span() for match in re.finditer(rb"\d+", bytes(data[:50_000]))]
        if found:
            first, last = draw.choice(found)
            data[first:last] = draw.choice(NUMBERS)
    else:  # two parts change places
        middle = draw.randint(place, len(data))
        data = data[:place] + data[middle:] + data[place:middle]
    return data


def smallest(data: bytes, still_fails: Callable[[bytes], bool], tries: int = 400) -> bytes:
    """A small part of an input that still fails, by cutting ever smaller pieces out (Zeller 1999, ddmin)."""
    size = max(1, len(data) // 2)
    while size and tries > 0:
        place = 0
        while place < len(data) and tries > 0:
            shorter = data[:place] + data[place + size :]
            tries -= 1
            if still_fails(shorter):
                data = shorter
            else:
                place += size
        size //= 2
    return data
