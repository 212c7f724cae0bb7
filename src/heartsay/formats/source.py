"""One opened input: its name, its first bytes, and its text in one piece or line by line.

Every reader takes a `Source`, so encodings, size limits and binary files are dealt with here once.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from heartsay.errors import InputError
from heartsay.formats.cleaning import clean_text
from heartsay.formats.emotions import Parser, parse_emotion

HEAD_BYTES = 1 << 16
WHOLE_LIMIT = 200_000_000
"""Most bytes or characters of a file that has to be read in one piece, and of one line of any file."""

STANDARD_INPUT = "standard input"

_BINARY_STARTS: tuple[tuple[bytes, str], ...] = (
    (rb"PK[\x03\x05\x07][\x04\x06\x08]", "a zip archive (or an Office document)"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"BZh[1-9](?:1AY&SY|\x17\x72)", "a bzip2 file"),
    (rb"\xfd7zXZ\x00", "an xz file"),
    (rb"\x28\xb5\x2f\xfd", "a zstandard file"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (rb"Rar!\x1a\x07", "a RAR archive"),
    (rb"\x80[\x02-\x05]", "a pickle, which can run code when opened and is never opened here"),
    (rb"\x93NUMPY", "a numpy array"),
    (rb"\x89HDF\r\n", "an HDF5 file"),
    (rb"PAR1[\x00-\x1f]", "a Parquet file"),
    (rb"SQLite format 3\x00", "an SQLite database"),
    (rb"\xd0\xcf\x11\xe0", "an old Office document"),
    (rb"%PDF-", "a PDF"),
    (rb"\{\\rtf", "a rich text document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a", "a picture"),
    (
        rb"RIFF.{4}(?:WAVE|AVI )|OggS\x00|fLaC\x00|ID3[\x02-\x04]|\x1a\x45\xdf\xa3|\x00\x00.{2}ftyp",
        "a recording",
    ),
    (rb"\x7fELF", "a program"),
)
_NUL = "NUL bytes, which no text has"
_BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# Bytes that are not UTF-8 arrive as U+DC80 + byte ("surrogateescape"); here they become what Windows-1252
# means by them. Five bytes mean nothing there: such text is in some other encoding.
_ESCAPED = re.compile("[\udc80-\udcff]")
_WINDOWS_1252 = {
    0xDC00 + byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0x100)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_UNDEFINED = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")
# Quotation marks, dashes and ellipses come in runs in Western text; letters beyond ASCII do not.
_ESCAPED_LETTER = re.compile("[\udc80-\udc84\udc86-\udc90\udc98-\udcff]")
_ESCAPED_WORD = re.compile("[\udc80-\udc84\udc86-\udc90\udc98-\udcff]{5,}")


class Source:
    """One opened input.

    A stream that knows the path it was opened from is called by it. Whoever opened the stream closes it.

    Args:
        stream: bytes or text.
        name: how messages call it, if not by its path.
        label: see the attribute; by default the stem of the name.
        size: of the file in bytes, or 0 where that is not known.
        emotion: see the attribute.

    Attributes:
        name: how messages call it; a path, or "standard input".
        path: the same, or None for a stream without a name; becomes `Conversation.source`.
        label: the id its conversation gets, or the first part of the ids of its conversations.
        suffix: of the name, in lower case with its dot, or "".
        head: the first bytes, up to `HEAD_BYTES`.
        repaired: number of places so far that were not UTF-8 and were read as Windows-1252.
        emotion: what a label of an utterance means; by default a label other than the seven is refused.
    """

    def __init__(
        self,
        stream: IO[Any],
        name: str | None = None,
        label: str | None = None,
        size: int = 0,
        emotion: Parser = parse_emotion,
    ) -> None:
        known = getattr(stream, "name", None)
        if name is None and isinstance(known, str) and not known.startswith("<"):
            name = known
        self.path = name and clean_text(name)
        self.name = self.path or "the given stream"
        stem, suffix = os.path.splitext(os.path.basename(self.path or ""))  # noqa: PTH119, PTH122
        self.label = label or clean_text(stem) or "conversation"
        self.suffix = suffix.lower()
        self.repaired = 0
        self.emotion = emotion
        self._warned = 0
        self._in_one_piece = False
        self._stream = stream
        self._size = size
        self.head = b""
        while len(self.head) < HEAD_BYTES and (piece := self._read(HEAD_BYTES - len(self.head))):
            self.head += piece
        self._ended = len(self.head) < HEAD_BYTES
        self.encoding = next(
            (name for mark, name in _BYTE_ORDER_MARKS if self.head.startswith(mark)), "utf-8"
        )
        _refuse_binary(self.head, self.encoding, self.name)

    def _read(self, size: int) -> bytes:
        try:
            piece = self._stream.read(size)
        except OSError as error:
            raise unreadable(self.name, error) from error
        except UnicodeDecodeError as error:
            raise self._wrong_encoding(self.name) from error
        if isinstance(piece, str):
            return piece.encode("utf-8", "replace")
        return piece or b""

    def _wrong_encoding(self, where: str) -> InputError:
        return InputError(
            expected="text in UTF-8 (or UTF-16 with a byte order mark, or Windows-1252)",
            found="bytes that are none of these",
            where=where,
            do="save it as UTF-8 and try again",
        )

    def head_text(self) -> str:
        """The beginning as text, for telling formats apart; what does not decode is passed over."""
        return self.head.decode(self.encoding, "ignore").lstrip("\ufeff")

    def text(self) -> str:
        """The whole text, with line ends as `\\n`.

        Raises:
            InputError: over `WHOLE_LIMIT`, or in an encoding that cannot be read.
        """
        if self._size > WHOLE_LIMIT:
            raise self._too_large(f"a file of {self._size / 1e6:,.0f} MB")
        try:
            text = self._decoded().read(WHOLE_LIMIT + 1)
        except UnicodeDecodeError as error:
            raise self._wrong_encoding(self.name) from error
        if len(text) > WHOLE_LIMIT:
            raise self._too_large("more")
        if not text.isascii() and _ESCAPED.search(text):
            text = "\n".join(self._repair(line, number) for number, line in enumerate(text.split("\n"), 1))
        self._in_one_piece = True
        if "\0" in text:
            raise _not_text(_NUL, self.name)
        return text

    def _decoded(self) -> io.TextIOWrapper:
        """The text from its beginning, line ends as `\\n`; stray bytes in UTF-8 are surrogates."""
        raw = io.BytesIO(self.head) if self._ended else io.BufferedReader(_Chunks(self.head, self._read))
        errors = "surrogateescape" if self.encoding.startswith("utf-8") else "strict"
        return io.TextIOWrapper(raw, encoding=self.encoding, errors=errors, newline=None)

    def lines(self) -> Iterator[str]:
        """The text line by line, each with its `\\n`; memory holds one line.

        Raises:
            InputError: a line of more than `WHOLE_LIMIT` characters, or an encoding that cannot be read.
        """
        reader = self._decoded()
        number = 0
        try:
            while line := reader.readline(WHOLE_LIMIT):
                number += 1
                if not line.isascii():
                    line = self._repair(line, number)
                if "\0" in line:
                    raise _not_text(_NUL, self.line(number))
                if len(line) >= WHOLE_LIMIT:
                    raise self._too_large(f"a line of more (line {number})")
                yield line
        except UnicodeDecodeError as error:
            raise self._wrong_encoding(f"{self.name}, after line {number}") from error

    def line(self, number: int) -> str:
        """How messages call a line, counted from 1."""
        return f"{self.name}, line {number}"

    def repairs(self) -> list[str]:
        """The warning for what was not UTF-8, if anything; for lines, those since it was last given."""
        if self.repaired == (0 if self._in_one_piece else self._warned):
            return []
        self._warned = self.repaired
        return [f"not everything was UTF-8: the rest was read as Windows-1252 ({self.name})"]

    def _repair(self, line: str, number: int) -> str:
        """Read what is not UTF-8 as Windows-1252, or refuse the line if that cannot be right."""
        count = len(_ESCAPED.findall(line))
        if not count:
            return line
        strange = len(_ESCAPED_LETTER.findall(line))
        if (
            _UNDEFINED.search(line)
            or (strange >= 6 and strange * 3 > len(line) - line.count(" "))
            or any(len(set(word)) >= 3 for word in _ESCAPED_WORD.findall(line))
        ):
            raise self._wrong_encoding(self.line(number))
        self.repaired += count
        return line.translate(_WINDOWS_1252)

    def _too_large(self, found: str) -> InputError:
        return InputError(
            expected=f"at most {WHOLE_LIMIT // 1_000_000} MB to be read in one piece",
            found=found,
            where=self.name,
            do="split it, or write one conversation per line (.jsonl) or a CSV, which are read bit by bit",
        )


class _Chunks(io.RawIOBase):
    """The head and then the rest of a stream; closing it leaves the stream open, which is its owner's."""

    def __init__(self, head: bytes, read: Any) -> None:
        self._left = head
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._left or self._read(len(buffer))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        self._left = data[size:]
        return size


