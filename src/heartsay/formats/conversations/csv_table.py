"""Tables of utterances: CSV, semicolon or tab separated, MELD's own CSVs among them.

A header row names the columns: text, and as far as there are any speaker, start, end, conversation, id and
emotion, under these or other usual names (`Utterance`, `Speaker`, `StartTime`, `Dialogue_ID`...), capitals
and underscores aside. Columns such as `emotion_1` and `emotion_2`, or `annotator_a` and `annotator_b`, hold
the labels of several annotators. Other columns are passed over. The rows of a conversation must stand
together: an id that comes back later is refused, so that a table of any length is read row by row.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation, clean_text
from heartsay.formats.clock import parse_clock
from heartsay.formats.source import WHOLE_LIMIT, Source, first_lines
from heartsay.formats.spec import FormatSpec

COLUMNS: dict[str, tuple[str, ...]] = {
    "text": ("text", "utterance", "transcript", "transcription", "sentence", "message", "content"),
    "speaker": ("speaker", "speakername", "speakerid", "speakerlabel", "name", "participant", "who"),
    "start": ("start", "starttime", "startseconds", "starts", "begin", "begintime", "onset"),
    "end": ("end", "endtime", "endseconds", "ends", "stop", "stoptime"),
    "conversation": (
        *("conversation", "conversationid", "dialogue", "dialogueid", "dialog", "dialogid"),
        *("session", "sessionid"),
    ),
    "id": ("utteranceid", "uttid", "turnid", "id"),
    "emotion": ("emotion", "goldemotion", "emotionlabel"),
}
"""Names of each column in order of preference, in small letters, without spaces and marks."""

_VOTE = re.compile(r"(?:emotion|annotator|coder|rater)(?:annotator|coder|rater)?(?:\d{1,2}|[a-z])")
"""Names of columns that hold one annotator's label each, where there are two or more."""

_DELIMITERS = (",", ";", "\t")
_NO_TIME = frozenset(("", "nan", "none", "null", "na", "n/a"))


def read(source: Source) -> Iterator[Conversation]:
    """The conversations of a table, in order, each as soon as its last row is read.

    Raises:
        InputError: no text column, a row of another length than the header, an open quotation mark, a
            conversation in two places, or whatever `build_conversation` refuses.
    """
    lines = source.lines()
    skipped, first = next(((number, line) for number, line in enumerate(lines) if line.strip()), (0, ""))
    delimiter, header, columns = read_header(first)
    if "text" not in columns:
        named = ", ".join(repr(cell[:40]) for cell in header[:12])
        raise InputError(
            expected=f"a header row with a column for the text ({', '.join(COLUMNS['text'][:3])}...)",
            found=f"the columns {named}" if first else "only blank lines",
            where=f"{source.name}, first line",
            do="name the columns, at least speaker and text",
        )
    rows = _rows(chain([first], lines), skipped, delimiter, header, columns, source)
    yield from _group(rows, source)


def read_header(line: str) -> tuple[str, list[str], dict[str, int]]:
    """Tell a header row's delimiter by the columns it makes known.

    Returns:
        The delimiter, the cells, and the index of each of `COLUMNS` that is there.
    """
    best: tuple[tuple[int, int], str, list[str], dict[str, int]] = ((-1, -1), ",", [], {})
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            continue
        columns = _find_columns(cells)
        score = (len(columns), len(cells))
        if score > best[0]:
            best = (score, delimiter, cells, columns)
    return best[1:]


def _find_columns(cells: list[str]) -> dict[str, int]:
    plain = _plain(cells)
    found = {}
    for role, names in COLUMNS.items():
        for name in names:
            if name in plain:
                found[role] = plain.index(name)
                break
    return found


def _plain(cells: list[str]) -> list[str]:
    return ["".join(filter(str.isalnum, cell)).casefold() for cell in cells]


def _vote_columns(header: list[str]) -> list[int]:
    """Columns that each hold one annotator's label; none where there is but one."""
    found = [index for index, name in enumerate(_plain(header)) if _VOTE.fullmatch(name)]
    return found if len(found) > 1 else []


