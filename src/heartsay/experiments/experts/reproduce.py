"""The experts from the data in one go: train, calibrate, export, evaluate, fit conflicts, write it down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.errors import DAMAGE, InputError
from heartsay.experiments.configurations import load
from heartsay.experiments.experts.card import make_card
from heartsay.experiments.experts.conflicts import fit_and_measure
from heartsay.experiments.experts.face import train_face_expert
from heartsay.experiments.experts.release import export_expert, judge, refit_expert
from heartsay.experiments.experts.tables import page
from heartsay.experiments.experts.voice import train_voice
from heartsay.experiments.release.card import card_text
from heartsay.experiments.release.export import replacing
from heartsay.pipeline.expert_evaluation import evaluate_expert
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle, find_model
from heartsay.runtime.experts import GRAPH, HEADS, INPUTS, Expert
from heartsay.runtime.graph import Graph
from heartsay.runtime.shipped import CONFLICT, EXPERTS
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.face_network import FaceTraining
from heartsay.training.tasks.voice_network import VoiceTraining

SEED = 1

NARROWED = ("8,000 samples a second", "telephone", "telephone with noise 15 dB")
"""Conditions under which a voice is completed before it is read."""

PROTOCOLS = {
    "voice": "All epochs of one run are used, none is chosen; calibrated on the development actors, measured"
    " on the test actors of fold 0. The map that completes what came over a narrow line is fitted on training"
    " actors; its form was chosen on development actors, after the network without it had been measured on"
    " the test actors.",
    "face": "All epochs of one run are used, none is chosen; calibrated on FER+'s development split, measured"
    " once on its test split, on faces of which most people said one emotion.",
}


def reproduce_experts(
    work: Path,
    results: Path,
    shipped: Path,
    cache: Path,
    *,
    model: str | None = None,
    only: str | None = None,
    refit: bool = False,
    report: Report = silent,
) -> dict[str, Any]:
    """Make both experts and the probability of conflict, with cards and results.

    Interruptible at any point: finished runs are kept, an unfinished one goes on.

    Args:
        work: folder of the runs `voice` and `face`.
        results: folder for ``results.json`` and ``tables.md``.
        shipped: folder that gets `voice`, `face` and ``conflict.json``.
        cache: folder of the voices' frames.
        model: whose readings of words conflicts are fitted with; the default one if not given.
        only: the modality whose expert is made; the other is the one in `shipped`, with its figures in
            `results`.
        refit: keep the networks in `shipped` as they are; fit and measure again what they are read with.
        report: progress callback.

    Returns:
        What ``results.json`` holds.

    Raises:
        InputError: a corpus is not there, `work` holds runs of another configuration, or there are no
            figures of the expert that stays.
        MissingDependencyError: PyAV is not installed.
    """
    made = [modality for modality in EXPERTS if only in (None, modality)]
    reader = Bundle.load(find_model(model))
    experts = {m: Expert.load(shipped / m) for m in EXPERTS if m not in made}
    found = {m: figures_of(expert, results) for m, expert in experts.items()}
    for modality in made:
        exported = work / modality / "exported"
        if refit:
            refit_expert(shipped / modality, exported, cache, report)
        else:
            run = train(modality, work / modality, cache, report)
            report({"message": f"Exporting and measuring the expert of the {modality}"})
            export_expert(run, exported, cache, report)
        experts[modality] = Expert.load(exported)
        found[modality] = {
            split: evaluate_expert(experts[modality], split, report=report) for split in ("dev", "test")
        }
        if modality == "voice":
            add_uncompleted(found[modality], experts[modality], report)
        write_card(exported, found[modality], cache, report)
    report({"message": "Fitting the probability that two modalities disagree"})
    conflicts, rows = fit_and_measure(reader, experts["voice"], experts["face"], cache, report)
    content: dict[str, Any] = {
        "system": "experts",
        "protocols": PROTOCOLS,
        "reader": reader.stamp.model_dump(),
        "experts": {m: {"name": experts[m].name, "sha256": experts[m].sha256} for m in EXPERTS},
        **{m: found[m] for m in EXPERTS},
        "conflict": rows,
    }
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", json.dumps(content, indent=1) + "\n")
    write_text(results / "tables.md", page(content))
    ship(work, shipped, conflicts.to_dict(), made)
    return content


def add_uncompleted(found: Mapping[str, dict[str, Any]], expert: Expert, report: Report = silent) -> None:
    """Add to what was measured, by split, what narrow recordings come to where they are not completed."""
    for split, values in found.items():
        bare = evaluate_expert(expert.uncompleted(), split, conditions=NARROWED, report=report)
        values["uncompleted_accuracy_by_condition"] = bare["accuracy_by_condition"]


def figures_of(expert: Expert, results: Path) -> dict[str, Any]:
    """What was measured of an expert before, by split.

    Args:
        expert: which one.
        results: folder of ``results.json``.

    Raises:
        InputError: the file is not there, or it is about another expert.
    """
    path = results / "results.json"
    try:
        content = json.loads(path.read_text("utf-8"))
        measured = content["experts"][expert.modality]["sha256"]
        figures: dict[str, Any] = content[expert.modality]
    except DAMAGE as error:
        found = f"none that can be read ({type(error).__name__})"
    else:
        if measured == expert.sha256:
            return figures
        found = f"those of another ({measured[:12]})"
    raise InputError(
        expected=f"figures of the expert of the {expert.modality} that stays ({expert.sha256[:12]})",
        found=found,
        where=str(path),
        do="name the folders that belong together, or make both experts",
    )


def train(modality: str, folder: Path, cache: Path, report: Report = silent) -> RunFolder:
    """The finished run of an expert by the configuration that comes along.

    Raises:
        InputError: as `reproduce_experts`.
    """
    settings = load(modality)
    if isinstance(settings, VoiceTraining):
        return train_voice(settings, folder, cache, seed=SEED, report=report)
    assert isinstance(settings, FaceTraining)
    return train_face_expert(settings, folder, seed=SEED, report=report)


def write_card(
    exported: Path, found: Mapping[str, Mapping[str, Any]], cache: Path, report: Report = silent
) -> None:
    """Write the card of an exported expert beside it."""
    expert = Expert.load(exported)
    graph = Graph(exported / GRAPH, INPUTS[expert.modality], HEADS[expert.modality])
    judged = judge(graph, expert.modality, expert.fold, "test", cache, report)
    card = make_card(expert, found, judged, SEED, PROTOCOLS[expert.modality])
    card.dump(exported / "card.json")
    write_text(exported / "card.md", card_text(card))


def ship(work: Path, shipped: Path, conflicts: Mapping[str, Any], made: Sequence[str]) -> None:
    """Copy the experts that were made and the fitted probabilities to where they ship from."""
    for modality in made:
        with replacing(shipped / modality) as beside:
            shutil.copytree(work / modality / "exported", beside, dirs_exist_ok=True)
    write_text(shipped / CONFLICT, json.dumps(conflicts, indent=1) + "\n")
