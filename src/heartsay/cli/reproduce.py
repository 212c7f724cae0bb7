"""The command that makes committed results from the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from heartsay.cli.console import AsJson, reporting
from heartsay.cli.options import FEATURES, Device, check_seed, training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError


def reproduce(
    system: Annotated[Literal["default", "cmerc", "rpcl"], typer.Argument(help="What to reproduce.")],
    work: Annotated[Path, typer.Option(metavar="FOLDER", help="Where runs are kept.")] = Path("runs"),
    results: Annotated[Path, typer.Option(metavar="FOLDER", help="Where results go.")] = Path("results"),
    ship: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="default: where the exported model goes; WORK/SYSTEM/shipped if not given.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="default: two or more seeds; 1,2,3 if not given.", show_default=False
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="cmerc, rpcl: a look in ten minutes, beside the whole.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="cmerc, rpcl: processes of one thread each, 2 if not given; 0 only measures what is there.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=f"cmerc, rpcl: where features are kept once they are made; {FEATURES} if not given.",
            show_default=False,
        ),
    ] = None,
    end_to_end: Annotated[
        bool,
        typer.Option(
            "--end-to-end", help="rpcl: also train the models with their encoder, up to half an hour each."
        ),
    ] = False,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Make a system's committed results from the data in one go; interrupted, it goes on where it stopped.

    `default` trains the model that comes along under several seeds, averages, calibrates, exports and
    evaluates them, and writes results/default and the exported model with its card. `cmerc` trains every
    backbone with every method on the corpora of features and writes results/cmerc: rows, tables and figures
    of whatever runs are done, also when it is interrupted. `rpcl` trains every arm of robust pair confidence
    learning on the corpora of emotion-cause pairs and writes results/rpcl in the same way; models that train
    their encoder along are measured where they are finished, and trained with --end-to-end.

    \b
    Examples:
      heartsay reproduce default
      heartsay reproduce cmerc --quick
      heartsay reproduce cmerc --workers 2
    """
    with reporting("reproduce", as_json), training_packages():
        if system == "cmerc":
            _refuse_options(system, {"--ship": ship, "--seeds": seeds, "--end-to-end": end_to_end or None})
            _reproduce_cmerc(work, results, cache or FEATURES, quick, workers, device, as_json)
            return
        if system == "rpcl":
            _refuse_options(system, {"--ship": ship, "--seeds": seeds})
            if quick:
                _refuse_options("rpcl --quick", {"--end-to-end": end_to_end or None})
            _reproduce_rpcl(work, results, cache or FEATURES, quick, workers, end_to_end, device, as_json)
            return
        others = {"--quick": quick or None, "--workers": workers, "--cache": cache}
        _refuse_options(system, {**others, "--end-to-end": end_to_end or None})
        from heartsay.experiments.release.reproduce import reproduce_default
        from heartsay.training.devices import check_device

        numbers = _seeds(seeds or "1,2,3")
        check_device(device)
        with Reporter("Reproducing", as_json) as report:
            content = reproduce_default(
                work / system,
                results / system,
                ship or work / system / "shipped",
                seeds=numbers,
                device=device,
                report=report,
            )
        if as_json:
            print(json.dumps({"command": "reproduce", **content}))
        else:
            print(f"Written: {results / system / 'table.md'}")


def _reproduce_cmerc(
    work: Path, results: Path, cache: Path, quick: bool, workers: int | None, device: str, as_json: bool
) -> None:
    from heartsay.experiments.cmerc.plan import FULL
    from heartsay.experiments.cmerc.reproduce import quick_scope, reproduce_cmerc
    from heartsay.training.devices import check_device

    check_device(device)
    # A quick look has folders of its own, or its tables would take the place of the whole's.
    name = "cmerc-quick" if quick else "cmerc"
    with Reporter("Reproducing", as_json) as report:
        content = reproduce_cmerc(
            work / name,
            results / name,
            cache,
            scope=quick_scope(cache) if quick else FULL,
            workers=2 if workers is None else workers,
            device=device,
            report=report,
        )
    _say_tables(content, content["runs"], results / name, as_json)


def _reproduce_rpcl(
    work: Path,
    results: Path,
    cache: Path,
    quick: bool,
    workers: int | None,
    end_to_end: bool,
    device: str,
    as_json: bool,
) -> None:
    from heartsay.experiments.rpcl.reproduce import reproduce_rpcl
    from heartsay.training.devices import check_device

    check_device(device)
    name = "rpcl-quick" if quick else "rpcl"
    with Reporter("Reproducing", as_json) as report:
        content = reproduce_rpcl(
            work / name,
            results / name,
            cache,
            quick=quick,
            workers=2 if workers is None else workers,
            trained=work,
            with_encoder=end_to_end,
            device=device,
            report=report,
        )
    _say_tables(content, content["planned"], results / name, as_json)


def _say_tables(content: dict[str, Any], planned: int, folder: Path, as_json: bool) -> None:
    """Say what a reproduction of many runs came to."""
    if as_json:
        print(json.dumps({"command": "reproduce", **content}))
        return
    for run, reason in content["failed"].items():
        typer.echo(f"Failed: {run}: {reason}", err=True)
    print(f"Written: {folder / 'tables.md'} from {content['done']} of {planned} runs")


def _refuse_options(system: str, given: dict[str, object]) -> None:
    """Refuse what a system has no use for, rather than ignore it."""
    for option, value in given.items():
        if value is not None:
            raise InputError(
                expected=f"options of {system}",
                found=option,
                where=f"heartsay reproduce {system}",
                do="leave the option out; --help says which system each is for",
            )


def _seeds(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(set(numbers)) < 2 or len(set(numbers)) != len(numbers):
        raise InputError(
            expected="two or more different seeds as whole numbers",
            found=repr(text),
            where="--seeds",
            do="write for example --seeds 1,2,3",
        )
    for number in numbers:
        check_seed(number, "--seeds")
    return numbers
