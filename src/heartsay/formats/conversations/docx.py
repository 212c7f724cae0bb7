"""Word documents (`.docx`): paragraphs as lines of a plain-text transcript, and tables of turns.

The file is opened here rather than by a library, because it comes from strangers: what it unpacks to is
limited, its XML may declare no entities, and of all its parts only the text is read. Words that tracked
changes deleted are left out.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, build_conversation
from heartsay.formats.clock import parse_time
from heartsay.formats.conversations.json_values import read_row
from heartsay.formats.conversations.text_lines import read_lines
from heartsay.formats.fields import find_fields
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec
from heartsay.formats.xml_text import parse_xml
from heartsay.limits import limit, raising

_PART = "word/document.xml"
_LONGEST_NAME = 60
_DELETED = frozenset(("del", "moveFrom", "instrText", "delText", "Fallback", "txbxContent"))
"""What is no text of the document: deletions, codes of fields, and boxes that lie beside the text."""

_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}

Line = str | list[str]
"""A paragraph, or the cells of a row of a table."""


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a document.

    Raises:
        InputError: it is no Word document, damaged, encrypted or too large, or nothing in it is a turn.
    """
    body = parse_xml(_unpacked(source), f"{source.name}, {_PART}", "a Word document")
    try:
        lines = list(_lines(body))
    except RecursionError:
        raise _damaged(source, "elements nested thousands deep", "check what wrote it") from None
    changed = sum(1 for element in body.iter() if element.tag in ("del", "moveFrom"))
    warnings = (
        [f"{_counted(changed, 'deletion')} of tracked changes left out ({source.name})"] if changed else []
    )
    boxes = sum(1 for element in body.iter("Choice") if next(element.iter("txbxContent"), None) is not None)
    if boxes:
        warnings.append(f"{_counted(boxes, 'text box', 'text boxes')} left out ({source.name})")
    table = _table(lines, source)
    if table is not None:
        rows, notes = table
    else:
        texts = (
            part for line in lines for part in (line if isinstance(line, str) else _joined(line)).split("\n")
        )
        rows, notes = read_lines(enumerate(texts, 1), source)
    yield build_conversation(
        rows, source, locate=lambda at: f"{source.name}, line {at} of the text", warnings=[*warnings, *notes]
    )


def _counted(count: int, noun: str, nouns: str | None = None) -> str:
    return f"{count} {noun if count == 1 else nouns or f'{noun}s'}"


def _unpacked(source: Source) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(source.raw())) as archive:
            part = archive.getinfo(_PART)
            if part.flag_bits & 1:
                raise _damaged(source, "an encrypted archive", "save it without a password")
            with archive.open(part) as file:
                data = file.read(limit("word_bytes") + 1)
    except KeyError:
        raise _damaged(source, "an archive without one", "save it from Word as .docx") from None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged(source, f"a damaged archive ({error})", "save it again from Word") from None
    except Exception as error:  # zlib and others have errors of their own
        raise _damaged(
            source, f"a damaged archive ({type(error).__name__})", "save it again from Word"
        ) from None
    if len(data) > (most := limit("word_bytes")):
        found, do = f"one that unpacks to over {most / 1e6:,.0f} MB", "save its text as .txt"
        raise _damaged(source, found, f"{do}, {raising('word_bytes')}")
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        raise _damaged(source, "text that is not UTF-8", "save it again from Word") from None


def _damaged(source: Source, found: str, do: str) -> InputError:
    return InputError(expected=f"a Word document with {_PART}", found=found, where=source.name, do=do)


def _lines(node: Element) -> Iterator[Line]:
    """Paragraphs and rows of tables, in order; a table within a cell is part of the cell's text."""
    for child in node:
        if child.tag == "p":
            yield _text(child)
        elif child.tag == "tbl":
            for row in child:
                if row.tag == "tr":
                    yield [_cell(cell) for cell in _cells(row)]
        elif child.tag in ("body", "sdt", "sdtContent", "ins", "customXml", "document"):
            yield from _lines(child)


