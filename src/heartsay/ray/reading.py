"""What a partition is made of, read on the machine that analyses it."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError, MissingDependencyError, ModelError
from heartsay.formats import ReadFailure, Row, Source, as_brought, build_conversation
from heartsay.formats.cleaning import clean_text
from heartsay.formats.reading import read_found, read_opened
from heartsay.media import is_recording
from heartsay.media.face_detection import face_detector
from heartsay.ray.listing import Entry
from heartsay.ray.places import Place, in_words, opened
from heartsay.ray.plan import Part
from heartsay.ray.tables import bucket, talks
from heartsay.recordings import Inputs, Listening
from heartsay.recordings.packaged import whisper_folder
from heartsay.recordings.speech import model_identity

if TYPE_CHECKING:
    import pyarrow as pa

Item = Conversation | ReadFailure

NOTHING = "nothing"

RECORDED = "words_by"
"""What the settings of a run hold if there are recordings among its inputs."""


class UnlikeError(HeartsayError):
    """A machine would read a recording otherwise than that which shares out."""


Piece = tuple[str, Callable[[], Iterator[Item]]]
"""What is read in one go: its name, and what reads it."""


@dataclass(frozen=True)
class How:
    """How inputs are read; can be sent to another machine.

    Attributes:
        format: of conversations, as for `formats.read_many`.
        times: what bare numbers of times are.
        encoding: of all text.
        listening: how recordings are listened to.
        readers: of recordings, on the machine that shares out; they have to be the same on all.
    """

    format: str | None = None
    times: str | None = None
    encoding: str | None = None
    listening: Listening = field(default_factory=Listening)
    readers: Mapping[str, str] | None = None

    def depends_on(self) -> dict[str, Any]:
        """What the conversations depend on, as JSON holds it, without what reads recordings."""
        heard = self.listening
        return {"input": [self.format, self.times, self.encoding, heard.words, heard.speakers]}


def pieces_of(
    part: Part, how: How, gathered: Sequence[Place], kept: dict[tuple[str, str], Sequence[Any]]
) -> Iterator[Piece]:
    """The pieces of a partition, each read when it is asked for.

    Args:
        part: of the plan.
        how: they are read.
        gathered: the files of the tables' rows.
        kept: filled with the columns that are handed on, by conversation and utterance.
    """
    for entry in part.files:
        yield entry.path, partial(_of_file, entry, part.share, how)
    if part.bucket is not None:
        for name, rows in talks(bucket(part.bucket, gathered)):
            yield str(name), partial(_of_rows, name, rows, how, kept)


def _of_file(entry: Entry, share: tuple[int, int], how: How) -> Iterator[Item]:
    taken = as_brought(how.times, how.encoding)
    if is_recording(entry.path):
        yield from _recorded(entry, how)
        return
    stored = "://" in entry.path
    items = _of_store(entry, how) if stored else read_found(entry.found, how.format, taken)
    position = 0
    for item in items:
        if isinstance(item, ReadFailure):
            if share[0] == 0:
                yield item
            continue
        if position % share[1] == share[0]:
            yield item
        position += 1


def _of_store(entry: Entry, how: How) -> Iterator[Item]:
    filesystem, path = opened(entry.path)
    try:
        stream = filesystem.open_input_stream(path)
    except (FileNotFoundError, PermissionError) as error:  # whatever else fails may be the store's
        gone = isinstance(error, FileNotFoundError)
        refused = InputError(
            expected="the file that was listed",
            found="nothing there" if gone else "no permission to read it",
            where=entry.path,
            do="lay it there again" if gone else "give the workers' account the right to read it",
        )
        yield ReadFailure(entry.path, refused)
        return
    except OSError:
        with in_words(entry.path):
            raise
    with in_words(entry.path), stream:
        taken = as_brought(how.times, how.encoding)
        yield from read_opened(stream, entry.path, entry.label, entry.size, how.format, taken)


def _recorded(entry: Entry, how: How) -> Iterator[Item]:
    local = Place(entry.path).local
    if local is None:
        raise_ = InputError(
            expected="a recording on a disk that every worker has mounted",
            found="an object store",
            where=entry.path,
            do="mount it, or copy the recordings",
        )
        yield ReadFailure(entry.path, raise_)
        return
    if how.readers is not None and (here := readers(how.listening)) != how.readers:
        was, now = (f"words by {each[RECORDED]}, faces by {each['faces_by']}" for each in (how.readers, here))
        raise UnlikeError(
            f"{entry.path} is not read: recordings are read with {was} where this run was started, and with"
            f" {now} on {socket.gethostname()}; install the same extras and models on every machine, and add"
            " --resume."
        )
    for item in Inputs([local], how.format, how.listening, taken=as_brought(how.times, how.encoding)):
        yield replace(item, id=entry.label) if isinstance(item, Conversation) else item


@cache
def readers(listening: Listening) -> dict[str, str]:
    """What recognises words and what finds faces in recordings on this machine, each by name.

    It is found out once: weights are hashed for it.
    """
    try:
        finds = face_detector().name
    except MissingDependencyError:
        finds = NOTHING
    return {RECORDED: _recognises(listening), "faces_by": finds}


def _recognises(listening: Listening) -> str:
    if not listening.words:
        return NOTHING
    if (model := listening.speech_model) is not None:
        return f"{Path(model).name} ({model_identity(model)})"
    try:
        whisper_folder()
    except (MissingDependencyError, ModelError):
        return NOTHING
    return model_identity(None)


def _of_rows(
    name: str | None, rows: pa.Table, how: How, kept: dict[tuple[str, str], Sequence[Any]]
) -> Iterator[Item]:
    if name is None:
        first = f"the table, first in row {rows.column('row')[0].as_py() + 1:,}"
        yield ReadFailure("the table, rows without a conversation", of_no_conversation(rows, first))
        return
    try:
        found, columns = conversation_of(name, rows, how)
    except InputError as error:
        yield ReadFailure(name, error)
        return
    kept.update(columns)
    yield found


def of_no_conversation(rows: pa.Table, where: str) -> InputError:
    """The error of rows that do not say which conversation they are of."""
    return InputError(
        expected="a conversation in every row",
        found=f"none in {rows.num_rows:,} rows",
        where=where,
        do="fill it in",
    )


def conversation_of(
    name: str, rows: pa.Table, how: How
) -> tuple[Conversation, dict[tuple[str, str], Sequence[Any]]]:
    """The conversation of rows that stand in the order of their table, and what is kept of each utterance.

    Where other conversations' rows stand between them and all have a start, they are put in order by it.

    Args:
        name: its id.
        rows: columns as `tables.gather` makes them.
        how: what times mean.

    Raises:
        InputError: as every reader.
    """
    given = rows.to_pylist()
    warnings = []
    apart = given[-1]["row"] - given[0]["row"] + 1 != len(given)
    if apart and all(row["start"] is not None for row in given):
        given.sort(key=lambda row: (row["start"], row["row"]))
        warnings.append(
            f"rows stand apart in the table and are ordered by their start (conversation {name!r})"
        )
    elif apart:
        warnings.append(f"rows stand apart in the table and are kept in its order (conversation {name!r})")
    found = build_conversation(
        [
            Row(row["row"] + 1, row["text"] or "", row["speaker"], row["start"], row["end"], id=row["id"])
            for row in given
        ],
        Source(io.StringIO("rows of a table"), "the table", how=as_brought(how.times, how.encoding)),
        identifier=name,
        where=f"the table, conversation {name!r}",
        locate=lambda row: f"the table, row {row:,}",
        warnings=warnings,
        seconds=True,
    )
    names = [column for column in rows.column_names if column.startswith("kept:")]
    kept: dict[tuple[str, str], Sequence[Any]] = {
        (name, clean_text(row["id"] or "") or str(place)): [row[column] for column in names]
        for place, row in enumerate(given, 1)
    }
    return found, kept
