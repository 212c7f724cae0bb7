"""Analyse whatever is read and write the outputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from heartsay.analysis import Analysis
from heartsay.batch.contained import Item, Settings, analyze_items
from heartsay.batch.formats import FORMATS, chosen_formats
from heartsay.batch.journal import Entry, Journal, digest
from heartsay.batch.outputs import (
    make_folder,
    remove_empty,
    write_anew_what_is_gone,
    write_documents,
    write_tables,
)
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError
from heartsay.formats import ReadFailure, document_path
from heartsay.runtime import Bundle

LISTED_DOCUMENTS = 1000
"""Documents that an outcome lists, so that it stays small."""


@dataclass
class Outcome:
    """What a run has done so far; counts include what an earlier, interrupted run had finished.

    Attributes:
        folder: where the outputs are.
        conversations: analysed.
        utterances: in them.
        abstained: utterances whose reading is not to be used.
        warned: conversations with warnings.
        resumed: inputs that an earlier run had dealt with.
        failures: files that could not be read, and why.
        documents: the first `LISTED_DOCUMENTS` conversations, each with its files by format.
        tables: files over all conversations, relative to the folder.
        only: the analysis, where there is just one.
    """

    folder: Path
    conversations: int = 0
    utterances: int = 0
    abstained: int = 0
    warned: int = 0
    resumed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    documents: list[dict[str, str]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    only: Analysis | None = None

    def count(self, entry: Entry, formats: Collection[str]) -> None:
        """Take in one more entry of the journal."""
        if entry.analysis is None:
            self.failures.append((str(entry.path), str(entry.error)))
            return
        analysis = entry.analysis
        self.conversations += 1
        self.only = analysis if self.conversations == 1 else None
        self.utterances += len(analysis.utterances)
        self.abstained += sum(u.emotion.abstain for u in analysis.utterances)
        self.warned += bool(analysis.warnings)
        if len(self.documents) < LISTED_DOCUMENTS:
            files = {
                name: document_path(analysis.conversation, name)
                for name, spec in FORMATS.items()
                if name in formats and spec.write_document is not None
            }
            self.documents.append({"conversation": analysis.conversation, **files})

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON-ready values; files are relative to `out`."""
        return {
            "out": str(self.folder),
            "conversations": self.conversations,
            "utterances": self.utterances,
            "abstained": self.abstained,
            "resumed": self.resumed,
            "tables": self.tables,
            "documents": self.documents,
            "failures": [{"path": path, "error": error} for path, error in self.failures],
        }


def analyze_into(
    folder: Path,
    items: Iterable[Item],
    model: Bundle,
    settings: Settings,
    *,
    resume: bool = False,
    outcome: Outcome | None = None,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Analyse conversations and write them into a folder; memory does not grow with their number.

    Finished conversations survive whatever stops the run. Where none was finished, nothing is left behind.

    Args:
        folder: made where it is not there; earlier outputs of the same names are replaced.
        items: what `formats.read_many` gives.
        model: a loaded model.
        settings: what the analysis depends on, and formats.
        resume: go on with an interrupted run in the folder, which must have had the same settings.
        outcome: filled as the run goes, so that a caller knows how far it came if it is stopped.
        progress: called after each input.

    Raises:
        HeartsayError: the folder holds an interrupted run and `resume` is false, that run had other
            settings or inputs, or an output cannot be written.
        OSError: the folder or the journal cannot be written.
    """
    outcome = Outcome(folder) if outcome is None else outcome
    made = make_folder(folder)
    journal: Journal | None = None
    try:
        journal = Journal.open(folder, settings.depends_on(model), resume=resume)
        formats = chosen_formats(settings.formats, settings.media)
        get_card = cache(lambda: model.card)
        stream = iter(items)
        for entry, item in zip(journal.entries(), stream, strict=False) if journal.finished else ():
            _check_same(entry, item, journal)
            outcome.count(entry, settings.formats)
            outcome.resumed += 1
        if outcome.resumed < journal.finished:
            raise _inputs_changed("their end", journal)
        for result in analyze_items(stream, model, settings):
            entry = _entry(result)
            if entry.analysis is not None:
                # What cannot be written is tried once more, and told, when all is done.
                write_documents(entry.analysis, folder, formats, get_card)
            journal.append(entry)
            outcome.count(entry, settings.formats)
            progress(outcome)
        outcome.failures += write_anew_what_is_gone(journal, folder, formats, get_card)
        if outcome.conversations:
            outcome.tables = write_tables(journal, folder, formats, single=outcome.only is not None)
        journal.remove()
        return outcome
    finally:
        if journal is not None:
            journal.close()
            if not (outcome.conversations or journal.finished):
                journal.remove()
        remove_empty(made)


def _entry(result: tuple[Conversation, Analysis] | ReadFailure) -> Entry:
    if isinstance(result, ReadFailure):
        path = _writable(result.path)
        return Entry(input=path, path=path, error=_writable(str(result.error)))
    return Entry(input=digest(result[0]), analysis=result[1])


def _check_same(entry: Entry, item: Item, journal: Journal) -> None:
    path = item.path if isinstance(item, ReadFailure) else item.source or item.id
    found = _writable(path) if isinstance(item, ReadFailure) or entry.analysis is None else digest(item)
    if entry.input != found:
        raise _inputs_changed(repr(entry.analysis.conversation if entry.analysis else entry.path), journal)


def _writable(text: str) -> str:
    """A text whose bytes that are no UTF-8, as names of files can hold, are written as they are numbered."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _inputs_changed(where: str, journal: Journal) -> HeartsayError:
    return HeartsayError(
        f"the inputs have changed since the interrupted run, first at {where};"
        f" name another folder with --out, or delete {journal.path} to begin anew."
    )
