"""The commands about emotion-cause pairs: hand them in, and score what was handed in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting, rich_console
from heartsay.cli.options import Model
from heartsay.cli.progress import Reporter
from heartsay.errors import HeartsayError
from heartsay.progress import track

PREDICTION = "Subtask_2_pred.json"
"""What the task calls a submission for its second subtask."""

causes_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""
    Find which utterance caused which emotion in a whole corpus, in SemEval's format, and score such files.

    \b
    Examples:
      export HEARTSAY_DATA=/data                     (with /data/ecf)
      heartsay causes submit ecf:test                writes Subtask_2_pred.json
      heartsay causes score ecf:test Subtask_2_pred.json
    """,
)


@causes_app.command("submit", no_args_is_help=True)
def submit(
    talk: Annotated[
        str,
        typer.Argument(
            metavar="TALK",
            help="A corpus's split, such as ecf:test (module:NAME:test for a corpus of your own), or a file: "
            "SemEval JSON with or without pairs, ECF text, MEC4 JSON, or conversations in any format that "
            "`analyze` reads.",
        ),
    ],
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where to write; - prints the submission itself.")
    ] = PREDICTION,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Write a model's emotion-cause pairs as a submission to SemEval-2024 Task 3, subtask 2.

    \b
    Examples:
      heartsay causes submit ecf:test
      heartsay causes submit Subtask_2_test.json --out Subtask_2_pred.json
      heartsay causes submit semeval:test --model runs/own/exported --json

    Pairs are chosen by the model's own threshold, also where analyze finds no feeling. A corpus's split is
    looked for under HEARTSAY_DATA; `heartsay corpora list` names them. Gold emotions and pairs are never
    shown to the model. The file is written whole or not at all.
    """
    with reporting("causes submit", as_json):
        from heartsay.formats import paired
        from heartsay.pipeline import load_model, submission

        if out == "-" and as_json:
            raise HeartsayError("--out - prints the submission alone: leave out --json.")
        given = submission.read_talk(talk)
        loaded = load_model(model)
        activity = "Finding pairs"
        with Reporter(activity, as_json) as report:
            predictions = submission.predict(given, loaded)
            found = list(track(predictions, activity, report, "conversations", of=len(given)))
        warnings = list(dict.fromkeys(sentence for c in found for sentence in c.warnings))
        if out == "-":
            sys.stdout.write(paired.to_json(found))
            print_notes(warnings)
            return
        paired.write(out, found)
        counts = {"conversations": len(found), "utterances": sum(len(c.utterances) for c in found)}
        counts |= {"pairs": sum(len(c.pairs) for c in found)}
        if as_json:
            stamp = {"model": loaded.stamp.name, "sha256": loaded.stamp.sha256}
            print_json("causes submit", {"written": out, **counts, **stamp, "warnings": warnings})
            return
        print_notes(warnings)
        print(f"{counts['pairs']:,} pairs in {counts['conversations']:,} conversations")
        print(f"Written: {out}")


@causes_app.command("score", no_args_is_help=True)
def score(
    gold: Annotated[
        str,
        typer.Argument(
            metavar="GOLD",
            help="Gold pairs: a corpus's split, such as ecf:test, or a file: SemEval JSON, ECF text, MEC4.",
        ),
    ],
    prediction: Annotated[
        Path, typer.Argument(metavar="PREDICTION", help="A system's pairs in the JSON of subtask 2.")
    ],
    as_json: AsJson = False,
) -> None:
    """Score a file of emotion-cause pairs as SemEval-2024 Task 3, subtask 2, does.

    \b
    Examples:
      heartsay causes score Subtask_2_gold.json Subtask_2_pred.json
      heartsay causes score ecf:test Subtask_2_pred.json --json

    All scores are percentages. w-6 is the task's own: the F1 of six emotions, weighted by gold pairs; w-4
    leaves disgust and fear out; both, like micro, want the right emotion. Pair F1 does not look at the
    emotion. Emotion and cause F1 are of the utterances that occur in pairs. A conversation that the
    submission leaves out is an error; one that the gold does not have is ignored; a pair that comes twice
    counts once.
    """
    with reporting("causes score", as_json):
        from heartsay.formats.conversations import semeval
        from heartsay.pipeline import submission

        truth = submission.read_gold(gold)
        matched, scores = submission.score(truth, semeval.read(prediction, needed="pairs"))
        if as_json:
            counts = {"conversations": len(truth), "gold": len(matched.gold)}
            counts |= {"predicted": len(matched.predicted)}
            print_json("causes score", {**counts, "scores": scores, "warnings": matched.warnings})
            return
        print_notes(matched.warnings)
        from rich.table import Table

        table = Table("", "precision", "recall", "F1", box=None)
        for column in table.columns[1:]:
            column.justify = "right"
        for name, values in scores.items():
            table.add_row(name.replace("_", " "), *(f"{value:.2f}" for value in values.values()))
        rich_console().print(table)
