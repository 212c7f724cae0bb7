"""The command that holds a backbone, also one of the user's own, to the four proofs."""

from __future__ import annotations

import json
import math
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartsay.cli.console import DONE, SOME_FAILED, AsJson, print_json, reporting
from heartsay.cli.options import training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import HeartsayError, InputError

if TYPE_CHECKING:
    from heartsay.models.proofs import Finding


def check_backbone(
    backbone: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="module:Name of a class, the module in this folder, or a known backbone."
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="A setting of the constructor; can be given several times.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that padding, batch mates and what a view removed do not change what a backbone says.

    \b
    Examples:
      heartsay check-backbone mean_context:MeanContext
      heartsay check-backbone mean_context:MeanContext --settings width=32 --settings dropout=0
      heartsay check-backbone m3net --settings hidden=64 --json

    Four proofs are tried on random conversations, under every filling that the constructor accepts, with
    context removed by edges and strictly. Exit codes: 0 all hold, 1 one fails, 2 they could not be tried.
    """
    with reporting("check-backbone", as_json), training_packages():
        from heartsay.models import proofs

        given = dict(map(_setting, settings or ()))
        with (
            Reporter(f"Trying {backbone}", as_json),
            proofs.one_thread(),
            _faults_located(backbone),
            redirect_stdout(sys.stderr),  # what a stranger's class prints is no part of the answer
        ):
            findings = list(proofs.check_backbone(backbone, given))
            leaks = proofs.edge_leaks(backbone, given)
        holds = all(finding.holds for finding in findings)
        if as_json:
            rows = [{**asdict(f), "deviation": _finite(f.deviation)} for f in findings]
            moved = {view: _finite(size) for view, size in leaks.items()}
            result = {"holds": holds, "findings": rows, "edge_leaks": moved}
            print_json("check-backbone", {"backbone": backbone, **result})
        else:
            for proof, sentence in proofs.PROOFS.items():
                _print_proof(sentence, [f for f in findings if f.proof == proof], proof == "felt")
            leaking = ", ".join(f"{view} {size:.1e}" for view, size in leaks.items())
            print(f"by edges, hidden context moves the likeliest class by: {leaking}")
    raise typer.Exit(DONE if holds else SOME_FAILED)


def _print_proof(sentence: str, findings: Sequence[Finding], more_is_better: bool) -> None:
    """One line: the worst of what a proof found."""
    worst = (min if more_is_better else max)(findings, key=lambda finding: finding.deviation)
    what = "least change" if more_is_better else "largest deviation"
    filling = f", filling {worst.filling}" if worst.filling else ""
    verdict = "holds" if worst.holds else "FAILS"
    print(f"{verdict}  {sentence}: {what} {worst.deviation:.1e} ({worst.mode}, {worst.view}{filling})")


def _finite(value: float) -> float | None:
    """The number, or None for one that JSON cannot hold: a backbone that answers NaN deviates infinitely."""
    return value if math.isfinite(value) else None


def _setting(text: str) -> tuple[str, Any]:
    """Name and value; what is no JSON is taken as text."""
    name, equals, value = text.partition("=")
    if not (equals and name.isidentifier()):
        raise InputError(
            expected="KEY=VALUE", found=repr(text), where="--settings", do="give each as --settings width=32"
        )
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


@contextmanager
def _faults_located(backbone: str) -> Iterator[None]:
    """Say where a backbone broke off in place of a traceback.

    Raises:
        InputError: it did.
    """
    try:
        yield
    except HeartsayError:
        raise
    except (Exception, SystemExit) as error:  # whatever a stranger's class does when it reads
        frames = traceback.extract_tb(error.__traceback__)
        module = sys.modules.get(backbone.partition(":")[0])
        own = [frame for frame in frames if module and frame.filename == module.__file__]
        last = (own or frames)[-1]
        raise InputError(
            expected="a backbone that reads conversations of one to seven utterances",
            found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            where=f"{backbone}, {last.filename}, line {last.lineno}",
            do="correct its constructor or its forward",
        ) from error
