"""All arms on all corpora in one go, interruptible at any run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.experiments.pair_corpora import PAIR_CORPORA, load_pair_corpus
from heartsay.experiments.pool import run_all
from heartsay.experiments.rpcl import end_to_end
from heartsay.experiments.rpcl.plan import METHODS, SEEDS, PairPlace, PairRun, is_done, runs
from heartsay.experiments.rpcl.plots import draw
from heartsay.experiments.rpcl.rows import comparisons, rows
from heartsay.experiments.rpcl.tables import tables
from heartsay.experiments.rpcl.work import train_and_read
from heartsay.progress import Report, silent

QUICK_EPOCHS = 3


def reproduce_rpcl(
    work: Path,
    results: Path,
    cache: Path,
    *,
    quick: bool = False,
    workers: int = 2,
    seeds: Sequence[int] = SEEDS,
    trained: Path = Path("runs"),
    with_encoder: bool = False,
    device: str = "cpu",
    report: Report = silent,
) -> dict[str, Any]:
    """Train what is not there yet, and write rows, tables and figures from what is.

    Args:
        work: folder of the runs over cached vectors, and of all readings.
        results: folder for ``results.json``, ``tables.md`` and the figures.
        cache: folder of the vectors.
        quick: base, margin and full on ECF for a few epochs under two seeds, nothing end to end: a look, not
            a result.
        workers: processes of one thread each; with 0 nothing is run and what is there is measured.
        seeds: of every arm.
        trained: folder of the runs with the encoder, `default` and `rpcl-end-to-end`; those that are finished
            are read and measured.
        with_encoder: train those that are not finished, which takes up to half an hour of a core for each.
        device: torch device to train those on.
        report: progress callback.

    Returns:
        What ``results.json`` holds.

    Raises:
        KeyboardInterrupt: again, after the tables of what was done.
        InputError: the data are absent or not what they claim.
    """
    corpora: tuple[str, ...] = ("ecf",) if quick else PAIR_CORPORA
    methods = ("base", "margin", "rpcl") if quick else tuple(METHODS)
    chosen = tuple(seeds)[:2] if quick else tuple(seeds)
    place = PairPlace(work, cache, QUICK_EPOCHS if quick else None, trained)
    for corpus in corpora:
        report({"message": f"{corpus}: making the vectors, or reading them from {cache}"})
        load_pair_corpus(corpus, cache, report)
    planned = runs(corpora, methods, chosen)
    packed = [] if quick else end_to_end.runs(chosen, place)
    end_to_end.forget_stale(packed, place)
    failed: dict[PairRun, str] = {}
    interrupted = False
    try:
        if workers:
            failed = run_all(
                planned,
                partial(train_and_read, place=place),
                is_done=partial(is_done, place=place),
                workers=workers,
                report=report,
            )
        if with_encoder and not quick:
            failed |= end_to_end.train_all(packed, place, device, report)
        there = [run for run in packed if end_to_end.is_trained(run, place)]
        if workers and there:
            report({"message": "end to end: reading what is trained, some minutes each"})
            failed |= run_all(
                there,
                partial(end_to_end.read, place=place, draws=end_to_end.DRAWS),
                is_done=partial(is_done, place=place),
                workers=workers,
                report=report,
            )
    except KeyboardInterrupt:
        interrupted = True
        report({"message": "Interrupted: tables of what is done follow; interrupt again to leave"})
    content = write_results([*planned, *packed], place, results, failed, quick)
    if interrupted:
        raise KeyboardInterrupt
    return content


def write_results(
    planned: Sequence[PairRun], place: PairPlace, results: Path, failed: dict[PairRun, str], quick: bool
) -> dict[str, Any]:
    """Write rows, tables and figures from the runs that are done."""
    content = {
        "system": "rpcl",
        "quick": quick,
        "planned": len(planned),
        "done": sum(is_done(run, place) for run in planned),
        "failed": {str(run): reason for run, reason in failed.items()},
        "rows": rows(planned, place),
        "comparisons": comparisons(planned, "base", place),
    }
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", json.dumps(content, indent=1) + "\n")
    write_text(results / "tables.md", tables(content))
    draw(planned, place, results)
    return content
