"""One opened input: its name, its first bytes, and its text in one piece or line by line.

Every reader takes a `Source`, so encodings, size limits and binary files are dealt with here once.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from heartsay.errors import InputError
from heartsay.formats import encodings
from heartsay.formats.binary import NUL, not_text, refuse_binary
from heartsay.formats.cleaning import clean_text
from heartsay.formats.clock import parse_span, parse_time
from heartsay.formats.interpretation import AS_IT_IS, Interpretation
from heartsay.limits import limit, raising

HEAD_BYTES = 1 << 16

STANDARD_INPUT = "standard input"

_BYTE_ORDER_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

_ZIP = b"PK\x03\x04"


class Source:
    """One opened input.

    A stream that knows the path it was opened from is called by it. Whoever opened the stream closes it.

    Args:
        stream: bytes or text.
        name: how messages call it, if not by its path.
        label: see the attribute; by default the stem of the name.
        size: of the file in bytes, or 0 where that is not known.
        how: see the attribute.

    Attributes:
        name: how messages call it; a path, or "standard input".
        path: the same, or None for a stream without a name; becomes `Conversation.source`.
        label: the id its conversation gets, or the first part of the ids of its conversations.
        suffix: of the name, in lower case with its dot, or "".
        head: the first bytes, up to `HEAD_BYTES`.
        repaired: number of places so far that were not UTF-8 and were read in a legacy encoding.
        how: what labels, times and bytes mean.
        unknown_labels: how often each label occurred that has no name, since these were last told.
    """

    def __init__(
        self,
        stream: IO[Any],
        name: str | None = None,
        label: str | None = None,
        size: int = 0,
        how: Interpretation = AS_IT_IS,
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
        self.how = how
        self.unknown_labels: Counter[str] = Counter()
        self._legacy: str | None = None
        self._table: dict[int, str] = {}
        self._warned = 0
        self._in_one_piece = False
        self._stream = stream
        self._size = size
        self.head = b""
        while len(self.head) < HEAD_BYTES and (piece := self._read(HEAD_BYTES - len(self.head))):
            self.head += piece
        self._ended = len(self.head) < HEAD_BYTES
        self.encoding = how.encoding or next(
            (name for mark, name in _BYTE_ORDER_MARKS if self.head.startswith(mark)), "utf-8"
        )
        if self.encoding == "utf-8" and (chosen := encodings.of_all(self.head)):
            self.encoding = self._legacy = chosen
            self.repaired = 1
        self.is_archive = self.head.startswith(_ZIP) and (b"word/" in self.head or self.suffix == ".docx")
        if not self.is_archive:
            refuse_binary(self.head, self.encoding, self.name)

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

    def _wrong_encoding(self, where: str, fitting: Sequence[str] = ()) -> InputError:
        if self.how.encoding:
            return InputError(
                expected=f"text in {self.how.encoding}",
                found="bytes that are none",
                where=where,
                do="name another --encoding",
            )
        wide = encodings.wide(self.head) if not fitting else []
        fitting, example = fitting or wide, wide[0] if wide else "cp1251"
        return InputError(
            expected="text in UTF-8 (or UTF-16 with a byte order mark, or Windows-1252)",
            found=f"bytes that may be {' or '.join(fitting)}" if fitting else "bytes that are none of these",
            where=where,
            do=f"save it as UTF-8 and try again, or name its encoding, such as --encoding {example}",
        )

    def emotion(self, label: str, where: Callable[[], str]) -> str | None:
        """What a label of an utterance means; one that has no name counts as none where that is allowed."""
        try:
            return self.how.emotion(label, where)
        except InputError:
            if not self.how.any_label:
                raise
            self.unknown_labels[" ".join(label.split())[:40]] += 1
            return None

    def time(self, text: str) -> float:
        """Seconds of a time, as `clock.parse_time`, which raises ValueError where it is none."""
        return parse_time(text, self.how.times.frame_rate)

    def span(self, text: str) -> tuple[float, float] | None:
        """Start and end of a span of time, as `clock.parse_span`.

        Raises:
            ValueError: it is one, and not of times.
        """
        return parse_span(text, self.how.times.frame_rate)

    def raw(self) -> bytes:
        """The whole file as it is.

        Raises:
            InputError: over the limit `text_bytes`.
        """
        if self._size > limit("text_bytes"):
            raise self._too_large(f"a file of {self._size / 1e6:,.0f} MB")
        parts, most = [self.head], limit("text_bytes")
        while not self._ended and sum(map(len, parts)) <= most and (piece := self._read(1 << 20)):
            parts.append(piece)
        if sum(map(len, parts)) > most:
            raise self._too_large("more")
        return b"".join(parts)

    def head_text(self) -> str:
        """The beginning as text, for telling formats apart; what cannot be read is passed over."""
        return encodings.head_text(self.head, self.encoding)

    def require_text(self) -> None:
        """Refuse what is in no encoding that can be told, by an InputError."""
        for number, line in encodings.odd_lines(self.head):
            return self._tell_encoding(line, self.line(number))

    def text(self) -> str:
        """The whole text, with line ends as `\\n`.

        Raises:
            InputError: over the limit `text_bytes`, or in an encoding that cannot be read.
        """
        if self._size > limit("text_bytes"):
            raise self._too_large(f"a file of {self._size / 1e6:,.0f} MB")
        try:
            text = self._decoded().read(limit("text_bytes") + 1)
        except UnicodeDecodeError as error:
            raise self._wrong_encoding(self.name) from error
        if len(text) > limit("text_bytes"):
            raise self._too_large("more")
        if 2 < self.head.count(b"\r\r\n") == self.head.count(b"\n"):  # line ends translated twice
            text = text.replace("\n\n", "\n")
        if not text.isascii() and encodings.ESCAPED.search(text):
            odd = [(n, line) for n, line in enumerate(text.split("\n"), 1) if encodings.ESCAPED.search(line)]
            self._tell_encoding("\n".join(line for _, line in odd), self.line(odd[0][0]))
            text = "\n".join(self._repair(line, number) for number, line in enumerate(text.split("\n"), 1))
        self._in_one_piece = True
        if "\0" in text:
            raise not_text(NUL, self.name)
        return text

    def _decoded(self) -> io.TextIOWrapper:
        """The text from its beginning, line ends as `\\n`; stray bytes in UTF-8 are surrogates."""
        if self.is_archive:
            raise not_text("a zip archive (or an Office document)", self.name)
        raw = io.BytesIO(self.head) if self._ended else io.BufferedReader(_Chunks(self.head, self._read))
        errors = (
            "surrogateescape" if self.encoding.startswith("utf-8") and not self.how.encoding else "strict"
        )
        return io.TextIOWrapper(raw, encoding=self.encoding, errors=errors, newline=None)

    def lines(self) -> Iterator[str]:
        """The text line by line, each with its `\\n`; memory holds one line.

        Raises:
            InputError: a line over the limit `text_bytes`, or an encoding that cannot be read.
        """
        reader = self._decoded()
        number, most = 0, limit("text_bytes")
        try:
            while line := reader.readline(most):
                number += 1
                if not line.isascii():
                    line = self._repair(line, number)
                if "\0" in line:
                    raise not_text(NUL, self.line(number))
                if len(line) >= most:
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
        title = encodings.TITLES[self._legacy or "cp1252"]
        sentence = f"not everything was UTF-8: the rest was read as {title} ({self.name})"
        if self._legacy != "cp1252":
            sentence += "; if letters are wrong, name the encoding with --encoding"
        return [sentence]

    def _tell_encoding(self, sample: str, where: str) -> None:
        """Choose what the bytes that are not UTF-8 are in, by lines that hold some.

        Raises:
            InputError: several encodings fit, or none, or UTF-8 stands beside another than Windows-1252.
        """
        sample = sample[: encodings.SAMPLE]
        mixed = encodings.OTHER.search(sample) is not None
        chosen, fitting = encodings.choose(
            encodings.OTHER.sub("a", sample).encode("utf-8", "surrogateescape")
        )
        if chosen is None or (mixed and chosen != "cp1252"):
            raise self._wrong_encoding(where, fitting)
        self._legacy = chosen
        self._table = encodings.table(chosen)

    def _repair(self, line: str, number: int) -> str:
        """Read what is not UTF-8 in the legacy encoding, or refuse the line if that cannot be right."""
        count = len(encodings.ESCAPED.findall(line))
        if not count:
            return line
        if self._legacy is None:
            head = self.head[:-4].decode(self.encoding, "surrogateescape") if not self._ended else ""
            lines = [each for each in head.split("\n") if encodings.ESCAPED.search(each)]
            self._tell_encoding("\n".join([line, *lines]), self.line(number))
        assert self._legacy is not None  # `_tell_encoding` chose it
        if not encodings.fits(encodings.OTHER.sub("a", line).translate(self._table), self._legacy):
            raise self._wrong_encoding(self.line(number))
        self.repaired += count
        return line.translate(self._table)

    def _too_large(self, found: str) -> InputError:
        return InputError(
            expected=f"at most {limit('text_bytes') / 1e6:,.0f} MB to be read in one piece",
            found=found,
            where=self.name,
            do="split it, write one conversation per line (.jsonl) or a CSV, which are read bit by bit,"
            f" {raising('text_bytes')}",
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
def open_path(path: str | Path, label: str | None = None, how: Interpretation = AS_IT_IS) -> Iterator[Source]:
    """Open a file as a `Source`.

    Args:
        path: a file.
        label: see `Source`; by default the file's stem.
        how: see `Source`.

    Raises:
        InputError: it cannot be opened, is empty, or is binary.
    """
    name = os.fspath(path)
    try:
        stream = open(path, "rb")  # noqa: PTH123, SIM115
    except (OSError, ValueError) as error:
        raise unreadable(clean_text(name), error) from error
    with stream:
        yield Source(stream, name, label, os.fstat(stream.fileno()).st_size, how)


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
