"""A corpus analysed on Ray: planned, shared out, counted and summed up by the one who asked.

Workers read and write by themselves, so that neither this process nor Ray's object store ever holds what is
in the corpus.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from heartsay import __version__
from heartsay.atomic import lock
from heartsay.batch import Settings
from heartsay.batch.journal import refuse_other_settings
from heartsay.cluster import joined
from heartsay.errors import HeartsayError
from heartsay.pipeline import load_model
from heartsay.progress import Report, silent
from heartsay.ray import manifest
from heartsay.ray.listing import entries
from heartsay.ray.places import Place, remove_folder
from heartsay.ray.plan import Plan, made, written
from heartsay.ray.reading import RECORDED, How, readers
from heartsay.ray.sharing import hired, results
from heartsay.ray.shuffle import gathered
from heartsay.ray.tables import kept_schema
from heartsay.ray.worker import GATHERED, NOTES, TRIES, Done, Job

GIVE_UP = 3
"""Partitions in a row that cannot be written, after which a run ends: what stops them stops the next too."""


@dataclass(frozen=True)
class Engine:
    """Where a corpus is analysed.

    Attributes:
        address: of a cluster; None starts Ray on this machine.
        workers: how many; as many as there are processors where None.
    """

    address: str | None = None
    workers: int | None = None


@dataclass
class Outcome:
    """What a run has come to.

    Attributes:
        out: where it went.
        partitions: that are finished, of `of`.
        of: partitions in all.
        resumed: partitions that earlier runs had finished.
        conversations: in all of them.
        utterances: in them.
        left_open: utterances whose reading is not to be used.
        warned: conversations with warnings.
        failures: what could not be read, and why.
        set_aside: conversations and files at which workers died.
        failed: partitions that were not written, and why.
        seconds: from the beginning until the first partition of this run; None where there was none.
    """

    out: Place
    partitions: int = 0
    of: int = 0
    resumed: int = 0
    conversations: int = 0
    utterances: int = 0
    left_open: int = 0
    warned: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    seconds: float | None = None

    def count(self, done: Done) -> None:
        """Take in a partition."""
        self.partitions += 1
        for name in ("conversations", "utterances", "left_open", "warned", "failures", "set_aside"):
            setattr(self, name, getattr(self, name) + getattr(done, name))


def analyze_corpus(
    out: str,
    sources: Sequence[str],
    settings: Settings,
    how: How,
    *,
    model: str | None = None,
    engine: Engine | None = None,
    resume: bool = False,
    kept: tuple[str, ...] = (),
    report: Report = silent,
    outcome: Outcome | None = None,
) -> Outcome:
    """Analyse a corpus into a folder of Parquet partitions with a manifest.

    What is finished survives whatever stops the run: killed workers are replaced, and a killed run is
    resumed. A conversation at which two workers died by itself is set aside.

    Args:
        out: path or address of the folder.
        sources: paths and addresses of files, folders and Parquet tables of utterances.
        settings: of the analysis.
        how: inputs are read.
        model: its name, or its folder, which every machine must have.
        engine: where.
        resume: go on with the run of the folder.
        kept: columns of tables that are handed on beside the results.
        report: progress callback: partitions, the rate in utterances, and seconds left.
        outcome: filled as the run goes.

    Raises:
        InputError: there is nothing to read, a table lacks columns, or nothing answers at the address.
        MissingDependencyError: Ray is not installed.
        HeartsayError: the folder holds another run, a place cannot be read or written, workers are of another
            version, or partition after partition fails.
    """
    engine = engine or Engine()
    outcome = Outcome(Place(out)) if outcome is None else outcome
    begun = time.monotonic()
    bundle = load_model(model)
    depends_on = {
        **settings.depends_on(bundle),
        "sources": list(sources),
        "keep": list(kept),
        **how.depends_on(),
    }
    of_recordings = partial(readers, how.listening)
    with _held(outcome.out):
        plan = _found(outcome.out, depends_on, of_recordings, resume)
        finished = _finished(plan, outcome)
        problem = None
        if plan is None or outcome.partitions < outcome.of:
            remove_folder(outcome.out / TRIES)
            report({"message": "Starting Ray" if engine.address is None else "Joining Ray"})
            with joined(engine.address, engine.workers, __version__) as workers:
                if plan is None:
                    report({"message": "Listing"})
                    found = entries(sources, how.format, outcome.out)
                    plan = made(outcome.out, depends_on, found, kept, workers, of_recordings)
                    finished = _finished(plan, outcome)
                left = [(n, *line) for n, line in enumerate(plan.lines) if n not in finished]
                if RECORDED in plan.settings:
                    how = replace(how, readers=of_recordings())
                job = Job(outcome.out, model, bundle.fingerprint, settings, how)
                with hired(job, min(workers, len(left))) as actors:
                    if plan.table is not None:
                        job = replace(
                            job,
                            gathered=gathered(plan, outcome.out / GATHERED, workers, report),
                            kept=kept_schema(plan.table),
                        )
                    problem = _share_out(results(actors, job, left), outcome, begun, report)
        manifest.write(outcome.out, plan, manifest.finished(outcome.out, outcome.of), outcome.failed)
        if problem is not None:
            raise HeartsayError(problem)
        if not outcome.failed:
            for name in (GATHERED, TRIES, NOTES):
                remove_folder(outcome.out / name)
    return outcome


def _found(
    out: Place, depends_on: Mapping[str, Any], of_recordings: Callable[[], Mapping[str, str]], resume: bool
) -> Plan | None:
    """The plan that a folder holds, or None."""
    plan = written(out)
    if plan is not None:
        if not resume:
            raise HeartsayError(
                f"{out} holds a run already; add --resume to go on with it, or name another folder with"
                " --out."
            )
        if RECORDED in plan.settings:
            depends_on = {**depends_on, **of_recordings()}
        refuse_other_settings(plan.settings, depends_on, out)
    return plan


def _finished(plan: Plan | None, outcome: Outcome) -> dict[int, Done]:
    """The partitions that earlier runs finished; they are counted."""
    if plan is None:
        return {}
    outcome.of = len(plan.lines)
    found = manifest.finished(outcome.out, outcome.of)
    for done in found.values():
        outcome.count(done)
    outcome.resumed = outcome.partitions
    return found


@contextmanager
def _held(out: Place) -> Iterator[None]:
    """Hold a folder of this machine, so that no second run writes there."""
    local = out.local
    if local is None:
        yield
        return
    local.mkdir(parents=True, exist_ok=True)
    with (local / ".lock").open("wb") as file:
        lock(file, local)
        yield


def _share_out(told: Iterator[dict[str, Any]], outcome: Outcome, begun: float, report: Report) -> str | None:
    """Take in what workers say; returns what stopped all of it, if something did."""
    counted = _progress(outcome, begun, report)
    in_a_row = 0
    report({"message": "Analysing"})
    for row in told:
        if "problem" in row:
            return str(row["problem"])
        if "failed" in row:
            outcome.failed[row["number"]] = row["failed"]
            in_a_row += 1
            if in_a_row >= GIVE_UP:
                return (
                    f"{in_a_row} partitions in a row could not be written, the last because: {row['failed']}"
                    " What was finished is kept; add --resume once that is mended."
                )
            continue
        in_a_row = 0
        outcome.count(Done(**row))
        counted()
    return None


def _progress(outcome: Outcome, begun: float, report: Report) -> Callable[[], None]:
    """What is told after each partition: how many, the rate, and how long the rest takes at that rate."""
    started, before, first = time.monotonic(), outcome.utterances, outcome.partitions

    def counted() -> None:
        now = time.monotonic()  # a clock that is set meanwhile changes nothing
        if outcome.seconds is None:
            outcome.seconds = now - begun
        passed = max(now - started, 1e-9)
        rate = (outcome.utterances - before) / passed
        left = (outcome.of - outcome.partitions) * passed / (outcome.partitions - first)
        unit = f"partitions at {rate:,.0f} utterances/s"
        report({"done": outcome.partitions, "of": outcome.of, "unit": unit, "left": left})

    return counted
