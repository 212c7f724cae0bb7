"""Who speaks, as lines of text say it: `Name: text`, `[Name] text`, `(speaker 0) text`, `Name| text`.

What looks like a name is believed only in view of the whole file: a name comes again, or such lines are
common. Where a file names people by "Name:", a bracket holds no name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from heartsay.formats.sounds import is_sound

Style = Literal["colon", "square", "round", "pipe", "angle", "letter", "apart"]

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2068\u2069\ufeff"
_OPEN = "\u202a\u202b\u2066\u2067\u2068"
_CLOSE = re.compile("[\u202c\u2069]")
_LEAD = re.compile(
    rf"[\s{_INVISIBLE}]*(?:(?:-|–|—|>>+|&gt;&gt;|#{{1,6}}(?=\s))\s*)?"
    r"(?:(?:[\[(]?\s*[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9])?(?:[.,][0-9]{1,3})?\s*[\])]?)\s*[-–]?\s*)?"
    rf"[{_INVISIBLE}]*"
)
_WITHIN = r"[^:：\[\]<>|\n]"
_NAME = rf"[^\W_+#*@\"'(\[{{]{_WITHIN}{{0,59}}?|[+#*@][^\s:：\[\]<>|]{_WITHIN}{{0,58}}?"
_SEEN = 70
"""Characters of a line within which the mark after a name stands."""

_FIRST = ("square", "round", "angle", "letter")
"""Styles whose mark is the first of a line."""

_FORMS: tuple[tuple[Style, str, re.Pattern[str]], ...] = (
    (
        "square",
        "[【",
        re.compile(
            r"[\[【]([^\W_][^:：\[\]<>\n]{0,59})[\]】]\s*[:：]?(?:\s+(\S.*)|([^\W\d_].*))?", re.DOTALL
        ),
    ),
    ("round", "(", re.compile(r"\(([^\W\d_][^:：\[\]()<>\n]{0,39})\)\s*[:：]?\s+(\S.*)", re.DOTALL)),
    ("pipe", "|", re.compile(rf"({_NAME})\s*\|\s*(\S.*)", re.DOTALL)),
    (
        "colon",
        ":：",
        re.compile(rf"(?:\*\*|__)?({_NAME})\s*(?:\*\*|__)?[:：](?:\*\*|__)?(?:\s*(\S.*))?", re.DOTALL),
    ),
    ("angle", "<", re.compile(r"<([^\W\d_][^:<>\n]{0,39})>\s*(\S.*)", re.DOTALL)),
    ("letter", "QA", re.compile(r"([QA])\.\s+(\S.*)", re.DOTALL)),
    ("apart", "-–—\t", re.compile(r"([^\W\d_][\w .'’-]{0,39}?)(?:\s+[-–—]\s+|\s*\t\s*)(\S.*)", re.DOTALL)),
)
_ACTING = re.compile(r"([^:：\[\]()\n]{1,60}?)\s*([\[(]([^\[\]()\n]{1,40})[\])])\s*([:：])\s*(.*)", re.DOTALL)
"""A name with what its bearer does: `JOEL (SOBBING): Again?`."""

_SPEAKER_WORD = re.compile(
    r"(?:speaker|spk|sprecher(?:in)?|locuteur|hablante|participant|interviewe[re]|person|voice|host|guest|"
    r"unknown speaker|agent|customer|caller|client|therapist|patient|moderator)[\s_#-]*[\w?]{0,4}",
    re.IGNORECASE,
)
NO_NAMES = frozenset(
    (
        *(
            "note",
            "notes",
            "listen",
            "look",
            "warning",
            "ps",
            "p.s",
            "re",
            "subject",
            "date",
            "time",
            "title",
        ),
        *("source", "location", "duration", "url", "http", "https", "example", "e.g", "i.e", "result", "nb"),
        *("remember", "summary", "todo", "attention", "edit", "update", "also", "first", "second", "third"),
        *("finally", "anyway", "recording", "transcript", "participants", "language", "file", "version"),
        *("topic", "agenda", "chapter", "part", "reply", "to", "cc", "sent", "attachment", "link", "website"),
        *("email", "phone", "tel", "fax", "audio", "video", "media", "created", "modified", "caption"),
        *("place", "venue", "setting", "length", "project", "study", "keywords", "attendees", "speakers"),
        *("credits", "translated", "subtitles", "transcribed"),
    )
)
"""What stands before a colon and names nobody, in small letters."""

_INLINE = re.compile(
    r"(?:^|(?<=[.!?…\"”’')\]\n|/])|(?<=</s>))[\s|/]{0,4}(?:<[a-z/]{1,5}>\s{0,2}){0,2}"
    # An underscore parts words and is in none, so that there is one way to read a name of many.
    r"((?:[A-Z][a-z]{0,2}\. )?[^\W\d_](?:[^\W_]|['’#-]){0,40}(?:[ _](?:[^\W_]|['’#&-]){1,40}){0,3})"
    r"\s{0,9}[:：]\s*(?!//)"
)


_MINUTES = re.compile(r"[0-9]{2}\b")


class Tag(NamedTuple):
    """A name at the start of a line: its style, the name, and the text after it."""

    style: Style
    name: str
    text: str


def find_tag(line: str) -> Tag | None:
    """The name that a line may begin with, or None; whether it is one, `Names` tells."""
    rest = line
    if not line[:1].isalpha():
        cut = _LEAD.match(line).end()  # type: ignore[union-attr]
        rest = line[cut:]
        if any(mark in line[:cut] for mark in _OPEN):  # what it closes goes with it
            rest = _CLOSE.sub("", rest)
    first, start = rest[:1], rest[:_SEEN]
    if (
        ("(" in start or "[" in start)
        and (acting := _ACTING.fullmatch(rest)) is not None
        and is_sound(acting[3])
        and not _is_speaker_word(acting[3])
    ):
        rest = f"{acting[1]}{acting[4]} {acting[2]} {acting[5]}"
        start = rest[:_SEEN]
    for style, marks, pattern in _FORMS:
        if first not in marks if style in _FIRST else not any(mark in start for mark in marks):
            continue
        match = pattern.match(rest)
        if match is None:
            continue
        name = match[1].strip().strip(_INVISIBLE).strip()
        text = next(filter(None, match.groups()[1:]), "")
        if name and _may_be_name(name, text, style):
            return Tag(style, name, text)
    return None


@lru_cache(maxsize=4096)
def _is_speaker_word(name: str) -> bool:
    return _SPEAKER_WORD.fullmatch(name) is not None


def _may_be_name(name: str, text: str, style: Style) -> bool:
    if is_sound(name) and not _is_speaker_word(name):
        return False
    if style == "colon":
        # 10:30, http://, C:\ and the like.
        return not (text[:2] == "//" or (name[-1].isdigit() and _MINUTES.match(text) is not None))
    if style == "square":
        return not name[0].islower() or _SPEAKER_WORD.fullmatch(name) is not None
    if style in ("round", "angle"):
        return _SPEAKER_WORD.fullmatch(name) is not None or name.isupper() or name.istitle()
    return True


class Names:
    """The names of a file that are believed.

    Args:
        lines: all lines (or captions) of the file that may begin with a name.
        total: how many such pieces there are, if not the number of lines.
    """

    def __init__(self, lines: Iterable[str], total: int | None = None) -> None:
        self._tags: dict[str, Tag | None] = {}
        tags: list[Tag] = []
        count = 0
        for line in lines:
            count += 1
            tag = self._tag_of(line)
            if tag:
                tags.append(tag)
        self._decide(tags, total if total is not None else count)

    def _tag_of(self, line: str) -> Tag | None:
        """The tag of a line, looked for once."""
        if line in self._tags:
            return self._tags[line]
        tag = self._tags[line] = find_tag(line)
        return tag

    def _decide(self, tags: list[Tag], total: int) -> None:
        by_style: dict[Style, Counter[str]] = {}
        for tag in tags:
            by_style.setdefault(tag.style, Counter())[tag.name] += 1
        colon = by_style.get("colon", Counter())
        named = sum(n for name, n in colon.items() if _plausible(name, n))
        tagged = sum(names.total() for style, names in by_style.items() if style != "apart")
        common, nearly_all = tagged * 3 >= total, tagged * 10 >= total * 9
        apart = by_style.get("apart", Counter())
        set_apart = 2 <= len(apart) < apart.total() and apart.total() * 10 >= total * 9
        shouted = sum(n for name, n in colon.items() if _is_shouted(name))
        self.believed: set[tuple[Style, str]] = set()
        for style, names in by_style.items():
            speakers = {name for name in names if _SPEAKER_WORD.fullmatch(name)}
            # People are named one way: brackets beside "Name:" are sounds and remarks.
            if (
                style in ("square", "round", "angle")
                and named >= 2
                and named >= names.total()
                and not speakers
            ):
                continue
            if style == "apart":  # dashes and tabs stand elsewhere too
                self.believed |= {(style, name) for name in names if set_apart and _plausible(name, 1)}
                continue
            if style == "letter" and len(names) < 2:
                continue
            for name, times in names.items():
                plausible = _plausible(name, 2 if nearly_all and style == "colon" else times)
                if (
                    (shouted >= 2 and style == "colon" and _is_shouted(name))
                    or name in speakers
                    or (plausible and (common or times >= 2))
                ):
                    self.believed.add((style, name))

    def split(self, line: str) -> Tag | None:
        """The tag of a line if its name is believed, else None."""
        tag = self._tag_of(line)
        return tag if tag and (tag.style, tag.name) in self.believed else None


def _is_shouted(name: str) -> bool:
    """Whether a name is in capitals, as captions and scripts write speakers."""
    return name.isupper() and len(name) >= 2 and len(name.split()) <= 4 and name.casefold() not in NO_NAMES


def _plausible(name: str, times: int) -> bool:
    """Whether a name that comes so often may be one: the rarer, the more it has to look like one."""
    if name.casefold() in NO_NAMES:
        return False
    words = name.split()
    if times >= 2:
        return len(words) <= 10
    if len(words) > 5:
        return False
    return len(words) == 1 or all(not w[0].islower() for w in words) or (name.islower() and len(words) <= 2)


def split_talk(text: str) -> list[tuple[str, str]]:
    """The turns of a talk that is written in one piece, by lines or running on; empty where it is none.

    Running on, `Agent: ... Customer: ...`, names are those that stand before a colon at the start, after the
    end of a sentence or after a mark between turns; at least two must differ, and nothing stands before.
    """
    lines = [line for line in re.split(r"\r\n|\n|\r|<br ?/?>", text) if line.strip()]
    if len(lines) > 1:
        names = Names(lines)
        turns: list[tuple[str, str]] = []
        for line in lines:
            tag = names.split(line)
            if tag:
                turns.append((tag.name, tag.text))
            elif turns:
                turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line}")
            else:
                return []
        return turns if len(turns) > 1 else []
    places = [(m.start(1), m.end(), m[1].strip()) for m in _INLINE.finditer(text)]
    places = [place for place in places if _plausible(place[2], 1)]
    if len({name for _, _, name in places}) < 2 or text[: places[0][0]].strip():
        return []
    ends = [start for start, _, _ in places[1:]] + [len(text)]
    return [(name, text[begin:end].strip()) for (_, begin, name), end in zip(places, ends, strict=True)]
