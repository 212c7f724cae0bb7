"""What the commands of `heartsay reproduce` share: a study reproduced, or how long it would take."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from heartsay.cli.console import SOME_FAILED, print_json
from heartsay.cli.options import EngineName
from heartsay.cli.progress import Reporter
from heartsay.errors import HeartsayError

if TYPE_CHECKING:
    from heartsay.experiments.cmerc.study import CmercStudy
    from heartsay.experiments.nested.plan import Scope
    from heartsay.experiments.nested.study import NestedStudy
    from heartsay.experiments.study import Place, Study


def say_estimate(study: CmercStudy | NestedStudy, workers: int, as_json: bool, *, shown: bool) -> None:
    """Say how long a study will take: as the answer of the command, or on the way to it."""
    from heartsay.experiments.estimate import in_words

    with Reporter("Looking for runs that are done", as_json) as report:
        found = study.estimate(report)
        if not shown:
            report({"message": in_words(found, workers)})
    if shown and as_json:
        print_json("reproduce", {"estimate": [share._asdict() for share in found]})
    elif shown:
        print(in_words(found, workers))


def train_nested_again(scope: Scope, place: Place, results: Path, count: int, as_json: bool) -> None:
    """Train some models of committed results again and say whether their numbers are the same.

    Raises:
        InputError: there are no results of an outer test that has been read.
        typer.Exit: 1, if a number is not the same.
    """
    from heartsay.experiments.nested.again import in_words, load_results, train_again

    with Reporter("Reading the results", as_json) as report:
        cells = train_again(load_results(results), scope, place, count, report)
    if as_json:
        print_json("reproduce", {"again": [{**cell._asdict(), "same": cell.is_same} for cell in cells]})
    else:
        print(in_words(cells))
    if not all(cell.is_same for cell in cells):
        raise typer.Exit(SOME_FAILED)


def reproduce_study(
    study: Study,
    folder: Path,
    workers: int,
    as_json: bool,
    engine: EngineName = "local",
    address: str | None = None,
) -> None:
    """Reproduce a study and say what it came to.

    Raises:
        HeartsayError: an address is given that nobody asks.
    """
    from heartsay.experiments.ray_pool import ray_pool
    from heartsay.experiments.study import reproduce
    from heartsay.training.devices import check_device

    if address is not None and engine != "ray":
        raise HeartsayError("--address goes with --engine ray.")
    check_device(study.place.device)
    with Reporter("Looking for runs that are done", as_json) as report:
        pool = partial(ray_pool, address=address) if engine == "ray" else None
        content = reproduce(study, folder, workers=workers, report=study.logging(report), pool=pool)
    if as_json:
        print_json("reproduce", content)
        return
    for run, reason in content["failed"].items():
        typer.echo(f"Failed: {run}: {reason}", err=True)
    print(f"Written: {folder / 'tables.md'} from {content['done']} of {content['runs']} runs")
