"""Analyse whatever is read and write the outputs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.analysis import Analysis
from heartsay.batch.formats import FORMATS, chosen_formats
from heartsay.batch.journal import Entry, Journal, digest
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import ReadFailure, document_path
from heartsay.formats.analyses import AnalysisFormat, FailedInput
from heartsay.formats.analyses.spec import GetCard
from heartsay.pipeline import EvidenceMode, analyze
from heartsay.runtime import Bundle, ModalityExperts

if TYPE_CHECKING:
    from heartsay.explanation import Explainer
    from heartsay.media import GetSignals
    from heartsay.report.player import MediaMode

LISTED_DOCUMENTS = 1000
"""Documents that an outcome lists, so that it stays small."""

Item = Conversation | ReadFailure


@dataclass(frozen=True)
class Settings:
    """What an analysis depends on beside the model.

    Attributes:
        coverage: how often prediction sets shall hold the true emotion.
        evidence: whether to compute what moved each reading.
        formats: names of `FORMATS`.
        false_discovery_rate: expected share of wrong ones among the causes; None lists the likely ones.
        experts: what reads the voices of conversations with a recording; those that come along if not given.
        signals: what gives the voices and faces; those of a conversation's recording if not given.
        face_detector: hash of what finds faces, where it is a file of the user's; `none` where faces are not
            looked for.
        language_check: whether readings of talk in another language than the model's are left open.
        media: how reports come by their recordings.
        explainer: what writes the sentences; `template` if not given.
    """

    coverage: float
    evidence: EvidenceMode
    formats: tuple[str, ...]
    false_discovery_rate: float | None = None
    experts: ModalityExperts | None = None
    language_check: bool = True
    media: MediaMode = "link"
    signals: GetSignals | None = None
    face_detector: str | None = None
    explainer: Explainer | None = None


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
    made = _make_folder(folder)
    journal: Journal | None = None
    try:
        depends_on = {
            "model": model.fingerprint,
            "coverage": settings.coverage,
            "evidence": settings.evidence,
            "format": list(settings.formats),
            "false_discovery_rate": settings.false_discovery_rate,
        }
        if not settings.language_check:
            depends_on["language_check"] = False
        if settings.media != "link":
            depends_on["media"] = settings.media
        if settings.experts is not None:
            depends_on["experts"] = settings.experts.fingerprint
        if settings.face_detector is not None:
            depends_on["face_detector"] = settings.face_detector
        if settings.explainer is not None:
            depends_on["explainer"] = settings.explainer.name
        journal = Journal.open(folder, depends_on, resume=resume)
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
                outcome.failures += _write_documents(entry.analysis, folder, formats, get_card)
            journal.append(entry)
            outcome.count(entry, settings.formats)
            progress(outcome)
        if outcome.conversations:
            outcome.tables = _write_tables(journal, folder, formats, single=outcome.only is not None)
        journal.remove()
        return outcome
    finally:
        if journal is not None:
            journal.close()
            if not (outcome.conversations or journal.finished):
                journal.remove()
        _remove_empty(made)


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns what was made, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise HeartsayError(f"{folder} is not a folder; name another one with --out.") from None
    return missing


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # not empty: something was finished
            folder.rmdir()


def analyze_items(
    items: Iterable[Item], model: Bundle, settings: Settings
) -> Iterator[tuple[Conversation, Analysis] | ReadFailure]:
    """Analyse what was read; failures stay at their place among the conversations."""
    waiting: deque[Item] = deque()

    def conversations() -> Iterator[Conversation]:
        for item in items:
            waiting.append(item)
            if isinstance(item, Conversation):
                yield item

    for analysis in analyze(
        conversations(),
        model=model,
        coverage=settings.coverage,
        evidence=settings.evidence,
        false_discovery_rate=settings.false_discovery_rate,
        language_check=settings.language_check,
        signals=settings.signals,
        experts=settings.experts,
        explainer=settings.explainer or "template",
    ):
        while isinstance(item := waiting.popleft(), ReadFailure):
            yield item
        yield item, analysis
    for item in waiting:
        assert isinstance(item, ReadFailure)  # every conversation has had its analysis
        yield item


def _entry(result: tuple[Conversation, Analysis] | ReadFailure) -> Entry:
    if isinstance(result, ReadFailure):
        return Entry(input=result.path, path=result.path, error=str(result.error))
    return Entry(input=digest(result[0]), analysis=result[1])


def _check_same(entry: Entry, item: Item, journal: Journal) -> None:
    found = item.path if isinstance(item, ReadFailure) else digest(item)
    if entry.input != found:
        raise _inputs_changed(repr(entry.analysis.conversation if entry.analysis else entry.path), journal)


def _inputs_changed(where: str, journal: Journal) -> HeartsayError:
    return HeartsayError(
        f"the inputs have changed since the interrupted run, first at {where};"
        f" name another folder with --out, or delete {journal.path} to begin anew."
    )


def _write_documents(
    analysis: Analysis, folder: Path, formats: Iterable[AnalysisFormat], get_card: GetCard
) -> list[tuple[str, str]]:
    """Write what formats give a file for each analysis; returns what a format cannot hold, and why."""
    made: list[Path] = []
    refused: list[tuple[str, str]] = []
    try:
        for spec in formats:
            if spec.write_document is not None:
                path = folder / document_path(analysis.conversation, spec.name)
                made += _make_folder(path.parent)
                try:
                    spec.write_document(analysis, path, get_card)
                except InputError as error:
                    refused.append((str(path), str(error)))
    except BaseException:
        _remove_empty(made)
        raise
    return refused


def _write_tables(
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
