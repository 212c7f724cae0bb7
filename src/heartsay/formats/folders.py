"""Which files of a folder are read, in which order, and the id each gives its conversations.

Ids come from names alone: a file's stem, with the folders between it and the folder that was asked for. They
stay the same from run to run and on every disk; where two names of one folder would give the same id
(`chat.json` and `chat.csv`, `Chat.json` and `chat.json`, `chat.json` and a folder `chat`) the files keep
their suffix, and the last resort is a number.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from heartsay.formats.cleaning import clean_text


class Found(NamedTuple):
    """A file to read, and the id of its conversation; or an error of a folder that cannot be listed.

    `twins` are files of the same folder that differ from it in their suffix alone, and `shared` is the id if
    all of them turn out to hold one conversation.
    """

    path: str
    label: str
    error: OSError | None = None
    twins: tuple[Found, ...] = ()
    shared: str = ""


def give_labels(names: Sequence[str]) -> Iterable[str]:
    """Ids for the files and folders that stand side by side, each another even without capitals.

    Args:
        names: in a fixed order; those of folders end in a slash.
    """
    if len({_plain(_stem(name)) for name in names}) == len(names):
        return map(_stem, names)
    stems = [_stem(name) for name in names]
    count = Counter(map(_plain, stems))
    alone = [count[_plain(stem)] == 1 for stem in stems]
    used: set[str] = set()
    labels = [""] * len(names)
    # Whoever is alone with a stem gets it first, then folders their names, then files theirs with suffix.
    for index in sorted(
        range(len(names)), key=lambda index: (not alone[index], not names[index].endswith("/"))
    ):
        label = stems[index] if alone[index] else _shown(names[index])
        number = 1
        while _plain(candidate := label if number == 1 else f"{label}~{number}") in used:
            number += 1
        used.add(_plain(candidate))
        labels[index] = candidate
    return labels


def _shown(name: str) -> str:
    """A name as it can be shown and written: without control characters and undecodable bytes."""
    return clean_text(name.rstrip("/")) or "unnamed"


def _stem(name: str) -> str:
    shown = _shown(name)
    return shown if name.endswith("/") else clean_text(os.path.splitext(shown)[0])  # noqa: PTH122


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def walk(
    folder: str,
    suffixes: Collection[str] | None = None,
    prefix: str = "",
    above: frozenset[tuple[int, int]] = frozenset(),
    without: Collection[Path] = (),
) -> Iterator[Found]:
    """The files of a folder, by name, folders within it included; each with its twins.

    Hidden files and folders and what systems leave behind are passed over; links are followed, but not round
    in circles. Memory holds the names of one folder at each depth.

    Args:
        folder: where to look.
        suffixes: of the files to find, in small letters; None for all files.
        prefix: put before every label.
        above: device and inode of the folders that lead here.
        without: files and folders that are passed over, such as those that a run itself writes.
    """
    try:
        status = os.stat(folder)  # noqa: PTH116
        here = (status.st_dev, status.st_ino)
        if here in above:
            return
        with os.scandir(folder) as listing:
            names = sorted(
                f"{entry.name}/" if is_folder else entry.name
                for entry in listing
                if not _is_litter(entry.name)
                and not any(_is_same(entry, path) for path in without)
                and (
                    (is_folder := _is_folder(entry)) or (has_suffix(entry.name, suffixes) and _is_file(entry))
                )
            )
    except OSError as error:
        yield Found(folder, prefix, error)
        return
    twins = _twins(names)
    shared = _shared(names, twins)
    waiting: dict[str, list[Found]] = {}
    for name, label in zip(names, give_labels(names), strict=True):
        path = os.path.join(folder, name)  # noqa: PTH118 - a hundred thousand of these have to be quick
        if name.endswith("/"):
            yield from walk(path[:-1], suffixes, f"{prefix}{label}/", above | {here}, without)
            continue
        found = Found(path, prefix + label)
        if not twins or (count := twins.get(_twin(name), 0)) == 0:
            yield found
            continue
        group = waiting.setdefault(_twin(name), [])
        group.append(found)
        if len(group) == count:
            yield group[0]._replace(twins=tuple(group[1:]), shared=prefix + shared[_twin(name)])


def _twin(name: str) -> str:
    """What files that differ in their suffix alone have in common; nothing else ends in a dot and a slash."""
    return name if name.endswith("/") else f"{_stem(name)}./"


def _twins(names: Sequence[str]) -> dict[str, int]:
    """How many files of a folder differ from one another in their suffix alone, by what they share."""
    if len(set(map(_twin, names))) == len(names):
        return {}
    return {key: count for key, count in Counter(map(_twin, names)).items() if count > 1}


def _shared(names: Sequence[str], twins: dict[str, int]) -> dict[str, str]:
    """A label for each group of twins, unlike those of all that stands beside."""
    if not twins:
        return {}
    others = [name for name in names if _twin(name) not in twins]
    return dict(zip([*others, *twins], give_labels([*others, *(key[:-1] for key in twins)]), strict=True))


def _is_litter(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in ("thumbs.db", "desktop.ini", "__macosx")


def _is_same(entry: os.DirEntry[str], path: Path) -> bool:
    """Whether both are one file or folder; names tell first, since asking the disk takes long."""
    return entry.name == path.name and path.exists() and path.samefile(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """A link that leads to itself is none, so that it alone is reported."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Pipes and devices would wait for ever; a broken link is a file, so that it is reported."""
    return entry.is_symlink() or entry.is_file()


