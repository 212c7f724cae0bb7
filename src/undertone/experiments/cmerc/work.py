"""Doing the runs of a plan on several one-thread processes; stopped at any point, it goes on from there."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from undertone.errors import UndertoneError
from undertone.evidence.features import FeatureCorpus
from undertone.experiments.cmerc.plan import BASE, PRINCIPAL, Run, configuration
from undertone.experiments.feature_corpora import load_feature_corpus
from undertone.training.feature_readings import NO_EXTRAS, Extras
from undertone.training.feature_run_folder import FeatureRunFolder

MISSING_RATES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
"""Rates of Table 3."""

SHOWN = Extras(coalitions="strict", missing_rates=MISSING_RATES)

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Place:
    """Where runs are kept and what they are made with.

    Args:
        work: folder of the runs.
        cache: folder of the features.
        epochs: at most this many, if given.
        device: torch device.
    """

    work: Path
    cache: Path
    epochs: int | None = None
    device: str = "cpu"


def is_done(run: Run, place: Place) -> bool:
    """Whether a run has its readings."""
    folder = FeatureRunFolder(run.folder(place.work))
    return folder.run.exists() and folder.is_finished()


def do(runs: Sequence[Run], place: Place, workers: int, report: Report) -> dict[Run, str]:
    """Do what is not done yet, each run after the one it needs.

    Args:
        runs: in the order in which they are wanted.
        place: where and with what.
        workers: processes of one thread each.
        report: called with a message and a count for each run that ends.

    Returns:
        The runs that failed, and why; runs that needed them are among them.
    """
    done = {run for run in runs if is_done(run, place)}
    pending = [run for run in runs if run not in done]
    failed: dict[Run, str] = {}
    report({"message": f"{len(done)} of {len(runs)} runs are there", "done": len(done), "runs": len(runs)})
    if not pending:
        return failed
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        flying: dict[Future[str | None], Run] = {}
        try:
            while pending or flying:
                for run in [r for r in pending if r.baseline in failed]:
                    failed[run] = f"its base run failed: {failed[run.baseline]}"  # type: ignore[index]
                    pending.remove(run)
                while len(flying) < workers and (ready := _next(pending, done)) is not None:
                    pending.remove(ready)
                    flying[pool.submit(_train, ready, place)] = ready
                if not flying:
                    break
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    run = flying.pop(future)
                    reason = future.result()
                    if reason is None:
                        done.add(run)
                    else:
                        failed[run] = reason
                    name = f"{run.corpus}, {run.model}, {run.method}, seed {run.seed}"
                    report(
                        {
                            "message": name if reason is None else f"{name}: {reason}",
                            "done": len(done) + len(failed),
                            "runs": len(runs),
                        }
                    )
        except BaseException:
            # Whoever interrupts wants to stop now; unfinished runs go on from their last state next time.
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    return failed


def _next(pending: Sequence[Run], done: set[Run]) -> Run | None:
    """The first run whose base run, if it needs one, is there."""
    return next((run for run in pending if run.baseline is None or run.baseline in done), None)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _train(run: Run, place: Place) -> str | None:
    """Train one run in a worker; why it failed, if it did."""
    from undertone.training.feature_loop import train_backbone

    shown = run.model in PRINCIPAL and run.method in (BASE, "cmerc")
    try:
        train_backbone(
            configuration(run, place.epochs),
            _corpus(run.corpus, place.cache, run.fold),
            run.seed,
            run.folder(place.work),
            device=place.device,
            baseline=None if run.baseline is None else run.baseline.folder(place.work),
            extras=SHOWN if shown else NO_EXTRAS,
            keep_weights=run.method == BASE,
        )
    except UndertoneError as error:
        return str(error)
    return None


@lru_cache(maxsize=2)
def _corpus(name: str, cache: Path, fold: int | None) -> FeatureCorpus:
    return load_feature_corpus(name, cache, fold=fold, seed=0)
