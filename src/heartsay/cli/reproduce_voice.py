"""`heartsay reproduce experts` and `words-and-voice`: what reads voice and face, and what a voice adds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from heartsay.cli.console import AsJson, print_json, reporting
from heartsay.cli.options import FEATURES, Model, training_packages
from heartsay.cli.progress import Reporter
from heartsay.cli.reproduce import Cache, Results, Work
from heartsay.cli.reproduce_cmerc import reproduce_app

__all__ = ["reproduce_app"]
"""The commands of `reproduce`, these among them."""


@reproduce_app.command("experts")
def reproduce_experts_command(
    ship: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where both experts and the probability of conflict go; a folder in WORK if not given.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        Literal["voice", "face"] | None,
        typer.Option(
            help="Make this expert; the other is the one in SHIP, with its figures in RESULTS.",
            show_default=False,
        ),
    ] = None,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit", help="Keep the networks in SHIP; fit and measure again what they are read with."
        ),
    ] = False,
    model: Model = None,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    cache: Cache = FEATURES,
    as_json: AsJson = False,
) -> None:
    """The experts of voice and face, with their cards, and how probable it is that two modalities disagree.

    Each is trained under one seed (runs WORK/voice and WORK/face, used again where they are finished),
    calibrated, exported and measured; the probability of a conflict is fitted on development data with the
    readings of words of MODEL, and measured on test data. Needs MELD, CREMA-D and FER+ under HEARTSAY_DATA.
    Writes RESULTS/experts, and SHIP with the folders voice and face and conflict.json.

    \b
    Examples:
      heartsay reproduce experts
      heartsay reproduce experts --only voice --ship src/heartsay/weights
      heartsay reproduce experts --only voice --refit --ship src/heartsay/weights
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.experts.reproduce import reproduce_experts

        with Reporter("Reading the corpora", as_json) as report:
            content = reproduce_experts(
                work,
                results / "experts",
                ship or work / "experts-shipped",
                cache,
                model=model,
                only=only,
                refit=refit,
                report=report,
            )
        if as_json:
            print_json("reproduce", content)
        else:
            print(f"Written: {results / 'experts' / 'tables.md'}")


@reproduce_app.command("words-and-voice")
def reproduce_words_and_voice(
    model: Model = None, results: Results = Path("results"), as_json: AsJson = False
) -> None:
    """What a real voice adds to the words, on MELD's conversations with real voices.

    Cross-validated, in some minutes of one core. Needs MELD with its voices under HEARTSAY_DATA.
    Writes RESULTS/words-and-voice.

    \b
    Example:
      heartsay reproduce words-and-voice
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.words_and_voice.study import reproduce
        from heartsay.runtime import Bundle, find_model

        with Reporter("Reading the words", as_json) as report:
            content = reproduce(Bundle.load(find_model(model)), results / "words-and-voice", report)
        if as_json:
            print_json("reproduce", content)
        else:
            print(f"Written: {results / 'words-and-voice' / 'tables.md'}")
