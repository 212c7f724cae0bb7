"""Timed text in XML: TTML and DFXP (`.ttml`, `.dfxp`), and the two forms that YouTube gives.

Format: W3C, Timed Text Markup Language 2. Speakers are agents, or names at the start of a line as in SubRip.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.clock import ClockTime, in_unit
from heartsay.formats.conversations.captions import Cue, read_cues
from heartsay.formats.fields import MILLISECONDS
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec
from heartsay.formats.xml_text import parse_xml

_BEGINNING = re.compile(
    r"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)?<(?:\w+:)?(?:tt|timedtext|transcript)[\s>]", re.DOTALL
)
_COUNT = re.compile(r"([0-9.]+)(h|m|s|ms|f|t)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": MILLISECONDS}


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a file.

    Raises:
        InputError: it is no XML, has no captions, or a time that is none.
    """
    root = parse_xml(source.text(), source.name, "timed text")
    agents = _agents(root)
    cues: list[Cue] = []
    for number, element in enumerate(root.iter(), 1):
        times = _times(element, root, source)
        if times is not None:
            who = _attribute(element, "agent") or next(
                (found for inner in element.iter("span") if (found := _attribute(inner, "agent"))), None
            )
            text = _text(element)
            cues.append(Cue(number, "", *times, [(agents.get(who or "", who), text)], text))
    if not cues:
        raise InputError(
            expected="captions with times, <p begin=... end=...>",
            found=f"none in <{root.tag}>",
            where=source.name,
            do="check that the file was written completely",
        )
    yield read_cues(cues, source, [])


def _attribute(element: Element, name: str) -> str | None:
    """An attribute, whatever namespace it is in."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)


def _agents(root: Element) -> dict[str, str]:
    """What agents are called, by their ids."""
    found = {}
    for agent in root.iter("agent"):
        name = next((child.text for child in agent if child.tag == "name" and child.text), None)
        key = _attribute(agent, "id")
        if key and name:
            found[key] = name.strip()
    return found


def _times(element: Element, root: Element, source: Source) -> tuple[float, float] | None:
    """Start and end of a caption; None for an element of another kind."""
    get = element.get
    if element.tag == "p" and get("t") is not None:
        start, length = (_number(get(key) or "0", source) for key in ("t", "d"))
        return in_unit(start, MILLISECONDS), in_unit(start + length, MILLISECONDS)
    if element.tag == "text" and get("start") is not None:
        start, length = (_number(get(key) or "0", source) for key in ("start", "dur"))
        return ClockTime(start), ClockTime(start + length)
    begin, end, length_of = get("begin"), get("end"), get("dur")
    if element.tag != "p" or begin is None or not (end or length_of):
        return None
    first = _seconds(begin, root, source)
    last = _seconds(end, root, source) if end else first + _seconds(length_of or "", root, source)
    return ClockTime(first), ClockTime(last)


def _seconds(text: str, root: Element, source: Source) -> float:
    """Seconds of `00:00:01.500`, `00:00:01:12` with frames, `1.5s`, `36f` or `15000000t`."""
    text = text.strip()
    rate = _per_second(root, "frameRate", source.how.times.frame_rate or 30, source)
    if match := _COUNT.fullmatch(text):
        ticks = _per_second(root, "tickRate", 1, source)
        unit = _UNITS.get(match[2]) or (1 / rate if match[2] == "f" else 1 / ticks)
        return _number(match[1], source) * unit
    if text.count(":") == 3:
        whole, _, frames = text.rpartition(":")
        return _number(whole, source) + _number(frames, source) / rate
    return _number(text, source)


def _per_second(root: Element, name: str, default: float, source: Source) -> float:
    """How many frames or ticks a second has, by an attribute of the file."""
    text = _attribute(root, name)
    if not text:
        return default
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.0 < found < math.inf:
        raise InputError(
            expected=f"a number above 0 as {name}",
            found=repr(text[:40]),
            where=source.name,
            do="correct it there",
        )
    return found


def _number(text: str, source: Source) -> float:
    try:
        return float(source.time(text))
    except ValueError:
        raise InputError(
            expected="a time such as 00:00:01.500 or 1.5s",
            found=repr(text[:40]),
            where=source.name,
            do="correct it there",
        ) from None


def _text(element: Element) -> str:
    parts = [element.text or ""]
    for child in element:
        parts.append("\n" if child.tag == "br" else _text(child))
        parts.append(child.tail or "")
    return re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(parts)).strip()


FORMAT = FormatSpec(
    "ttml", "timed text in XML", (".ttml", ".dfxp"), lambda text: _BEGINNING.match(text) is not None, read
)
