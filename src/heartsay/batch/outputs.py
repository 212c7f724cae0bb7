"""The files of a run: a document for each analysis, tables over all; what is reported is there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from heartsay.analysis import Analysis
from heartsay.batch.journal import NAME, Journal
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import document_path
from heartsay.formats.analyses import AnalysisFormat, FailedInput
from heartsay.formats.analyses.spec import GetCard


def make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns what was made, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise HeartsayError(f"{folder} is not a folder; name another one with --out.") from None
    return missing


def written_by_runs(folder: Path) -> tuple[Path, ...]:
    """What is no input of a run that writes into a folder, even where the folder lies inside the inputs.

    Where both are one folder, that is the journal alone: the rest cannot be told from the inputs.
    """
    return folder, folder / NAME


IN_THE_WAY = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
"""What a system answers where one path cannot be had; a full disk or missing rights stop the whole run."""


def _is_in_the_way(error: BaseException) -> bool:
    found = error if isinstance(error, OSError) else error.__cause__ or error.__context__
    return isinstance(found, OSError) and found.errno in IN_THE_WAY


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders that hold nothing."""
    for folder in folders:
        with suppress(OSError):  # not empty: something was finished
            folder.rmdir()


def write_documents(
    analysis: Analysis, folder: Path, formats: Iterable[AnalysisFormat], get_card: GetCard
) -> list[tuple[str, str]]:
    """Write what formats give a file for each analysis; returns what a format cannot hold, and why."""
    made: list[Path] = []
    refused: list[tuple[str, str]] = []
    try:
        for spec in formats:
            if spec.write_document is not None:
                path = folder / document_path(analysis.conversation, spec.name)
                try:
                    made += make_folder(path.parent)
                    spec.write_document(analysis, path, get_card)
                except InputError as error:
                    refused.append((str(path), str(error)))
                except (HeartsayError, OSError) as error:
                    if not (path.is_dir() or _is_in_the_way(error)):
                        raise
                    why = "something of that name is in the way, or the name is too long for this disk"
                    refused.append((str(path), f"{path} could not be written: {why}."))
    except BaseException:
        remove_empty(made)
        raise
    return refused


def write_anew_what_is_gone(
    journal: Journal, folder: Path, formats: Iterable[AnalysisFormat], get_card: GetCard
) -> list[tuple[str, str]]:
    """Write documents that are not there, be it that somebody removed them or that they could not be written.

    Returns:
        Those that cannot be written, and why; the same whether the run was interrupted or not.
    """
    each = [spec for spec in formats if spec.write_document is not None]

    def gone(conversation: str) -> list[AnalysisFormat]:
        paths = {spec.name: folder / document_path(conversation, spec.name) for spec in each}
        return [s for s in each if not os.path.isfile(paths[s.name])]  # noqa: PTH113 - of any length

    refused = []
    for entry in journal.entries(wanted=lambda conversation: bool(gone(conversation))):
        if entry.analysis is not None:
            refused += write_documents(entry.analysis, folder, gone(entry.analysis.conversation), get_card)
    return refused


def write_tables(
    journal: Journal, folder: Path, formats: Iterable[AnalysisFormat], *, single: bool
) -> list[str]:
    """Write the tables over all conversations, reading the journal anew for each; returns their names."""
    written = []
    ids = {entry.analysis.conversation for entry in journal.entries() if entry.analysis is not None}
    conversations = ids | {document_path(identifier, "html").removesuffix(".html") for identifier in ids}
    for spec in formats:
        if spec.write_table is None or spec.table is None or (single and not spec.table_of_one):
            continue
        results = (
            FailedInput(str(entry.path), str(entry.error)) if entry.analysis is None else entry.analysis
            for entry in journal.entries()
        )
        name = _free_name(folder, spec, conversations)
        spec.write_table(results, folder / name)
        written.append(name)
    return written


def _free_name(folder: Path, spec: AnalysisFormat, conversations: set[str]) -> str:
    """The name of a table: its own, unless one of other conversations has it, which must not be lost."""
    assert spec.table is not None  # only tables are named
    stem, dot, suffix = spec.table.rpartition(".")
    number = 1
    while (
        path := folder / (name := spec.table if number == 1 else f"{stem}-{number}{dot}{suffix}")
    ).exists():
        try:
            if spec.holds is not None and spec.holds(path) <= conversations:
                break  # the same conversations, analysed again
        except Exception:
            pass
        number += 1
    return name
