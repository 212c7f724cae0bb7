"""The CMERC tables from the data in one go: do the runs, measure what is done, write it down, draw it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.errors import HeartsayError
from heartsay.experiments.cmerc import comparisons, figures, findings, floors, plots, rows, tables
from heartsay.experiments.cmerc.methods import ABLATIONS, BASE, CMERC, OUR_METHOD
from heartsay.experiments.cmerc.plan import (
    COMPOSED,
    FROZEN_VOICES,
    FULL,
    QUICK,
    Run,
    Scope,
    configured_constraint,
    planned,
    runs,
)
from heartsay.experiments.cmerc.work import Place, do, is_done, prepare, seconds
from heartsay.experiments.feature_corpora import FINE_TUNED
from heartsay.progress import Report

DIGITS = 6
"""Significant digits of numbers in ``results.json``."""

COMPOSED_COST, REMOVALS_COST, OUR_COST = 1.8, 1.4, 2.4
"""How much longer, as measured, a run takes on the composed corpus than on MELD with real voices, one that
reads every removal than one that reads none, and one of this project's own objective."""


def reproduce_cmerc(
    work: Path,
    results: Path,
    cache: Path,
    *,
    scope: Scope = FULL,
    workers: int = 2,
    device: str = "cpu",
    report: Report,
) -> dict[str, Any]:
    """Do the runs of a scope that are not done yet, then write tables and figures of all that are.

    Whoever interrupts gets the tables of what is done; the next call goes on from there.

    Args:
        work: folder of the runs.
        results: folder of ``results.json``, ``tables.md`` and the figures.
        cache: folder of the features.
        scope: how much is run.
        workers: processes of one thread each; with 0 nothing is run and what is there is measured.
        device: torch device.
        report: called with messages on what goes on.

    Returns:
        What ``results.json`` holds.

    Raises:
        KeyboardInterrupt: again, after the tables of what was done.
        HeartsayError: a process was killed; likewise.
        InputError: the data are absent or not what they claim.
    """
    place, wanted = Place(work, cache, scope.epochs, device), runs(scope)
    failed: dict[Run, str] = {}
    stopped: BaseException | None = None
    if workers:
        try:
            prepare(wanted, place, report)
            failed = do(wanted, place, workers, timed(wanted, place, report))
        except KeyboardInterrupt as interrupt:
            stopped = interrupt
            report({"message": "Interrupted: tables of what is done follow; interrupt again to leave"})
        except BrokenProcessPool:
            stopped = HeartsayError(
                "A process was killed from outside, mostly because memory ran out; the tables hold what is "
                "done. Start the command again to go on, with fewer --workers if memory is short."
            )
    place = replace(place, finished=frozenset(run for run in wanted if is_done(run, place)))
    written = as_json(contents(scope, place, wanted, failed, report))
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", written)
    content: dict[str, Any] = json.loads(written)  # tables show what the file holds, digit by digit
    tables.write_tables(content, results / "tables.md")
    report({"message": "Drawing"})
    plots.draw(content, scope, place, results)
    if stopped is not None:
        raise stopped
    return content


def quick_scope(cache: Path) -> Scope:
    """The scope of a quick look: with frozen words where no encoder has been fine-tuned yet."""
    return QUICK if (cache / FINE_TUNED).exists() else replace(QUICK, corpora=(FROZEN_VOICES,))


def contents(
    scope: Scope, place: Place, wanted: Sequence[Run], failed: dict[Run, str], report: Report
) -> dict[str, Any]:
    """Measure all that is there."""
    report({"message": "Measuring"})
    measured = rows.rows(scope, place)
    text = {row["corpus"]: row["text"] for row in measured if row["text"]}
    known = floors.floors(scope, place)
    report({"message": "Comparing"})
    compared = comparisons.comparisons(scope, place)
    report({"message": "Contributions, cases and findings"})
    done = [run for run in wanted if is_done(run, place)]
    taken = [{**figures.named(run), **found} for run in done if (found := seconds(run, place))]
    return {
        "system": "cmerc",
        "scope": {
            **asdict(scope),
            "ours": [OUR_METHOD] if OUR_METHOD in scope.methods else [],
            "text": text,
            "constraint": {corpus: configured_constraint(corpus) for corpus in scope.corpora},
        },
        "runs": len(wanted),
        "done": len(done),
        "failed": {str(run): reason for run, reason in failed.items()},
        "planned": [
            dict(zip(("corpus", "model", "method", "seeds"), cell, strict=True)) for cell in planned(scope)
        ],
        "floors": known,
        "rows": measured,
        "comparisons": compared,
        "missing_rates": figures.missing_rates(scope, place),
        "contributions": figures.contributions(scope, place),
        "entropies": figures.entropies(scope, place, (BASE, CMERC, ABLATIONS[0])),
        "gains": figures.gains(scope, place),
        "cases": figures.cases(scope, place),
        "findings": findings.findings(scope, place),
        "time": taken,
    }


def as_json(content: dict[str, Any]) -> str:
    """A line per row, so that differences between two versions can be read; NaN becomes null."""
    parts = []
    for name, value in content.items():
        clean = rounded(value)
        if isinstance(clean, list) and clean:
            lines = ",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in clean)
            parts.append(f" {json.dumps(name)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(clean, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def rounded(value: Any) -> Any:
    """The same with fewer digits; what is no number becomes None."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def timed(wanted: Sequence[Run], place: Place, report: Report) -> Report:
    """Add to each message how long the rest will take, by what runs have taken since the beginning."""
    weight = {str(run): cost(run) for run in wanted if not is_done(run, place)}
    begun, done = time.monotonic(), 0.0

    def tell(row: dict[str, Any]) -> None:
        nonlocal done
        name = row["message"].split(": ")[0]
        done += weight.pop(name, 0.0)
        left = ""
        if done:
            rest = (time.monotonic() - begun) * sum(weight.values()) / done
            left = f"; about {_duration(rest)} left"
        report({**row, "message": f"[{row['done']}/{row['runs']}] {row['message']}{left}"})

    return tell


def cost(run: Run) -> float:
    """About how long a run takes, in units of a base run on MELD with real voices."""
    method = OUR_COST if run.method == OUR_METHOD else REMOVALS_COST if run.method.startswith(CMERC) else 1.0
    return method * (COMPOSED_COST if run.corpus == COMPOSED else 1.0)


def _duration(seconds_left: float) -> str:
    minutes = max(1, round(seconds_left / 60))
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
