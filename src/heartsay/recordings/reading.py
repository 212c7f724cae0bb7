"""Conversations out of paths among which there may be recordings, each with what lies beside it.

A transcript and an RTTM file belong to a recording of the same stem in the same folder, and are then no
conversations of their own.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation
from heartsay.errors import InputError
from heartsay.formats import (
    AS_BROUGHT,
    FormatSpec,
    Interpretation,
    ReadFailure,
    count_files,
    read_many,
)
from heartsay.formats.folders import label_paths, walk
from heartsay.formats.reading import read_one
from heartsay.formats.registry import SUFFIXES, TEXT_SUFFIX
from heartsay.media import is_recording
from heartsay.media.containers import SUFFIXES as RECORDINGS
from heartsay.progress import Report, silent
from heartsay.recordings.listening import Listening, hear

RTTM_SUFFIX = ".rttm"


class Found(NamedTuple):
    """A recording and the id of its conversation."""

    path: Path
    label: str


class Beside(NamedTuple):
    """What belongs to a recording.

    Attributes:
        transcript: the best of the conversations that lie beside it, or None.
        turns: an RTTM file, or None.
        warnings: what lies beside it and is not used.
    """

    transcript: Conversation | None
    turns: Path | None
    warnings: tuple[str, ...] = ()


class Inputs:
    """What is to be analysed: conversations as `formats.read_many` gives them, and recordings.

    Args:
        paths: of files and folders.
        format: of the conversations, as for `formats.read_many`.
        how: how recordings are listened to.
        transcript: of the only recording, by name; otherwise what lies beside each.
        report: progress callback while a recording is listened to.
        taken: what times and encodings of conversations mean.
        without: files and folders that are passed over where they lie in these folders.

    Raises:
        InputError: a path is an address of the net, or a transcript is named and there is not one recording.
    """

    def __init__(
        self,
        paths: Iterable[str | Path],
        format: str | FormatSpec | None = None,
        how: Listening | None = None,
        transcript: Path | None = None,
        report: Report = silent,
        taken: Interpretation = AS_BROUGHT,
        without: Collection[Path] = (),
    ) -> None:
        named = [os.fspath(path) for path in paths]
        _refuse_addresses(named)
        self._format, self._how, self._report = format, how or Listening(), report
        self._transcript, self._taken, self._without = transcript, taken, without
        if transcript is not None and len(named) == 1 and not os.path.isdir(named[0]):  # noqa: PTH112
            # What has a transcript is a recording, however it is called.
            self.recordings, self._others = [Found(Path(named[0]), Path(named[0]).stem)], list[str]()
        else:
            self.recordings = list(_recordings(named, without))
            self._others = [p for p in named if not is_recording(p) or os.path.isdir(p)]  # noqa: PTH112
        if transcript is not None and len(self.recordings) != 1:
            raise InputError(
                expected="one recording that the transcript is of",
                found=f"{len(self.recordings)}",
                where="--transcript",
                do="name one recording, or lay each transcript beside its recording under the same name",
            )

    def __iter__(self) -> Iterator[Conversation | ReadFailure]:
        used: set[str] = set()
        for found in self.recordings:
            try:
                if self._transcript is None:
                    beside = beside_of(found.path, self._format, self._taken)
                else:
                    beside = _named(self._transcript, self._format, self._taken)
                conversation = hear(found.path, beside.transcript, beside.turns, self._how, self._report)
            except InputError as error:
                yield ReadFailure(str(found.path), error)
                continue
            finally:
                used |= _stems(found.path)
            yield replace(conversation, id=found.label, warnings=(*beside.warnings, *conversation.warnings))
        others = self._others
        for item in read_many(others, self._format, self._taken, self._without) if others else ():
            place = item.path if isinstance(item, ReadFailure) else item.source
            if place is None or os.path.splitext(place)[0] not in used:  # noqa: PTH122
                if isinstance(item, ReadFailure) and self.recordings and os.path.isdir(item.path):  # noqa: PTH112
                    continue  # a folder of recordings alone is no folder without conversations
                yield item

    def __len__(self) -> int:
        """Files, recordings among them, without opening any."""
        others = count_files(self._others, self._format, self._without) if self._others else 0
        return len(self.recordings) + others


def beside_of(
    recording: Path, format: str | FormatSpec | None = None, taken: Interpretation = AS_BROUGHT
) -> Beside:
    """What lies beside a recording under its stem.

    Of several conversations, one that names speakers is preferred, then one that has times.

    Args:
        recording: a file.
        format: of conversations, as for `formats.read_all`.
        taken: what their times and encodings mean.

    Raises:
        InputError: the recording's folder cannot be listed.
    """
    turns: Path | None = None
    best: Conversation | None = None
    read_from: list[str] = []
    warnings: list[str] = []
    try:
        there = _by_stem(recording.parent, recording.parent.stat().st_mtime_ns)
    except OSError as error:
        raise InputError(
            expected="a recording in a folder that can be listed",
            found=error.strerror or type(error).__name__,
            where=str(recording),
            do="check the path, and that you may read the folder",
        ) from error
    for path in there.get(recording.stem, ()):
        if path == recording or not path.is_file():
            continue
        suffix = path.suffix.lower()
        if suffix == RTTM_SUFFIX:
            turns = path
        elif suffix in SUFFIXES or suffix == TEXT_SUFFIX:
            try:
                found = read_one(path, format, taken)
            except InputError as error:
                warnings.append(
                    f"{path.name} beside the recording is not read as its transcript: {error.found}"
                )
                continue
            read_from.append(path.name)
            if best is None or _worth(found) > _worth(best):
                best = found
    if best is not None:
        used = Path(best.source or "").name
        warnings += [f"{name} is a transcript too; {used} is used" for name in read_from if name != used]
    return Beside(best, turns, tuple(warnings))


@lru_cache(maxsize=1)
def _by_stem(folder: Path, changed: int) -> dict[str, list[Path]]:
    """What lies in a folder by stem, in order; listed once for all its recordings, unless it has changed."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        found.setdefault(path.stem, []).append(path)
    return found


def _named(transcript: Path, format: str | FormatSpec | None, taken: Interpretation) -> Beside:
    if transcript.suffix.lower() == RTTM_SUFFIX:
        return Beside(None, transcript)
    return Beside(read_one(transcript, format, taken), None)


def _worth(conversation: Conversation) -> tuple[bool, bool]:
    utterances = conversation.utterances
    named = {u.speaker for u in utterances} != {UNKNOWN_SPEAKER}
    return named, all(u.start is not None and u.end is not None for u in utterances)


def _recordings(named: list[str], without: Collection[Path]) -> Iterator[Found]:
    for path, label in label_paths((path for path in named if path != "-"), set(RECORDINGS)):
        if os.path.isdir(path):  # noqa: PTH112
            for found in walk(path, set(RECORDINGS), label, without=without):
                for each in (found, *found.twins):
                    if each.error is None:
                        yield Found(Path(each.path), each.label)
        elif is_recording(path):
            yield Found(Path(path), label)


def _stems(recording: Path) -> set[str]:
    return {os.path.splitext(str(recording))[0]}  # noqa: PTH122


def _refuse_addresses(named: list[str]) -> None:
    for path in named:
        if "://" in path and not os.path.exists(path):  # noqa: PTH110
            raise InputError(
                expected="the path of a file or folder",
                found="an address of the net",
                where=path,
                do="download it yourself and name the file: nothing is fetched from the net here",
            )
