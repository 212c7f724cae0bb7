"""A reader that ships from the data in one go: train, average, calibrate, export, evaluate, write it down."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.experiments.release.average import average_weights
from heartsay.experiments.release.calibrate import calibrate_exported
from heartsay.experiments.release.card import card_text, make_card
from heartsay.experiments.release.export import export_run, replacing
from heartsay.experiments.release.other_projects import absent_corpora
from heartsay.experiments.release.projects import write_projects
from heartsay.experiments.release.releases import Release
from heartsay.experiments.release.tables import development_scores, page
from heartsay.pipeline.evaluation import evaluate, floors, read_split
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle
from heartsay.training.distillation import taught
from heartsay.training.examples import load_training_data
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.packed_dialogue import train_packed_dialogue

CORPORA = ("meld", "ecf")

AVERAGE = "average"
"""Name of the candidate whose weights are the mean of all runs'."""

PROTOCOL = (
    "epochs, candidate and thresholds chosen on the development splits of MELD and ECF, calibrated there and "
    "against training talk of EmoryNLP and RECCON, then measured on the test splits"
)


def reproduce_release(
    of: Release,
    work: Path,
    results: Path,
    shipped: Path,
    *,
    seeds: Sequence[int],
    device: str = "cpu",
    report: Report = silent,
) -> dict[str, Any]:
    """Train a reader that ships under several seeds and write its results, card and exported folder.

    Interruptible at any point: finished runs, exported models and what they have read are kept, an
    unfinished run goes on. Test splits are read after the choice, by the model of each seed and by the
    chosen one. Its teachers, of the same seeds, are trained before it where they are not there yet.

    Args:
        of: which reader.
        work: folder for the runs, a folder in it for each configuration.
        results: folder for ``results.json`` and ``table.md``, ``projects.json`` and ``projects.md``.
        shipped: folder for the exported model.
        seeds: at least two.
        device: torch device for training.
        report: progress callback; steps and epochs as `train` gives them, else a `message`.

    Returns:
        What ``results.json`` holds.

    Raises:
        InputError: the corpora are not there, or `work` holds runs of another configuration.
    """
    runs = train_runs(of, work, seeds, device=device, report=report)
    average = work / of.runs / "average.safetensors"
    average_weights(list(runs.values()), average)

    rows: list[dict[str, Any]] = []
    exported, keep = work / of.runs / "exported", work / of.runs / "readings"
    for name, weights in {**{name: run.weights for name, run in runs.items()}, AVERAGE: average}.items():
        report({"message": f"exporting and calibrating {name}"})
        export_once(of, runs[str(seeds[0])], weights, exported / name, keep, report)
        rows += evaluate_candidate(exported / name, name, "dev", keep, report)
    chosen = choose(rows)
    report({"message": f"chosen on development data: {chosen}"})
    for name in dict.fromkeys((*runs, chosen)):
        rows += evaluate_candidate(exported / name, name, "test", keep, report)
    model = Bundle.load(exported / chosen)
    content = {
        "system": of.name,
        "protocol": PROTOCOL,
        "configuration": of.configuration.model_dump(mode="json"),
        "storage": of.storage,
        "chosen": chosen,
        "floors": {
            f"{corpus}/test": floors(*read_split(model, corpus, "test", keep=keep)) for corpus in CORPORA
        },
        "rows": rows,
    }
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", json.dumps(content, indent=1) + "\n")
    write_text(results / "table.md", page(content))
    if absent := absent_corpora():
        report({"message": f"projects that are left out are not measured: no {', '.join(absent)}"})
    else:
        report({"message": "measuring how far confidence holds on projects that are left out"})
        write_projects({of.name: exported / chosen}, results, report, keep)
    ship(of, exported / chosen, shipped, content, seeds, keep)
    return content


def train_runs(
    of: Release, work: Path, seeds: Sequence[int], *, device: str = "cpu", report: Report = silent
) -> dict[str, RunFolder]:
    """The finished runs of a reader by seed, trained where they are not there, their teachers first.

    Arguments and errors as of `reproduce_release`.
    """
    teachers = {} if of.teacher is None else train_runs(of.teacher, work, seeds, device=device, report=report)
    runs = {str(seed): RunFolder(work / of.runs / f"seed-{seed}") for seed in seeds}
    data = None
    for seed, run in zip(seeds, runs.values(), strict=True):
        if not run.is_finished():
            if data is None:
                data = load_training_data(report)
                if (how := of.configuration.distillation) is not None:
                    data = taught(data, how, list(teachers.values()), device=device, report=report)
            report({"message": f"{of.runs}, seed {seed}"})
            train_packed_dialogue(of.configuration, seed, data, run.path, device=device, report=report)
        run.check(of.configuration, seed)
    return runs


def export_once(
    of: Release, run: RunFolder, weights: Path, folder: Path, keep: Path, report: Report = silent
) -> None:
    """Export weights to a folder; where they have been exported there, only calibrate the folder anew."""
    made_of = {"weights": hashlib.sha256(weights.read_bytes()).hexdigest(), "storage": of.storage}
    stated = folder.with_name(f"{folder.name}.json")
    if folder.exists() and stated.exists() and json.loads(stated.read_text("utf-8")) == made_of:
        calibrate_exported(folder, report, keep)
        return
    stated.unlink(missing_ok=True)
    export_run(run, folder, weights=weights, storage=of.storage, report=report, keep=keep)
    write_text(stated, json.dumps(made_of) + "\n")


def evaluate_candidate(
    folder: Path, name: str, split: str, keep: Path | None = None, report: Report = silent
) -> list[dict[str, Any]]:
    """Rows of results for one candidate on a split of both corpora."""
    model = Bundle.load(folder)
    return [
        {
            "corpus": corpus,
            "split": split,
            "model": "packed-dialogue",
            "method": "average" if name == AVERAGE else "base",
            "protocol": "development-selected",
            "seed": None if name == AVERAGE else int(name),
            "candidate": name,
            **evaluate(model, *read_split(model, corpus, split, report, keep)),
        }
        for corpus in CORPORA
    ]


def choose(rows: Sequence[dict[str, Any]]) -> str:
    """The candidate with the best mean of its development scores."""
    scores = development_scores(rows)
    return max(scores, key=lambda name: sum(scores[name]))


def ship(
    of: Release,
    exported: Path,
    shipped: Path,
    content: dict[str, Any],
    seeds: Sequence[int],
    keep: Path | None = None,
) -> None:
    """Write the chosen model's card beside it, and copy both to where the model ships from."""
    model = Bundle.load(exported)
    card = make_card(
        of,
        model.stamp,
        model.calibration,
        content,
        seeds,
        meld=read_split(model, "meld", "test", keep=keep)[0],
        ecf=read_split(model, "ecf", "test", keep=keep)[0],
    )
    card.dump(exported / "card.json")
    write_text(exported / "card.md", card_text(card))
    with replacing(shipped) as beside:
        shutil.copytree(exported, beside, dirs_exist_ok=True)
