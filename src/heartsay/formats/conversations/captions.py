"""What SubRip and WebVTT share: cues, the speaker tags in their text, and how cues become utterances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, build_conversation, clean_text, write_entities
from heartsay.formats.clock import ClockTime, parse_clock
from heartsay.formats.conversations.rolling import ABUTTING, Shown, each_once
from heartsay.formats.sounds import may_sound, take_sounds
from heartsay.formats.source import Source
from heartsay.formats.turns import Names

TIMING = re.compile(
    r"\s*([0-9]+:[0-9:]*[0-9](?:[.,][0-9]+)?)\s*-->\s*([0-9]+:[0-9:]*[0-9](?:[.,][0-9]+)?)(?:\s.*)?"
)
"""The line of a cue's times, whatever settings follow."""

_USUAL_CLOCK = r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])[.,]([0-9]{3})"
_USUAL = re.compile(f"{_USUAL_CLOCK} --> {_USUAL_CLOCK}")
_ATTEMPT = re.compile(r"\s*[0-9]+:[0-9:.,]*[0-9]\s*-->")
_STAMP = re.compile(r"[\[(<#]?\s*[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9])?(?:[.,][0-9]{1,3})?\s*[\])>#]?")
_LONGEST_LABEL = 40
_DASH = re.compile(r"\s*(?:-|–|—|‐|−)\s*(?=\S)")
_CHANGE = re.compile(r"\s*(?:>>+|&gt;&gt;)\s*")


@dataclass(slots=True)
class Cue:
    """One caption.

    Attributes:
        at: line number of its times.
        identifier: what stands above its times, or "".
        start: seconds.
        end: seconds.
        voices: pieces of its text, each with the speaker that mark-up names, or None where none does.
        raw: the text with its mark-up, where that tells captions apart that read the same.
    """

    at: int
    identifier: str
    start: float
    end: float
    voices: list[tuple[str | None, str]]
    raw: str = ""


def parse_timing(line: str, source: Source, number: int) -> tuple[float, float] | None:
    """A cue's times, or None if the line, of that number, is not one of times.

    Raises:
        InputError: it begins like one and is not.
    """
    if "-->" not in line:
        return None
    if (match := _USUAL.fullmatch(line)) is not None:
        h, m, s, ms, h2, m2, s2, ms2 = map(int, match.groups())
        start, end = ((h * 60 + m) * 60 + s) * 1000 + ms, ((h2 * 60 + m2) * 60 + s2) * 1000 + ms2
        return ClockTime(start / 1000), ClockTime(end / 1000)
    if match := TIMING.fullmatch(line):
        try:
            return _clock(match[1]), _clock(match[2])
        except ValueError:
            pass
    elif not _ATTEMPT.match(line):
        return None
    raise InputError(
        expected="times such as 00:01:02.500 --> 00:01:04.000",
        found=repr(line.strip()[:60]),
        where=source.line(number),
        do="correct the line",
    )


def _clock(text: str) -> ClockTime:
    """Seconds of a time; with a third colon, `00:00:02:500`, what follows it are milliseconds."""
    if text.count(":") == 3 and "." not in text and "," not in text and len(text) - text.rfind(":") == 4:
        text = ".".join(text.rsplit(":", 1))
    return ClockTime(parse_clock(text))