def _cells(row: Element) -> Iterator[Element]:
    """The cells of a row, those in content controls included, but none of a table within a cell."""
    for child in row:
        if child.tag == "tc":
            yield child
        elif child.tag in ("sdt", "sdtContent", "customXml"):
            yield from _cells(child)


def _cell(cell: Element) -> str:
    return "\n".join(_text(paragraph) for paragraph in cell.iter("p")).strip()


def _text(paragraph: Element) -> str:
    parts: list[str] = []

    def add(node: Element) -> None:
        for child in node:
            if child.tag in _DELETED:
                continue
            if child.tag == "t":
                parts.append(child.text or "")
            elif child.tag in _MARKS:
                parts.append(_MARKS[child.tag])
            elif child.tag != "pPr":
                add(child)

    add(paragraph)
    return "".join(parts)


def _table(lines: list[Line], source: Source) -> tuple[list[Row], list[str]] | None:
    """The rows of a table whose first row names its columns; None where there is no such table."""
    for place, line in enumerate(lines):
        header = _header(line, lines[place + 1 :])
        if header is not None:
            rows: list[Row] = []
            misfits: list[int] = []
            for number, cells in enumerate(lines[place + 1 :], 1):
                if isinstance(cells, list) and len(cells) == len(header):
                    where = f"{source.name}, row {number} of the table"
                    rows.append(read_row(dict(zip(header, cells, strict=True)), number, where, source))
                elif isinstance(cells, list) and any(map(str.strip, cells)):
                    misfits.append(number)
            outside = sum(isinstance(other, str) and bool(other.strip()) for other in lines)
            noun = _counted(outside, "paragraph")
            notes = [f"{noun} beside the table left out ({source.name})"] if outside else []
            above = sum(isinstance(other, list) and any(map(str.strip, other)) for other in lines[:place])
            if above:
                notes.append(f"{_counted(above, 'row')} above the table's header left out ({source.name})")
            if misfits:
                noun, first = _counted(len(misfits), "row"), misfits[0]
                notes.append(
                    f"{noun} of another number of cells than the table's header left out"
                    f" (first: row {first} of the table) ({source.name})"
                )
            return rows, notes
    return None


def _header(line: Line, below: list[Line]) -> list[str] | None:
    """The names of a table's columns, or None where a line names none.

    A column without a name whose cells are short is that of the speakers, where no other is.
    """
    if not isinstance(line, list) or len(line) < 2:
        return None
    fields = find_fields(tuple(line))
    if "text" not in fields:
        return None
    if "speaker" not in fields:
        rows = [row for row in below if isinstance(row, list) and len(row) == len(line)]
        for place, name in enumerate(line):
            cells = [row[place] for row in rows if row[place]]
            if not name.strip() and cells and all(len(cell) <= _LONGEST_NAME for cell in cells):
                return [*line[:place], "speaker", *line[place + 1 :]]
    return line if len(fields) > 1 else None


def _joined(cells: list[str]) -> str:
    """A row of a table without a header as a line: `[time] name: text`. A single cell stays as it is."""
    if len(cells) == 1:
        return cells[0]
    filled = [cell.strip() for cell in cells if cell.strip()]
    times = [cell for cell in filled[:-1] if _is_time(cell)]
    rest = [cell for cell in filled if cell not in times]
    if len(rest) == 2 and len(rest[0]) <= _LONGEST_NAME and "\n" not in rest[0]:
        name, words = rest[0].rstrip(":： "), rest[1].replace("\n", " ")
        return f"[{times[0].strip('[]() ')}] {name}: {words}" if times else f"{name}: {words}"
    return "\t".join([*times, *rest]).replace("\n", " ")


def _is_time(text: str) -> bool:
    try:
        return ":" in text and parse_time(text) is not None
    except ValueError:
        return False


FORMAT = FormatSpec("docx", "a Word document", (".docx",), lambda text: text.startswith("PK\x03\x04"), read)
