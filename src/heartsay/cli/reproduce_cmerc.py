"""`heartsay reproduce cmerc` and `cmerc-nested`: CMERC on six backbones, and with an outer test read once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from heartsay.cli.console import AsJson, reporting
from heartsay.cli.options import FEATURES, Address, Device, training_packages
from heartsay.cli.progress import Reporter
from heartsay.cli.reproduce import (
    Cache,
    Engine,
    Results,
    Work,
    Workers,
    reproduce_app,
)
from heartsay.cli.reproducing import reproduce_study, say_estimate, train_nested_again
from heartsay.errors import InputError

__all__ = ["reproduce_app"]
"""The commands of `reproduce`, these among them."""

Estimate = Annotated[
    bool, typer.Option("--estimate", help="Say how long it would take on this machine, and run nothing.")
]


@reproduce_app.command("cmerc")
def reproduce_cmerc(
    quick: Annotated[
        bool, typer.Option("--quick", help="A look in ten minutes, in folders of its own beside the whole.")
    ] = False,
    published: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Run the paper's own setting on its four feature files, which are in this folder, every "
            "backbone at its published size; says first how long that will take.",
            show_default=False,
        ),
    ] = None,
    estimate: Estimate = False,
    workers: Workers = 2,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    cache: Cache = FEATURES,
    device: Device = "cpu",
    engine: Engine = "local",
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """CMERC and its rivals on six backbones.

    Rows, tables and figures, this project's own methods among them. Needs MELD, ECF, CREMA-D and FER+ under
    HEARTSAY_DATA. Writes RESULTS/cmerc from whatever runs are done, also when it is interrupted. With
    --published it needs none of these but IEMOCAP_features.pkl, MELD_features_raw1.pkl,
    iemocap_features_roberta.pkl and meld_features_roberta.pkl, and writes RESULTS/cmerc-published.

    \b
    Examples:
      heartsay reproduce cmerc --quick
      heartsay reproduce cmerc --workers 2
      heartsay reproduce cmerc --published features --estimate
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.cmerc.plan import FULL, PUBLISHED, PUBLISHED_QUICK
        from heartsay.experiments.cmerc.published_files import check_published_files
        from heartsay.experiments.cmerc.study import QUICK_EPOCHS, CmercStudy, quick_scope
        from heartsay.experiments.study import Place

        name = "cmerc" if published is None else "cmerc-published"
        name = f"{name}-quick" if quick else name
        place = Place(work / name, cache, device=device)
        if published is None:
            study = CmercStudy(place, quick_scope(cache) if quick else FULL)
        else:
            check_published_files(published)
            epochs = QUICK_EPOCHS if quick else None
            place = replace(place, features=published.resolve(), epochs=epochs)
            study = CmercStudy(place, PUBLISHED_QUICK if quick else PUBLISHED)
        if estimate or published is not None:
            say_estimate(study, workers, as_json, shown=estimate)
        if not estimate:
            reproduce_study(study, results / name, workers, as_json, engine, address)


@reproduce_app.command("cmerc-nested")
def reproduce_cmerc_nested(
    quick: Annotated[
        bool, typer.Option("--quick", help="A look with two arms, in folders of its own beside the whole.")
    ] = False,
    primary: Annotated[
        bool,
        typer.Option(
            "--primary",
            help="The primary comparison alone, CMERC less base on MELD with real voices: a sixth of the "
            "whole, on outer folds of its own, in folders of its own.",
        ),
    ] = False,
    read_outer_test: Annotated[
        bool,
        typer.Option(
            "--read-outer-test",
            help="Read the outer test with the models that inner data chose, once all are done. It is read "
            "once: a second time is refused.",
        ),
    ] = False,
    again: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Train N models of the results again, from the vectors beside them, and say whether this "
            "machine gets the same numbers; nothing is written there. Exit code 1 if it does not.",
            show_default=False,
        ),
    ] = None,
    estimate: Estimate = False,
    workers: Workers = 2,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    cache: Cache = FEATURES,
    device: Device = "cpu",
    engine: Engine = "local",
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """CMERC, as its paper and as its code has it, against rivals with as many trials each.

    Trials are drawn and written down first, and chosen among inside each outer fold. What was read when is in
    journal.jsonl beside the runs, written by the program. Needs MELD, ECF, CREMA-D and FER+ under
    HEARTSAY_DATA (with --primary MELD and ECF alone). Vectors of words are read from the folder `vectors` in
    RESULTS/cmerc-nested; where they are not there, the text encoder is fine-tuned first, which needs its
    package. Writes RESULTS/cmerc-nested.

    \b
    Examples:
      heartsay reproduce cmerc-nested --estimate
      heartsay reproduce cmerc-nested --primary --workers 1
      heartsay reproduce cmerc-nested --read-outer-test
      heartsay reproduce cmerc-nested --primary --again 2
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.nested.plan import FULL, PRIMARY_SCOPE, QUICK
        from heartsay.experiments.nested.study import NestedStudy
        from heartsay.experiments.study import Place

        if quick and primary:
            raise InputError(
                expected="--quick or --primary",
                found="both",
                where="reproduce cmerc-nested",
                do="leave one out; the quick look is of the primary comparison",
            )
        scope = QUICK if quick else PRIMARY_SCOPE if primary else FULL
        name = "cmerc-nested" + ("-quick" if quick else "-primary" if primary else "")
        vectors = results / name / "vectors"
        study = NestedStudy(Place(work / name, cache, device=device, features=vectors), scope)
        if again and read_outer_test:
            raise InputError(
                expected="--again or --read-outer-test",
                found="both",
                where="reproduce cmerc-nested",
                do="leave one out; what is trained again has rows of an outer test that was read",
            )
        if estimate:
            say_estimate(study, workers, as_json, shown=True)
            return
        if again:
            place = replace(study.place, work=work / f"{name}-again")
            train_nested_again(scope, place, results / name, again, as_json)
            return
        if read_outer_test:
            with Reporter("Looking for runs that are done", as_json) as report:
                study.read_outer_test(report)
        reproduce_study(study, results / name, 0 if read_outer_test else workers, as_json, engine, address)
