"""`heartsay explain`: annotators' agreement, and scores of what was written."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartsay.cli import explaining
from heartsay.cli.console import AsJson, print_json, print_notes, reporting, rich_console
from heartsay.cli.options import training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.explanation.agreement import Agreement

ENCODER = "minilm"
LISTED = 10
"""How many items for discussion are printed."""

explain_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""
    Explanations in words: how far annotators agree, how good a system's are, and a system of your own.

    \b
    Examples:
      heartsay explain agree anna.json ben.json --out agreement/
      heartsay explain train agreement/agreed.csv calls/ --out runs/explainer
      heartsay explain score written.csv references.csv
    """,
)

explain_app.command("train", no_args_is_help=True)(explaining.train)
explain_app.command("generate", no_args_is_help=True)(explaining.generate)

Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="A folder with an encoder of transformers', for BERTScore.", show_default=False
    ),
]


@explain_app.command("agree", no_args_is_help=True)
def agree(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Label Studio's JSON export, of one annotator or several, or a table (.csv, .tsv) with the "
            "columns id and explanation, and annotator and emotion if there are any.",
        ),
    ],
    threshold: Annotated[
        float, typer.Option(min=-1.0, max=1.0, help="Items less alike than this are listed for discussion.")
    ] = 0.75,
    bertscore: Folder = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where agreement.json, discuss.csv and agreed.csv go; nothing is written if not given.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How far two annotators or more agree in what they wrote, item by item.

    \b
    Examples:
      heartsay explain agree anna.json ben.json --out agreement/
      heartsay explain agree project.json --bertscore models/roberta-large

    This is how ECEM was made: two people explain every item, items that are less alike than the threshold are
    discussed until they agree, and most of them decide. Likeness is BERTScore where --bertscore names an
    encoder; without it, it is the cosine of the sentence vectors of all-MiniLM-L6-v2 (extra `minilm`), which
    is another scale. Of several texts the one most like the others is taken, of two the first; of emotions
    the one that most chose. Fleiss' kappa is over the items for which the commonest number of people chose an
    emotion. An annotator's name that stands in two files for the same item is told apart by file.
    """
    with reporting("explain agree", as_json), training_packages():
        from heartsay.explanation import annotations
        from heartsay.explanation.agreement import agreement

        read = annotations.read(files)
        with Reporter("Comparing explanations", as_json):
            name, likeness = _likeness(bertscore)
            found = agreement(read.rows, likeness, threshold)
        if out is not None:
            _write(found, out, name, threshold)
        if as_json:
            facts = {"likeness_by": name, "threshold": threshold, **found.to_dict()}
            print_json("explain agree", {**facts, "warnings": list(read.warnings)})
            return
        print_notes(read.warnings)
        _show(found, name, threshold)
        if out is not None:
            print(f"Written: {out}")


@explain_app.command("score", no_args_is_help=True)
def score(
    written: Annotated[
        Path, typer.Argument(metavar="WRITTEN", help="A table with the columns id and explanation.")
    ],
    references: Annotated[Path, typer.Argument(metavar="REFERENCES", help="The same, by people.")],
    meteor: Annotated[
        bool, typer.Option("--meteor", help="Also METEOR: needs Java and the extra `text-metrics`.")
    ] = False,
    bertscore: Folder = None,
    bleurt: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A folder with BLEURT.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score explanations against references, as a whole set.

    \b
    Examples:
      heartsay explain score written.csv references.csv
      heartsay explain score written.csv references.csv --meteor --json

    Each score is given of the whole sentence, without its first words ("The reason she"), and of the reason
    alone, because openings that all references share are easily got right. Beside them stand two floors: the
    opening of each reference alone, and the reference of another item. What cannot be computed is named.
    """
    with reporting("explain score", as_json), training_packages():
        from heartsay.experiments.mecec.scoring import Judges
        from heartsay.experiments.mecec.scoring import score as scores_of
        from heartsay.explanation import annotations
        from heartsay.report.sentences import count

        given, held = (annotations.single(path) for path in (written, references))
        said, wanted = given.rows, held.rows
        warnings = [*given.warnings, *held.warnings]
        lacking = [item for item in wanted if item not in said]
        if lacking:
            raise InputError(
                expected=f"an explanation for each reference, {len(wanted)} in all",
                found=f"none for {len(lacking)} of them, {lacking[0]} among these",
                where=str(written),
                do="write one for every item: those left out would raise the score",
            )
        if beyond := [item for item in said if item not in wanted]:
            are = "is" if len(beyond) == 1 else "are"
            which = f"{beyond[0]} among these" if len(beyond) > 1 else f"that of {beyond[0]}"
            told = f"{count(len(beyond), 'explanation')} {are} of no reference and not scored, {which}"
            warnings.append(f"{written}: {told}")
        texts = [said[item].explanation for item in wanted]
        people = [row.explanation for row in wanted.values()]
        with Reporter("Scoring", as_json):
            found = scores_of(texts, people, Judges(meteor, bertscore, bleurt))
            floors = {
                "opening alone": scores_of([_opening(text) for text in people], people),
                "another's reference": scores_of([*people[1:], people[0]], people),
            }
        if as_json:
            by = {name: [s.to_dict() for s in rows] for name, rows in floors.items()}
            facts = {"items": len(wanted), "scores": [s.to_dict() for s in found], "floors": by}
            print_json("explain score", {**facts, "warnings": warnings})
            return
        print_notes(warnings)
        from rich.table import Table

        table = Table("score", "part", "value", *floors, "computed by", box=None)
        for place, row in enumerate(found):
            beside = [_number(rows[place].value) for rows in floors.values()]
            table.add_row(row.metric, row.part, _number(row.value), *beside, row.why or row.implementation)
        rich_console().print(table)
        print(f"{len(wanted)} items; not computed is not 0.")