def write_tagged(conversation: Conversation) -> list[str]:
    """`Name: text` of each utterance, as `read_cues` takes them apart.

    Raises:
        InputError: a name is not one that a tag can carry.
    """
    lines = [f"{u.speaker}: {write_entities(u.text or '')}" for u in conversation.utterances]
    names = Names(lines)
    for item, line in zip(conversation.utterances, lines, strict=True):
        tag = names.split(line)
        if (
            tag is None
            or (tag.style, tag.name) != ("colon", item.speaker)
            or tag.text != line[len(item.speaker) + 2 :]
        ):
            raise InputError(
                expected="a speaker's name that a tag can carry, without colons and brackets",
                found=repr(item.speaker[:60]),
                where=f"conversation {conversation.id!r}, utterance {item.id!r}",
                do="rename the speaker, or write JSON, CSV or WebVTT instead",
            )
    return lines


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

    Speakers are taken from mark-up, or from names at the start of a line as `turns` finds them. A cue without
    a name goes on with the speaker before it; lines that begin with dashes or `>>` are utterances of their
    own. Captions that show words again are read as saying them once. The cues' identifiers become utterance
    ids if all cues have one and all differ; further voices of a cue append ".2", ".3".

    Args:
        cues: in file order.
        source: the file.
        warnings: what the reader has to warn of; what is doubtful here is added.

    Raises:
        InputError: as `build_conversation`.
    """
    cues = _once(cues, source.name, warnings)
    return build_conversation(_rows(cues, source.name, warnings), source, warnings=warnings)


def without_doubles(cues: list[Cue], name: str, warnings: list[str]) -> list[Cue]:
    """Without cues that stand in the file again, as segments of a stream that were put together have them."""
    found = {(cue.start, cue.end, tuple(cue.voices)): cue for cue in reversed(cues)}
    if len(found) == len(cues):
        return cues
    count = len(cues) - len(found)
    noun = "captions that stand" if count > 1 else "caption that stands"
    warnings.append(f"{count} {noun} in the file again, with the same times, read once ({name})")
    return list(reversed(found.values()))


def _once(cues: list[Cue], name: str, warnings: list[str]) -> list[Cue]:
    """Without words that captions show again."""
    if any(len(cue.voices) > 1 for cue in cues) or not any(map(_may_show_again, cues, cues[1:])):
        return cues
    shown = []
    for cue in cues:
        speaker, text = cue.voices[0] if cue.voices else (None, "")
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        shown.append(Shown(cue.start, cue.end, lines, cue.raw or text, speaker))
    kept = each_once(shown)
    if kept is None:
        return cues
    warnings.append(f"captions show words again: each is read once, in {len(kept)} of {len(cues)} ({name})")
    return [
        replace(
            cues[k.place], start=k.start, end=k.end, voices=[(cues[k.place].voices[0][0], "\n".join(k.lines))]
        )
        for k in kept
    ]


def _may_show_again(before: Cue, now: Cue) -> bool:
    """Whether a caption that follows at once begins with a word of the one before."""
    if now.start - before.end > ABUTTING or not (now.voices and before.voices):
        return False
    first = now.voices[0][1].split(None, 1)
    return bool(first) and first[0] in before.voices[0][1]


def _rows(cues: list[Cue], name: str, warnings: list[str]) -> list[Row]:
    lines = [line for cue in cues for speaker, text in cue.voices if not speaker for line in text.split("\n")]
    spoken = sum(any(not _is_event(text) for _, text in cue.voices) for cue in cues) if lines else 0
    names = Names(lines, spoken)
    voices = {speaker for cue in cues for speaker, _ in cue.voices if speaker}
    pieces: list[tuple[Cue, str, _Piece]] = []
    for cue in cues:
        identifier = clean_text(cue.identifier)
        number = 0
        for speaker, text in cue.voices:
            if speaker:
                number += 1
                pieces.append(
                    (cue, identifier if number == 1 else f"{identifier}.{number}", _Piece(speaker, text))
                )
                continue
            for piece in _split(text, names):
                number += 1
                pieces.append((cue, identifier if number == 1 else f"{identifier}.{number}", piece))
    distinct = len({identifier for _, identifier, _ in pieces}) == len(pieces)
    identified = distinct and all(clean_text(cue.identifier) for cue in cues)
    changes = [piece.turn for _, _, piece in pieces]
    unnamed = not voices and not names.believed
    rows: list[Row] = []
    current: str | None = None
    inherited = stamps = 0
    turn = 1  # the first marked turn is Speaker 1's
    for cue, identifier, piece in pieces:
        if voices and piece.text and _is_label(piece.text):
            stamps += 1
            continue
        if piece.speaker:
            current = piece.speaker
        elif piece.turn:
            # Somebody else speaks, and nothing says who.
            turn += 1
            current = f"Speaker {turn % 2 + 1}" if unnamed and piece.turn == ">>" else None
        elif unnamed and ">>" in changes:
            current = f"Speaker {turn % 2 + 1}"
        elif current and clean_text(piece.text) and not _is_event(piece.text):
            inherited += 1
        own = piece.speaker if may_sound(piece.text) and _is_event(piece.text) else current
        rows.append(Row(cue.at, piece.text, own, cue.start, cue.end, id=identifier if identified else None))
    if stamps:
        warnings.append(f"{stamps} captions that hold a name or a time alone left out ({name})")
    if ">>" in changes:
        how = "two speakers are taken to take turns" if unnamed else "who speaks then is not known"
        warnings.append(f"changes of speaker are marked by >> without a name: {how} ({name})")
    if "-" in changes:
        warnings.append(
            f"{changes.count('-')} captions in which several people talk, unnamed, are cut ({name})"
        )
    if inherited:
        noun = "captions without a speaker are" if inherited > 1 else "caption without a speaker is"
        warnings.append(f"{inherited} {noun} given to the speaker before ({name})")
    return rows


class _Piece(NamedTuple):
    """A piece of a cue: who says it, if known, what, and the mark of a new turn before it."""

    speaker: str | None
    text: str
    turn: str = ""


def _is_event(text: str) -> bool:
    return not take_sounds(text)[0]


def _is_label(text: str) -> bool:
    """Whether an editor put a name or a time of its own where speakers are mark-up: `Mina:`, `[00:00:10]`."""
    if len(text) > 2 * _LONGEST_LABEL:
        return False
    text = text.strip()
    if len(text) > _LONGEST_LABEL or text[-1:] not in ":])>#0123456789":
        return False
    return _STAMP.fullmatch(text) is not None or (len(text) > 1 and text.endswith(":") and " " not in text)


def _split(text: str, names: Names) -> list[_Piece]:
    """Cut a piece of a cue's text at the lines that begin a turn."""
    lines = text.split("\n")
    dashes = sum(_DASH.match(line) is not None for line in lines) if len(lines) > 1 else 0
    begun: list[tuple[_Piece, list[str]]] = []  # pieces without their text, and its lines
    for line in lines:
        tag = names.split(line)
        change = None if tag else _CHANGE.match(line)
        dash = _DASH.match(line) if dashes >= 2 else None
        if tag:
            begun.append((_Piece(tag.name, ""), [tag.text]))
        elif change:
            begun.append((_Piece(None, "", ">>"), [line[change.end() :]]))
        elif dash:
            begun.append((_Piece(None, "", "-"), [line[dash.end() :]]))
        elif begun:
            begun[-1][1].append(line)
        else:
            begun.append((_Piece(None, ""), [line]))
    pieces = [piece._replace(text="\n".join(said)) for piece, said in begun]
    if len(pieces) > 1 and not pieces[0].speaker and not pieces[0].turn and not clean_text(pieces[0].text):
        del pieces[0]
    return pieces