def _rows(
    lines: Iterable[str],
    skipped: int,
    delimiter: str,
    header: list[str],
    columns: dict[str, int],
    source: Source,
) -> Iterator[tuple[str, Row]]:
    """Conversation id and row."""
    width, votes = len(header), _vote_columns(header)
    csv.field_size_limit(max(csv.field_size_limit(), WHOLE_LIMIT))
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    # What a table has no column for is looked up behind its last cell, where a blank one is put.
    text, speaker, start, end, conversation, key, emotion = (columns.get(role, width) for role in COLUMNS)
    try:
        next(reader)
        for cells in reader:
            line = skipped + reader.line_num
            if len(cells) != width:
                if not any(map(str.strip, cells)):
                    continue
                if len(cells) < width or any(map(str.strip, cells[width:])):
                    raise _wrong_width(width, len(cells), delimiter, source, line)
                del cells[width:]
            cells.append("")
            identifier = clean_text(cells[conversation])
            if not identifier and conversation < width:
                if not any(map(str.strip, cells)):
                    continue
                raise InputError(
                    expected="a conversation id in every row",
                    found="a blank one",
                    where=source.line(line),
                    do="fill it in",
                )
            row = Row(
                line,
                cells[text],
                cells[speaker],
                _seconds(cells[start], source, line, "start"),
                _seconds(cells[end], source, line, "end"),
                cells[emotion],
                cells[key],
                Counter(cells[column] for column in votes if cells[column].strip()) or None,
            )
            yield identifier, row
    except csv.Error as error:
        open_quote = "unexpected end" in str(error)
        raise InputError(
            expected="quotation marks in pairs around a cell, and doubled inside it",
            found="one that is never closed" if open_quote else "one in the middle of a cell",
            where=f"{source.name}, up to the end" if open_quote else source.line(skipped + reader.line_num),
            do="check that the file is complete, and double the quotation marks inside quoted cells",
        ) from None


def _wrong_width(width: int, found: int, delimiter: str, source: Source, line: int) -> InputError:
    mark = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
    return InputError(
        expected=f"{width} cells as in the header",
        found=f"{found}",
        where=source.line(line),
        do=f"put quotation marks around cells that contain {mark}"
        if found > width
        else "check that the file was written completely",
    )


def _seconds(cell: str, source: Source, line: int, field: str) -> float | None:
    if not cell:
        return None
    try:
        return parse_clock(cell)
    except ValueError:
        if cell.strip().casefold() in _NO_TIME:
            return None
    raise InputError(
        expected="a time in seconds or as HH:MM:SS.mmm, or a blank cell",
        found=repr(cell[:40]),
        where=f"{source.line(line)}, {field}",
        do="correct it or leave it blank",
    )


def _group(rows: Iterable[tuple[str, Row]], source: Source) -> Iterator[Conversation]:
    def build() -> Conversation:
        where = f"{source.name}, conversation {current!r}" if current else source.name
        return build_conversation(gathered, source, identifier=current or "1", where=where, warnings=warnings)

    known = UniqueIds()
    gathered: list[Row] = []
    current = ""
    warnings: list[str] = []
    for conversation, row in rows:
        repairs = source.repairs()
        if conversation != current:
            if gathered:
                yield build()
            known.add(conversation, source.line(row.at))
            current, gathered, warnings = conversation, [], []
        gathered.append(row)
        warnings = warnings or repairs
    # Without any row this refuses the table as one without utterances.
    yield build()


def write(conversation: Conversation) -> str:
    """The conversation as a CSV that `read` takes back: ids, times and emotions, not votes and pairs.

    Cells are written as they are: what spreadsheets take for formulas is not guarded against here.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "speaker", "text", "start", "end", "emotion"))
    for item in conversation.utterances:
        writer.writerow((item.id, item.speaker, item.text, item.start, item.end, item.emotion))
    return out.getvalue()


def begins(text: str) -> bool:
    """Whether the first line names at least two columns, one of them for the text."""
    _, _, columns = read_header(first_lines(text, 1)[0])
    return "text" in columns and len(columns) > 1


FORMAT = FormatSpec("csv", "CSV with a header row", (".csv", ".tsv"), begins, read, write)
