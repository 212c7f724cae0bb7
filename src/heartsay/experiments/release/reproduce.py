"""The default model from the data in one go: train, average, calibrate, export, evaluate, write it down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.experiments.configurations import packed
from heartsay.experiments.release.average import average_weights
from heartsay.experiments.release.card import card_text, make_card
from heartsay.experiments.release.export import export_run, replacing
from heartsay.experiments.release.tables import page
from heartsay.pipeline.evaluation import evaluate, floors, read_split
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle
from heartsay.training.configuration import Configuration
from heartsay.training.examples import load_training_data
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.packed_dialogue import train_packed_dialogue

DEFAULT_CONFIGURATION = "default"

CORPORA = ("meld", "ecf")

AVERAGE = "average"
"""Name of the candidate whose weights are the mean of all runs'."""

PROTOCOL = (
    "epochs, candidate and thresholds chosen on the development splits of MELD and ECF, calibrated there, "
    "then measured on the test splits"
)


def reproduce_default(
    work: Path,
    results: Path,
    shipped: Path,
    *,
    configuration: Configuration | None = None,
    seeds: Sequence[int],
    device: str = "cpu",
    report: Report = silent,
) -> dict[str, Any]:
    """Train the default model under several seeds and write its results, card and exported folder.

    Interruptible at any point: finished runs are kept, an unfinished one goes on.

    Args:
        work: folder for the runs.
        results: folder for ``results.json`` and ``table.md``.
        shipped: folder for the exported model.
        configuration: settings of every run; those of the default model if None.
        seeds: at least two.
        device: torch device for training.
        report: progress callback; steps and epochs as `train` gives them, else a `message`.

    Returns:
        What ``results.json`` holds.

    Raises:
        InputError: the corpora are not there, or `work` holds runs of another configuration.
    """
    configuration = configuration or packed(DEFAULT_CONFIGURATION)
    runs = {str(seed): RunFolder(work / f"seed-{seed}") for seed in seeds}
    data = None
    for seed, run in zip(seeds, runs.values(), strict=True):
        if not run.is_finished():
            data = data or load_training_data(report)
            report({"message": f"seed {seed}"})
            train_packed_dialogue(configuration, seed, data, run.path, device=device, report=report)
        run.check(configuration, seed)
    average = work / "average.safetensors"
    average_weights(list(runs.values()), average)

    rows: list[dict[str, Any]] = []
    for name, weights in {**{name: run.weights for name, run in runs.items()}, AVERAGE: average}.items():
        report({"message": f"exporting and evaluating {name}"})
        folder = work / "exported" / name
        export_run(runs[str(seeds[0])], folder, weights=weights, report=report)
        rows += evaluate_candidate(folder, name, report)
    chosen = choose(rows)
    report({"message": f"chosen on development data: {chosen}"})
    model = Bundle.load(work / "exported" / chosen)
    content = {
        "system": "default",
        "protocol": PROTOCOL,
        "configuration": configuration.model_dump(),
        "chosen": chosen,
        "floors": {f"{corpus}/test": floors(*read_split(model, corpus, "test")) for corpus in CORPORA},
        "rows": rows,
    }
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", json.dumps(content, indent=1) + "\n")
    write_text(results / "table.md", page(content))
    ship(work / "exported" / chosen, shipped, content, seeds)
    return content


def evaluate_candidate(folder: Path, name: str, report: Report = silent) -> list[dict[str, Any]]:
    """Rows of results for one candidate: development and test of both corpora."""
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
            **evaluate(model, *read_split(model, corpus, split, report)),
        }
        for corpus in CORPORA
        for split in ("dev", "test")
    ]


def choose(rows: Sequence[dict[str, Any]]) -> str:
    """The candidate with the best mean of weighted F1 and Pair F1 on development data.

    Emotions count as the full reading alone gives them: the mixture was fitted on the same conversations.
    """
    score: dict[str, float] = {}
    for row in rows:
        if row["split"] == "dev":
            emotions = row.get("full_reading_alone", row)["weighted_f1"]
            figure = emotions if row["corpus"] == "meld" else row["pair_f1"]
            score[row["candidate"]] = score.get(row["candidate"], 0.0) + figure / 2
    return max(score, key=lambda name: score[name])


def ship(exported: Path, shipped: Path, content: dict[str, Any], seeds: Sequence[int]) -> None:
    """Write the chosen model's card beside it, and copy both to where the model ships from."""
    model = Bundle.load(exported)
    card = make_card(
        model.stamp,
        model.calibration,
        content,
        seeds,
        meld=read_split(model, "meld", "test")[0],
        ecf=read_split(model, "ecf", "test")[0],
    )
    card.dump(exported / "card.json")
    write_text(exported / "card.md", card_text(card))
    with replacing(shipped) as beside:
        shutil.copytree(exported, beside, dirs_exist_ok=True)