def first_lines(text: str, count: int) -> list[str]:
    """The first lines of a text, whatever its line ends, for telling formats apart."""
    return re.split("\r\n|\n|\r", text[:20_000], maxsplit=count)[:count]


@contextmanager
def open_path(
    path: str | Path, label: str | None = None, emotion: Parser = parse_emotion
) -> Iterator[Source]:
    """Open a file as a `Source`.

    Args:
        path: a file.
        label: see `Source`; by default the file's stem.
        emotion: see `Source`.

    Raises:
        InputError: it cannot be opened, is empty, or is binary.
    """
    name = os.fspath(path)
    try:
        stream = open(path, "rb")  # noqa: SIM115, PTH123 - closed below; pathlib would keep every name
    except (OSError, ValueError) as error:
        raise unreadable(clean_text(name), error) from error
    with stream:
        yield Source(stream, name, label, os.fstat(stream.fileno()).st_size, emotion)


def _refuse_binary(head: bytes, encoding: str, name: str) -> None:
    if not head:
        raise InputError(
            expected="a conversation",
            found="an empty file",
            where=name,
            do="check that it was written completely",
        )
    for start, what in _BINARY_STARTS:
        if re.match(start, head, re.DOTALL):
            raise _not_text(what, name)
    if encoding.startswith("utf-8") and b"\0" in head:
        raise _not_text("binary data, or UTF-16 without a byte order mark", name)


def _not_text(found: str, where: str) -> InputError:
    return InputError(
        expected="a conversation as text",
        found=found,
        where=where,
        do="give the transcript itself, unpacked and saved as UTF-8",
    )


def unreadable(
    name: str, error: OSError | ValueError, expected: str = "a file that can be read"
) -> InputError:
    """The error for a file or folder that the system does not open."""
    if isinstance(error, FileNotFoundError):
        return InputError(
            expected="a file or folder", found="nothing of that name", where=name, do="check the path"
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(
        expected=expected,
        found=f"the system's answer: {reason.lower()}",
        where=name if len(name) <= 300 else name[:300] + "...",
        do="check the path and its permissions",
    )
