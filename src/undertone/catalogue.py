"""The commands about corpora: which are known, whether a copy is as published, how a file of pairs scores."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from undertone.console import DONE, SOME_FAILED, AsJson, reporting, rich_console
from undertone.errors import InputError

NOTES = 5
"""How many warnings are printed for people."""

corpora_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List the corpora that the project knows, or check a copy of one.",
)


@corpora_app.command("list")
def list_corpora(as_json: AsJson = False) -> None:
    """List the corpora: language, terms and size of each, and where it is to be had."""
    with reporting("corpora list", as_json):
        from undertone import corpora

        known = [corpora.get(name) for name in corpora.names()]
        if as_json:
            print(json.dumps({"corpora": [_corpus_values(corpus) for corpus in known]}, ensure_ascii=False))
            return
        for corpus in known:
            sizes = ", ".join(f"{split} {c.conversations:,}" for split, c in corpus.expected.items())
            print(f"{corpus.name}: {corpus.title} ({corpus.language})")
            print(f"  conversations: {sizes}\n  licence: {corpus.licence}\n  home: {corpus.home}")
            print(f"  {corpus.notes}" if corpus.notes else "", end="\n" if corpus.notes else "")


def _corpus_values(corpus: Any) -> dict[str, Any]:
    return {
        **{
            name: getattr(corpus, name)
            for name in ("name", "title", "language", "licence", "home", "citation", "notes")
        },
        "splits": {
            split: {"conversations": c.conversations, "utterances": c.utterances, "pairs": c.pairs}
            for split, c in corpus.expected.items()
        },
    }


@corpora_app.command("check")
def check_corpus(
    name: Annotated[str, typer.Argument(help="Name of a corpus, as `corpora list` gives it.")],
    as_json: AsJson = False,
) -> None:
    """Compare the copy under UNDERTONE_DATA with the published counts; exit code 1 where they differ."""
    with reporting("corpora check", as_json):
        from undertone import corpora

        report = corpora.check(name)
        if as_json:
            print(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            from rich.table import Table

            table = Table("split", "what", "expected", "found", "", box=None)
            for c in report.comparisons:
                table.add_row(c.split, c.what, f"{c.expected:,}", f"{c.found:,}", "" if c.ok else "differs")
            rich_console().print(table)
            print(f"{name}: " + ("as published" if report.ok else f"{len(report.differences)} counts differ"))
    raise typer.Exit(DONE if report.ok else SOME_FAILED)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(corpora_app, name="corpora")
    app.command("score-pairs", no_args_is_help=True)(score_pairs)


def score_pairs(
    gold: Annotated[
        Path, typer.Argument(metavar="GOLD", help="Gold pairs: SemEval-2024 Task 3 JSON, or ECF 1.0 text.")
    ],
    prediction: Annotated[
        Path, typer.Argument(metavar="PREDICTION", help="A system's pairs in the JSON of subtask 2.")
    ],
    as_json: AsJson = False,
) -> None:
    """Score a file of emotion-cause pairs as SemEval-2024 Task 3, subtask 2, does.

    \b
    Examples:
      undertone score-pairs Subtask_2_gold.json Subtask_2_pred.json
      undertone score-pairs ecf/test.txt Subtask_2_pred.json --json

    All scores are percentages. w-6 is the task's own: the F1 of six emotions, weighted by gold pairs; w-4
    leaves disgust and fear out; both, like micro, want the right emotion. Pair F1 does not look at the
    emotion. Emotion and cause F1 are of the utterances that occur in pairs.
    """
    with reporting("score-pairs", as_json):
        from undertone.formats import semeval
        from undertone.metrics.triples import SIX

        truth = semeval.read_gold(gold)
        matched = semeval.match(truth, semeval.read_submission(prediction))
        if not any(emotion in SIX for _, _, emotion, _ in matched.gold):
            raise InputError(
                expected="gold pairs to score against",
                found="none with an emotion that counts",
                where=str(gold),
                do="give the file with the gold pairs",
            )
        scores = _pair_scores(matched.predicted, matched.gold)
        if as_json:
            counts = {"conversations": len(truth), "gold": len(matched.gold)}
            counts |= {"predicted": len(matched.predicted)}
            result = {"command": "score-pairs", **counts, "scores": scores, "warnings": matched.warnings}
            print(json.dumps(result, ensure_ascii=False))
            return
        for sentence in matched.warnings[:NOTES]:
            print(f"Note: {sentence}.", file=sys.stderr)
        if (left := len(matched.warnings) - NOTES) > 0:
            print(f"Note: {left} more of this kind; --json lists them.", file=sys.stderr)
        from rich.table import Table

        table = Table("", "precision", "recall", "F1", box=None)
        for column in table.columns[1:]:
            column.justify = "right"
        for name, values in scores.items():
            table.add_row(name.replace("_", " "), *(f"{value:.2f}" for value in values.values()))
        rich_console().print(table)


def _pair_scores(predicted: Any, gold: Any) -> dict[str, dict[str, float]]:
    """Every score by its name, in percent."""
    from undertone import metrics

    triples = metrics.triple_scores(predicted, gold)
    given, wanted = ({(c, i, j) for c, i, _, j in side} for side in (predicted, gold))
    named = {
        "w-6": triples.weighted_six,
        "w-4": triples.weighted_four,
        "micro": triples.micro,
        **triples.per_category,
        "pair": metrics.pair_precision_recall_f1(given, wanted),
        "emotion_in_pairs": metrics.pair_projected_emotion(given, wanted),
        "cause_in_pairs": metrics.pair_projected_cause(given, wanted),
    }
    return {name: {k: 100 * v for k, v in score._asdict().items()} for name, score in named.items()}
