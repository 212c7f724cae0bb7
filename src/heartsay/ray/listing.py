"""What is to be read: files, recordings and tables, found one after the other so that any number fits."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from heartsay.errors import InputError
from heartsay.formats.folders import Found, give_labels, has_suffix, label_paths, walk
from heartsay.formats.registry import TEXT_SUFFIX, find_format
from heartsay.media import is_recording
from heartsay.ray.places import Place, in_words, opened

TABLE = (".parquet",)


class Entry(NamedTuple):
    """A file to read.

    Attributes:
        path: on this machine, or an address.
        label: the id of its conversation, or what those of several begin with; as `formats.read_many`.
        size: bytes, of its twins too.
        twins: files of the same stem beside it, path and label; on a file system of this machine alone.
        shared: the id where all of them hold one conversation.
    """

    path: str
    label: str
    size: int
    twins: tuple[tuple[str, str], ...] = ()
    shared: str = ""

    @property
    def found(self) -> Found:
        """The same as readers of this machine's files take it."""
        return Found(self.path, self.label, None, tuple(Found(*twin) for twin in self.twins), self.shared)

    @property
    def is_table(self) -> bool:
        """Whether it is a Parquet table of utterances."""
        return has_suffix(self.path.partition("?")[0], TABLE)


def entries(sources: Sequence[str], format: str | None = None, out: Place | None = None) -> Iterator[Entry]:
    """The files of sources, in an order that is the same each time.

    Where one of the files of a stem is a recording, the others belong to it, and it alone is handed out.

    Args:
        sources: paths and addresses of files and folders.
        format: of the conversations, as for `formats.read_many`; folders are then searched for its suffixes.
        out: folder of outputs, which are passed over if it lies within a source.

    Raises:
        InputError: there is no such source or format, or nothing in it.
        HeartsayError: it cannot be listed.
    """
    within = None if out is None else f"{out.name.rstrip('/') if '://' in out.name else out.local}/"
    for entry in _all(sources, format):
        if within is None or not entry.path.startswith(within):
            yield entry


def _all(sources: Sequence[str], format: str | None) -> Iterator[Entry]:
    spec = None if format is None else find_format(format)
    suffixes = None if spec is None else {TEXT_SUFFIX, *spec.suffixes, *TABLE}
    local = [source for source in sources if "://" not in source]
    recorded = {source.removesuffix(_suffix(source)) for source in local if is_recording(source)}
    local = [
        source
        for source in local
        if is_recording(source)
        or os.path.isdir(source)  # noqa: PTH112
        or source.removesuffix(_suffix(source)) not in recorded
    ]
    for path, label in label_paths(local, suffixes):
        if not os.path.exists(path):  # noqa: PTH110
            raise _nothing(path)
        if os.path.isdir(path):  # noqa: PTH112
            yield from _in_folder(path, label, suffixes)
        else:
            yield Entry(os.path.abspath(path), label, os.path.getsize(path))  # noqa: PTH100, PTH202
    for source in sources:
        if "://" in source:
            yield from _in_store(Place(source), suffixes, alone=len(sources) == 1)


def _nothing(source: str) -> InputError:
    return InputError(
        expected="a file or folder", found="nothing of that name", where=source, do="check the path"
    )


def _in_folder(folder: str, label: str, suffixes: Collection[str] | None) -> Iterator[Entry]:
    for found in walk(os.path.abspath(folder), suffixes, label):  # noqa: PTH100
        if found.error is not None:
            raise InputError(
                expected="a folder that can be listed",
                found=(found.error.strerror or str(found.error)).lower(),
                where=found.path,
                do="check its permissions, or name the folders that are to be read",
            )
        group = (found, *found.twins)
        tables = [each for each in group if has_suffix(each.path, TABLE)]
        for each in tables:
            yield Entry(each.path, each.label, _size(each.path))
        group = tuple(each for each in group if each not in tables)
        if recordings := [each for each in group if is_recording(each.path)]:
            for each in recordings:
                # What lies beside a recording belongs to it, and its suffix need not tell them apart.
                alone = len(recordings) == 1 and len(group) > 1
                label = each.label.removesuffix(_suffix(each.path)) if alone else each.label
                yield Entry(each.path, label, _size(each.path))
        elif group:
            twins = tuple((twin.path, twin.label) for twin in group[1:])
            size = sum(_size(each.path) for each in group)
            yield Entry(group[0].path, group[0].label, size, twins, found.shared if twins else "")


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1]  # noqa: PTH122


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)  # noqa: PTH202
    except OSError:
        return 0  # a broken link: who reads it will say so


def _in_store(place: Place, suffixes: Collection[str] | None, *, alone: bool) -> Iterator[Entry]:
    from pyarrow import fs

    filesystem, path = opened(place.name)
    with in_words(place):
        info = filesystem.get_file_info(path)
    name = os.path.basename(path.rstrip("/"))  # noqa: PTH119
    if info.type == fs.FileType.NotFound:
        raise _nothing(place.name)
    if info.type == fs.FileType.File:
        yield Entry(place.name, next(iter(give_labels([name]))), info.size or 0)
        return
    yield from _walk_store(filesystem, path, place, suffixes, "" if alone else f"{name}/")


def _walk_store(
    filesystem: Any, path: str, place: Place, suffixes: Collection[str] | None, prefix: str
) -> Iterator[Entry]:
    """As `folders.walk`, one folder at a time; files that differ in their suffix alone are all read."""
    from pyarrow import fs

    with in_words(place):
        found = filesystem.get_file_info(fs.FileSelector(path))
    kept = {}
    for info in found:
        is_folder = info.type == fs.FileType.Directory
        if not info.base_name.startswith(".") and (is_folder or has_suffix(info.base_name, suffixes)):
            kept[f"{info.base_name}/" if is_folder else info.base_name] = info
    names = sorted(kept)
    for name, label in zip(names, give_labels(names), strict=True):
        below = place / name.rstrip("/")
        if name.endswith("/"):
            yield from _walk_store(filesystem, kept[name].path, below, suffixes, f"{prefix}{label}/")
        else:
            yield Entry(below.name, prefix + label, kept[name].size or 0)