def _opening(text: str) -> str:
    from heartsay.metrics.sentences import without_opening

    reason = without_opening(text)
    return text[: -len(reason)] if reason != text and text.endswith(reason) else text.partition(" ")[0]


def _number(value: float | None) -> str:
    return "not computed" if value is None else f"{value:.3f}"


def _likeness(folder: Path | None) -> tuple[str, Callable[[Sequence[str], Sequence[str]], Sequence[float]]]:
    """The name of what measures likeness, and the measure."""
    if folder is not None:
        from heartsay.models.text_scores import BertScore

        judge = BertScore.load(folder)
        return f"BERTScore F1, {judge.name}", judge
    from heartsay.training.text_features import text_vectors

    def cosine(one: Sequence[str], other: Sequence[str]) -> Sequence[float]:
        import numpy as np

        texts = list(dict.fromkeys([*one, *other]))
        vectors = text_vectors({str(k): text for k, text in enumerate(texts)}, ENCODER)
        unit = {text: vectors[str(k)] / np.linalg.norm(vectors[str(k)]) for k, text in enumerate(texts)}
        return [float(unit[a] @ unit[b]) for a, b in zip(one, other, strict=True)]

    return "cosine of all-MiniLM-L6-v2's sentence vectors, which is not BERTScore", cosine


def _write(found: Agreement, out: Path, name: str, threshold: float) -> None:
    from heartsay.atomic import atomic_path, write_text

    out.mkdir(parents=True, exist_ok=True)
    facts = {"likeness_by": name, "threshold": threshold, **found.to_dict()}
    write_text(out / "agreement.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    tables: dict[str, tuple[list[str], list[list[str]]]] = {
        "discuss.csv": (
            ["id", "likeness", "why", *found.annotators],
            [
                [
                    i.item,
                    f"{i.likeness:.4f}",
                    i.discuss or "",
                    *(i.texts.get(a, "") for a in found.annotators),
                ]
                for i in found.to_discuss
            ],
        ),
        "agreed.csv": (
            ["id", "explanation", "emotion", "likeness"],
            [
                [i.item, i.explanation, i.emotion or "", f"{i.likeness:.4f}"]
                for i in found.items
                if i.discuss is None
            ],
        ),
    }
    for file, (head, lines) in tables.items():
        with (
            atomic_path(out / file) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as stream,
        ):
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerows([head, *lines])


def _show(found: Agreement, name: str, threshold: float) -> None:
    from heartsay.report.sentences import count

    people = f"{count(len(found.annotators), 'annotator')}: {', '.join(found.annotators)}"
    print(f"{count(len(found.items), 'item')} by {people}")
    if alone := len(found.alone):
        was, is_not = ("was", "is not") if alone == 1 else ("were", "are not")
        print(f"{count(alone, 'item')} {was} explained by one person only and {is_not} compared.")
    if found.likeness is None or found.agreed is None:
        print("No item was explained by two people.")
        return
    print(f"Likeness: {found.likeness:.3f} on average ({name})")
    print(f"At least {threshold:g} and agreed: {100 * found.agreed:.1f}%")
    kappa = "undefined" if found.kappa is None else f"{found.kappa:.3f}"
    over = f", over {count(found.kappa_items, 'item')} with {found.kappa_choices} choices each"
    print(f"Fleiss' kappa of the emotions: {kappa}{over if found.kappa_items else ''}")
    if not found.to_discuss:
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("item", "alike", "why", "to discuss, the least alike first", box=None)
    for item in found.to_discuss[:LISTED]:
        told = (item.item, f"{item.likeness:.2f}", item.discuss or "", " | ".join(item.texts.values()))
        table.add_row(*map(escape, told))  # "[laughs]" is no markup
    rich_console().print(table)
    if (left := len(found.to_discuss) - LISTED) > 0:
        print(f"{left} more; --out writes them all.")
