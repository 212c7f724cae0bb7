"""Conversations out of files, folders and streams, one at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats import csv_table, ecf_text, json_document, subrip, webvtt
from heartsay.formats.folders import label_paths, walk
from heartsay.formats.sniffing import SUFFIXES, TEXT_SUFFIX, Format, sniff, sniff_text
from heartsay.formats.source import STANDARD_INPUT, Source, open_path, open_stream

READERS: dict[Format, Callable[[Source], Iterator[Conversation]]] = {
    "json": json_document.read,
    "csv": csv_table.read,
    "subrip": subrip.read,
    "webvtt": webvtt.read,
    "ecf": ecf_text.read,
}


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A file or folder that could not be read, or not to its end.

    Attributes:
        path: of the file or folder; "-" for standard input.
        error: what is wrong with it.
    """

    path: str
    error: InputError


def read(source: str | Path | TextIO | BinaryIO) -> Conversation:
    """The one conversation of a file, a folder, a stream, or standard input ("-").

    Raises:
        InputError: it cannot be read, or holds several conversations.
    """
    conversations = read_all(source)
    first = next(conversations)
    count = 1 + sum(1 for _ in conversations)
    if count > 1:
        raise InputError(
            expected="one conversation",
            found=f"{count}",
            where=first.source or "the given stream",
            do="read them with read_all, or give a file that holds one",
        )
    return first


def read_all(source: str | Path | TextIO | BinaryIO) -> Iterator[Conversation]:
    """The conversations of a file, a folder (by name, folders within it included), a stream, or "-".

    Conversations come as they are read and are not kept. The id of a file's only conversation is the file's
    stem, those of several are `stem/id`, with the id that the file gives them, else their number. In a
    folder the stem follows the names of the folders between. The format is told by the suffix, or, where
    that tells nothing, by the first lines.

    Raises:
        InputError: at the first thing that cannot be read; what came before it has been handed out.
    """
    if isinstance(source, str | Path):
        for found in read_many([source]):
            if isinstance(found, ReadFailure):
                raise found.error
            yield found
    else:
        yield from _read_stream(source)


def read_many(paths: Iterable[str | Path]) -> Iterator[Conversation | ReadFailure]:
    """The conversations of several files and folders; what cannot be read is reported and passed over.

    A file that goes wrong half-way has handed out what came before; the rest of it is passed over. Ids are
    made as by `read_all` and differ over all paths, even where capitals do not count; a path that is named
    twice is read once.
    """
    named = [os.fspath(path) for path in paths]
    if "-" in named:
        yield from _guard("-", _read_stream(_standard_input(), STANDARD_INPUT, "stdin"))
    for path, label in label_paths(path for path in named if path != "-"):
        if not os.path.isdir(path):  # noqa: PTH112
            yield from _guard(path, _read_file(path, label))
            continue
        anything = False
        for file, file_label, error in walk(path, label):
            if error is not None:
                anything = True
                yield ReadFailure(file, _unlisted(file, error))
                continue
            if file.lower().endswith(TEXT_SUFFIX) and not _is_conversation(file):
                continue
            anything = True
            yield from _guard(file, _read_file(file, file_label))
        if not anything:
            yield ReadFailure(path, _nothing_in(path))


def _guard(path: str, conversations: Iterator[Conversation]) -> Iterator[Conversation | ReadFailure]:
    try:
        yield from conversations
    except InputError as error:
        yield ReadFailure(path, error)


def _read_file(path: str, label: str) -> Iterator[Conversation]:
    with open_path(path, label) as source:
        yield from _read_source(source)


def _read_stream(
    stream: IO[Any], name: str | None = None, label: str | None = None
) -> Iterator[Conversation]:
    yield from _read_source(open_stream(stream, name=name, label=label))


def _standard_input() -> IO[Any]:
    # A replaced sys.stdin may be text only.
    return getattr(sys.stdin, "buffer", sys.stdin)


def _read_source(source: Source) -> Iterator[Conversation]:
    """Choose the reader and give the conversations their ids."""
    head = source.head_text()
    blank = not head.strip()
    form = sniff(head, source.suffix)
    if form is None or blank:
        raise InputError(
            expected="a conversation as JSON, CSV (with a header row), SRT, WebVTT or ECF text",
            found="only blank lines" if blank else f"text that begins with {head.strip()[:40]!r}",
            where=source.name,
            do="see the documentation of the formats for what each looks like",
        )
    try:
        conversations = READERS[form](source)
        first = next(conversations)
    except InputError as error:
        raise _name_likely_format(error, form, head, source) from None
    try:
        second = next(conversations, None)
    except InputError:
        yield replace(first, id=f"{source.label}/{first.id}")
        raise
    if second is None:
        yield replace(first, id=source.label)
        return
    for conversation in chain((first, second), conversations):
        yield replace(conversation, id=f"{source.label}/{conversation.id}")


def _name_likely_format(error: InputError, form: Format, head: str, source: Source) -> InputError:
    """The error of a reader that was chosen by suffix, with a word on what the text looks like instead."""
    likely = sniff_text(head)
    if source.suffix not in SUFFIXES or likely is None or likely == form:
        return error
    names = {"json": "JSON", "csv": "a CSV table", "subrip": "SubRip", "webvtt": "WebVTT", "ecf": "ECF text"}
    return InputError(
        expected=error.expected,
        found=f"what looks like {names[likely]}",
        where=error.where,
        do="give the file the suffix of its format",
    )


def _is_conversation(path: str) -> bool:
    """Whether a `.txt` begins like a conversation; one that cannot be read counts, so that it is reported."""
    try:
        with open_path(path) as source:
            return sniff_text(source.head_text()) is not None
    except InputError:
        return True


def _unlisted(folder: str, error: OSError) -> InputError:
    return InputError(
        expected="a folder that can be listed",
        found=f"the system's answer: {(error.strerror or str(error)).lower()}",
        where=folder,
        do="check its permissions",
    )


def _nothing_in(folder: str) -> InputError:
    return InputError(
        expected=f"conversations ({', '.join(sorted(SUFFIXES))}, or ECF text in {TEXT_SUFFIX})",
        found="no such file",
        where=folder,
        do="check the path, or name the files one by one",
    )
