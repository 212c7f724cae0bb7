"""ECF 1.0 text: conversations with emotions and gold emotion-cause pairs.

Per conversation a line `conversation_id n`; a line of pairs `(emotion,cause),...`, 1-based, which may be
blank; and n lines `i | speaker | emotion | text | Friends_SxEy: start - end`. In the file that maps ECF to
MELD the last field is a MELD id instead, and there are no times. Format: Wang et al., Multimodal
Emotion-Cause Pair Extraction in Conversations (2023), as published with the corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.clock import parse_clock
from heartsay.formats.source import Source, first_lines
from heartsay.formats.spec import FormatSpec

HEADER = re.compile(r"\s*(\S+)[ \t]+([0-9]{1,9})\s*")
_PAIRS = re.compile(r"\s*(?:\([0-9]{1,9}\s*,\s*[0-9]{1,9}\)\s*(?:,\s*|$))*")
_PAIR = re.compile(r"\(([0-9]+)\s*,\s*([0-9]+)\)")
_TIMES = re.compile(r"\S+:\s+([0-9:]+[.,][0-9]+)\s+-\s+([0-9:]+[.,][0-9]+)")


def read(source: Source) -> Iterator[Conversation]:
    """The conversations of an ECF text, in order, read line by line; ids are the file's own numbers.

    Raises:
        InputError: a line that does not fit, fewer utterances than announced, an unknown emotion, or a pair
            that points outside.
    """
    lines = enumerate(source.lines(), 1)
    known = UniqueIds()
    for number, line in lines:
        if not line.strip():
            continue
        where = source.line(number)
        header = HEADER.fullmatch(line)
        if header is None:
            raise _misfit("a line 'conversation_id number_of_utterances'", line, where)
        pairs_where = source.line(number + 1)
        pairs = _read_pairs(next(lines, (0, ""))[1], pairs_where)
        rows = []
        for position in range(1, int(header[2]) + 1):
            at, text = next(lines, (0, ""))
            if not at:
                raise InputError(
                    expected=f"{header[2]} utterances of conversation {header[1]!r}",
                    found=f"{position - 1}",
                    where=f"{source.name}, end of file",
                    do="check that the file was written completely",
                )
            rows.append(_read_row(text, position, at, source.line(at)))
        yield build_conversation(
            rows,
            source,
            identifier=known.add(header[1], where),
            where=f"{source.name}, conversation {header[1]!r}",
            pairs=pairs,
            pairs_where=pairs_where,
        )


def begins(text: str) -> bool:
    """Whether a header comes first, and the first utterance after it or after its pairs."""
    first, *others = first_lines(text, 3)
    return HEADER.fullmatch(first) is not None and any(line.startswith("1 | ") for line in others)


def _read_pairs(line: str, where: str) -> list[tuple[str, str]]:
    if not _PAIRS.fullmatch(line):
        raise _misfit("a line of pairs '(3,1),(3,3)', or a blank one", line, where)
    return [(str(int(emotion)), str(int(cause))) for emotion, cause in _PAIR.findall(line)]


def _read_row(line: str, position: int, at: int, where: str) -> Row:
    fields = [field.strip() for field in line.split(" | ")]
    if len(fields) < 5 or fields[0] != str(position):
        raise _misfit(f"a line '{position} | speaker | emotion | text | times'", line, where)
    start = end = None
    if times := _TIMES.fullmatch(fields[-1]):
        try:
            start, end = parse_clock(times[1]), parse_clock(times[2])
        except ValueError:
            raise _misfit("times '00:00:01.000 - 00:00:02.000'", fields[-1], where) from None
    return Row(at, " | ".join(fields[3:-1]), fields[1], start, end, fields[2], str(position))


def _misfit(expected: str, line: str, where: str) -> InputError:
    found = repr(line.strip()[:60]) if line.strip() else "a blank line"
    return InputError(
        expected=expected, found=found, where=where, do="check that this is an ECF 1.0 text file"
    )


FORMAT = FormatSpec("ecf", "ECF text", (".txt",), begins, read)