def has_suffix(name: str, suffixes: Collection[str] | None) -> bool:
    """Whether the suffix of a file's name is one of these, capitals aside; any is, where None are given."""
    return suffixes is None or os.path.splitext(name)[1].lower() in suffixes  # noqa: PTH122


def label_paths(paths: Iterable[str], suffixes: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Labels for paths that were named one by one; one named twice, or inside a folder also named, goes once.

    One file is called by its stem and one folder gives no prefix. Several files are called by their stems
    if these differ, and several folders or like stems by what follows the folder they have in common.

    Args:
        paths: of files and folders.
        suffixes: of the files that are read in folders, in small letters; None for all.

    Returns:
        Path and label; for a folder the label is the prefix for `walk`, with its slash.
    """
    kept: dict[str, tuple[str, bool]] = {}
    for path in paths:
        absolute = os.path.abspath(path)  # noqa: PTH100 - links keep the names they were given
        kept.setdefault(absolute, (path, os.path.isdir(path)))  # noqa: PTH112
    folders = {absolute for absolute, (_, is_folder) in kept.items() if is_folder}
    if folders:
        kept = {
            absolute: value
            for absolute, value in kept.items()
            if not (
                (value[1] or has_suffix(absolute, suffixes))
                and any(str(parent) in folders for parent in Path(absolute).parents)
            )
        }
    entries = list(kept.values())
    if len(entries) == 1 and entries[0][1]:
        return [(entries[0][0], "")]
    names = [os.path.basename(absolute) for absolute in kept]  # noqa: PTH119
    stems = Counter(_plain(os.path.splitext(name)[0]) for name in names)  # noqa: PTH122
    if any(is_folder for _, is_folder in entries) or max(stems.values(), default=0) > 1:
        try:
            common = os.path.commonpath([os.path.dirname(absolute) for absolute in kept])  # noqa: PTH120
            names = [os.path.relpath(absolute, common) for absolute in kept]
        except ValueError:  # different drives
            names = [absolute.replace(":", "") for absolute in kept]
        names = [name.replace(os.sep, "/").lstrip("/") for name in names]
    names = [f"{name}/" if is_folder else name for name, (_, is_folder) in zip(names, entries, strict=True)]
    return [
        (path, f"{label}/" if is_folder else label)
        for (path, is_folder), label in zip(entries, give_labels(names), strict=True)
    ]
