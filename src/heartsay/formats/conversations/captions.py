"""What SubRip and WebVTT share: cues, the speaker tags in their text, and how cues become utterances."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, build_conversation, clean_text
from heartsay.formats.clock import parse_clock
from heartsay.formats.source import Source

TIMING = re.compile(
    r"\s*([0-9]+:[0-9:]*[0-9](?:[.,][0-9]+)?)\s*-->\s*([0-9]+:[0-9:]*[0-9](?:[.,][0-9]+)?)(?:\s.*)?"
)
"""The line of a cue's times, whatever settings follow."""

_ATTEMPT = re.compile(r"\s*[0-9]+:[0-9:.,]*[0-9]\s*-->")
_NAME = r"[^\W_][^:\[\]<>\n]{0,59}"
_TAGS = (
    re.compile(rf"\s*(?:-|–|>>)?\s*\[({_NAME})\]\s*:?\s+(\S.*)", re.DOTALL),
    re.compile(rf"\s*(?:-|–|>>)?\s*({_NAME}):(?:\s+(.*))?", re.DOTALL),
)
_NAME_WORDS = 5
_SOUND = re.compile(
    "applause|cheering|chuckles|coughs|cries|crying|gasps|inaudible|laughing|laughs|laughter|music|pause|"
    "screams|shouting|sighs|silence|sobs|unintelligible|whispers",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Cue:
    """One caption.

    Attributes:
        at: line number of its times.
        identifier: what stands above its times, or "".
        start: seconds.
        end: seconds.
        voices: pieces of its text, each with the speaker that mark-up names, or None where none does.
    """

    at: int
    identifier: str
    start: float
    end: float
    voices: list[tuple[str | None, str]]


def parse_timing(line: str, where: str) -> tuple[float, float] | None:
    """A cue's times, or None if the line is not one of times.

    Raises:
        InputError: it begins like one and is not.
    """
    if "-->" not in line:
        return None
    if match := TIMING.fullmatch(line):
        try:
            return parse_clock(match[1]), parse_clock(match[2])
        except ValueError:
            pass
    elif not _ATTEMPT.match(line):
        return None
    raise InputError(
        expected="times such as 00:01:02.500 --> 00:01:04.000",
        found=repr(line.strip()[:60]),
        where=where,
        do="correct the line",
    )


def write_tagged(speaker: str, text: str, where: str) -> str:
    """`Name: text`, as `read_cues` takes it apart.

    Raises:
        InputError: the name is not one that a tag can carry.
    """
    line = f"{speaker}: {text}"
    if _tag(line) != (speaker, text):
        raise InputError(
            expected=f"a speaker's name of at most {_NAME_WORDS} words, without colons and brackets",
            found=repr(speaker[:60]),
            where=where,
            do="rename the speaker, or write JSON, CSV or WebVTT instead",
        )
    return line


def require_times(conversation: Conversation) -> Iterator[tuple[Utterance, float, float]]:
    """Each utterance with its start and end, which captions cannot do without.

    Raises:
        InputError: an utterance has no start or no end.
    """
    for item in conversation.utterances:
        if item.start is None or item.end is None:
            raise InputError(
                expected="a start and an end for every utterance",
                found=f"none for utterance {item.id[:60]!r}",
                where=f"conversation {conversation.id!r}",
                do="write JSON or CSV instead, which can do without",
            )
        yield item, item.start, item.end


def read_cues(cues: list[Cue], source: Source, warnings: list[str]) -> Conversation:
    """The conversation of cues: a cue gives as many utterances as it has voices.

    Speakers are taken from mark-up, or from tags `Name: text`, `[Name] text`, `- Name: text` at the start of
    a line. A tag is believed if a third of the cues carry one, or if its name comes twice, so that "Listen:
    I know." stays what it is. A cue without a tag goes on with the speaker before it. The cues' identifiers
    become utterance ids if all cues have one and all differ; further voices of a cue append ".2", ".3".

    Args:
        cues: in file order.
        source: the file.
        warnings: what the reader has to warn of; cues that went on with the speaker before them are added.

    Raises:
        InputError: as `build_conversation`.
    """
    return build_conversation(_rows(cues, source.name, warnings), source, warnings=warnings)


def _rows(cues: list[Cue], name: str, warnings: list[str]) -> Iterator[Row]:
    believed = _believed_names(cues)
    pieces: list[tuple[Cue, str, str | None, str]] = []
    for cue in cues:
        split = [piece for voice in cue.voices for piece in _split_tags(*voice, believed)]
        identifier = clean_text(cue.identifier)
        for number, piece in enumerate(split, 1):
            pieces.append((cue, identifier + (f".{number}" if number > 1 else ""), *piece))
    distinct = len({identifier for _, identifier, _, _ in pieces}) == len(pieces)
    identified = distinct and all(clean_text(cue.identifier) for cue in cues)
    speaker: str | None = None
    inherited = 0
    for cue, identifier, named, text in pieces:
        if named:
            speaker = named
        elif speaker and clean_text(text):
            inherited += 1
        yield Row(cue.at, text, speaker, cue.start, cue.end, id=identifier if identified else None)
    if inherited:
        noun = "captions without a speaker are" if inherited > 1 else "caption without a speaker is"
        warnings.append(f"{inherited} {noun} given to the speaker before ({name})")


def _believed_names(cues: list[Cue]) -> frozenset[str]:
    count: Counter[str] = Counter()
    tagged = 0
    for cue in cues:
        lines = [line for speaker, text in cue.voices if not speaker for line in text.split("\n")]
        names = [tag[0] for line in lines if (tag := _tag(line))]
        count.update(names)
        tagged += bool(names)
    least = 1 if tagged * 3 >= len(cues) else 2
    return frozenset(name for name, times in count.items() if times >= least)


def _tag(line: str) -> tuple[str, str] | None:
    """The name that a line's tag gives and the text after it, or None."""
    for bracketed, pattern in zip((True, False), _TAGS, strict=True):
        if match := pattern.fullmatch(line):
            name = match[1].strip()
            if len(name.split()) > _NAME_WORDS or _SOUND.fullmatch(name) or (bracketed and name[0].islower()):
                continue
            return name, match[2] or ""
    return None


def _split_tags(speaker: str | None, text: str, believed: frozenset[str]) -> list[tuple[str | None, str]]:
    """Cut a piece of a cue's text at the lines that begin with a believed tag."""
    if speaker:
        return [(speaker, text)]
    pieces: list[tuple[str | None, str]] = []
    for line in text.split("\n"):
        tag = _tag(line)
        if tag and tag[0] in believed:
            pieces.append(tag)
        elif pieces:
            pieces[-1] = (pieces[-1][0], f"{pieces[-1][1]} {line}")
        else:
            pieces.append((None, line))
    if len(pieces) > 1 and pieces[0][0] is None and not clean_text(pieces[0][1]):
        del pieces[0]
    return pieces
