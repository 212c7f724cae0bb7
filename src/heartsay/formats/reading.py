"""Conversations out of files, folders and streams, one at a time."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.contents import conversations_of
from heartsay.formats.folders import Found, has_suffix, label_paths, walk
from heartsay.formats.given import opened
from heartsay.formats.interpretation import AS_BROUGHT, Interpretation, as_brought
from heartsay.formats.registry import (
    SUFFIXES,
    TEXT_SUFFIX,
    begins_like,
    find_format,
)
from heartsay.formats.source import STANDARD_INPUT, Source, open_path, unreadable
from heartsay.formats.spec import FormatSpec
from heartsay.formats.twins import ReadFailure, read_group

AnySource = str | Path | TextIO | BinaryIO | Iterable[Mapping[str, Any]]
"""A path, a stream, text of several lines, a list of dictionaries or a data frame."""


def read(
    source: AnySource,
    format: str | FormatSpec | None = None,
    *,
    times: str | None = None,
    encoding: str | None = None,
) -> Conversation:
    """The one conversation of a file, a folder, a stream, or standard input ("-"), as by `read_all`.

    A string with a line break is the text of a transcript itself; a list of dictionaries is read as the
    utterances of a JSON document, a data frame as the rows of a CSV file.

    Raises:
        InputError: it cannot be read, or holds several conversations.
    """
    return read_one(source, format, as_brought(times, encoding))


def read_one(
    source: AnySource, format: str | FormatSpec | None = None, how: Interpretation = AS_BROUGHT
) -> Conversation:
    """The one conversation of a source, as `read`, with all that is stated of it.

    Args:
        source: what to read.
        format: as for `read_all`.
        how: what labels, times and encodings mean.

    Raises:
        InputError: it cannot be read, or holds several conversations.
    """
    conversations = _read_all(source, format, how)
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


def read_all(
    source: AnySource,
    format: str | FormatSpec | None = None,
    *,
    times: str | None = None,
    encoding: str | None = None,
) -> Iterator[Conversation]:
    """The conversations of a file, a folder (by name, folders within it included), a stream, or "-".

    Text, dictionaries and data frames are taken as by `read`.

    Conversations come as they are read and are not kept. The id of a file's only conversation is the file's
    stem, those of several are `stem/id`, with the id that the file gives them, else their number. In a
    folder the stem follows the names of the folders between. A file of a folder whose name does not say that
    it is a conversation, and that is none, is passed over with a Python warning.

    Args:
        source: what to read.
        format: the format of everything that is read: a name out of `FORMATS`, one of your own as
            `module:NAME` or itself. Without it, the suffix tells the format or, where that tells nothing,
            the first lines.
        times: what bare numbers of times are (`seconds`, `milliseconds`, ...), or a frame rate (`25fps`), if
            the file does not tell.
        encoding: of all text, if the bytes do not tell.

    Raises:
        InputError: at the first thing that cannot be read; what came before it has been handed out.
    """
    yield from _read_all(source, format, as_brought(times, encoding))


def _read_all(
    source: AnySource, format: str | FormatSpec | None, how: Interpretation
) -> Iterator[Conversation]:
    given = opened(source)
    if isinstance(given, str | Path):
        for found in read_many([given], format, how):
            if not isinstance(found, ReadFailure):
                yield found
            elif not found.stranger:
                raise found.error
            else:
                warnings.warn(str(found.error), stacklevel=3)
    else:
        yield from conversations_of(Source(given, how=how), _chosen(format))


def read_many(
    paths: Iterable[str | Path],
    format: str | FormatSpec | None = None,
    how: Interpretation = AS_BROUGHT,
    without: Collection[Path] = (),
) -> Iterator[Conversation | ReadFailure]:
    """The conversations of several files and folders; what cannot be read is reported and passed over.

    A file that goes wrong half-way has handed out what came before; the rest of it is passed over. Ids are
    made as by `read_all` and differ over all paths, even where capitals do not count; a path that is named
    twice is read once. Of a folder's files that hold the same talk, one is read. Where a format is named,
    folders are searched for files of its suffixes; otherwise every file of a folder is read or reported.

    Args:
        paths: of files and folders, of which what is in `without` is passed over.
        format: as for `read_all`.
        how: what labels, times and encodings mean.

    Raises:
        InputError: there is no such format.
    """
    chosen = _chosen(format)
    suffixes = _read_suffixes(chosen)
    named = [os.fspath(path) for path in paths]
    if "-" in named:
        stream = getattr(sys.stdin, "buffer", sys.stdin)  # a replaced sys.stdin may be text only
        if stream is None:  # closed by whoever started this
            stream = io.BytesIO()
        yield from _guard("-", conversations_of(Source(stream, STANDARD_INPUT, "stdin", how=how), chosen))

    for path, label in label_paths((path for path in named if path != "-"), suffixes):
        if not os.path.isdir(path):  # noqa: PTH112
            yield from _guard(path, _read_file(path, label, chosen, how))
            continue
        found_any = False
        for found in walk(path, suffixes, label, without=without):
            if found.error is not None:
                error = unreadable(found.path, found.error, "a folder that can be listed")
                yield ReadFailure(found.path, error)
            elif (
                chosen and has_suffix(found.path, (TEXT_SUFFIX,)) and not _is_conversation(found.path, chosen)
            ):
                continue
            else:
                yield from read_found(found, chosen, how)
            found_any = True
        if not found_any:
            yield ReadFailure(path, _nothing_in(path, suffixes))


def read_found(
    found: Found, format: str | FormatSpec | None = None, how: Interpretation = AS_BROUGHT
) -> Iterator[Conversation | ReadFailure]:
    """The conversations of one file that `folders.walk` found, and of its twins; as `read_many`."""
    chosen = _chosen(format)

    def read_file(path: str, label: str) -> Iterator[Conversation | ReadFailure]:
        yield from _guard(path, _read_file(path, label, chosen, how), stranger=not _has_known_suffix(path))

    return read_group(found, read_file)


def read_opened(
    stream: BinaryIO,
    name: str,
    label: str,
    size: int,
    format: str | FormatSpec | None = None,
    how: Interpretation = AS_BROUGHT,
) -> Iterator[Conversation | ReadFailure]:
    """The conversations of a file that was opened elsewhere, of `size` bytes; as `read_many`.

    Args:
        stream: its bytes; whoever opened it closes it.
        name: how messages call it.
        label: the id of its conversation, or what those of several begin with.
        size: of it.
        format: as for `read_all`.
        how: what labels, times and encodings mean.
    """

    def conversations() -> Iterator[Conversation]:
        yield from conversations_of(Source(stream, name, label, size, how), _chosen(format))

    return _guard(name, conversations(), stranger=not _has_known_suffix(name))


def count_files(
    paths: Iterable[str | Path], format: str | FormatSpec | None = None, without: Collection[Path] = ()
) -> int:
    """How many files `read_many` looks into, standard input among them, without opening any.

    Files that differ in their suffix alone count once.
    """
    suffixes = _read_suffixes(_chosen(format))
    named = [os.fspath(path) for path in paths]
    return ("-" in named) + sum(
        sum(1 for _ in walk(path, suffixes, without=without)) if os.path.isdir(path) else 1  # noqa: PTH112
        for path, _ in label_paths((path for path in named if path != "-"), suffixes)
    )


def _has_known_suffix(path: str) -> bool:
    return has_suffix(path, SUFFIXES)


def _read_suffixes(chosen: FormatSpec | None) -> set[str] | None:
    return None if chosen is None else {TEXT_SUFFIX, *chosen.suffixes}


def _chosen(format: str | FormatSpec | None) -> FormatSpec | None:
    return None if format is None else find_format(format)


def _guard(
    path: str, conversations: Iterator[Conversation], *, stranger: bool = False
) -> Iterator[Conversation | ReadFailure]:
    try:
        yield from conversations
    except InputError as error:
        yield ReadFailure(path, error, stranger)


def _read_file(
    path: str, label: str, chosen: FormatSpec | None, how: Interpretation
) -> Iterator[Conversation]:
    with open_path(path, label, how) as source:
        yield from conversations_of(source, chosen)


def _is_conversation(path: str, chosen: FormatSpec) -> bool:
    """Whether a `.txt` begins like a conversation in a format; one that cannot be read counts, so that it is
    reported."""
    try:
        with open_path(path) as source:
            return begins_like(chosen, source.head_text())
    except InputError:
        return True


def _nothing_in(folder: str, suffixes: Collection[str] | None) -> InputError:
    others = sorted({*(suffixes or ())} - {TEXT_SUFFIX})
    expected = f" ({', '.join([*others, f'or {TEXT_SUFFIX} that begins like one'])})" if suffixes else ""
    return InputError(
        expected=f"conversations{expected}",
        found="no such file" if suffixes else "no file",
        where=folder,
        do="check the path, or name the files one by one",
    )
