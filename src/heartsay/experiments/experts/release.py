"""From a run of an expert to the folder that the light core reads, calibrated as exported."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from heartsay.atomic import write_arrays, write_text
from heartsay.calibration import fit_expert
from heartsay.corpora.ferplus import Faces
from heartsay.errors import ModelError
from heartsay.experiments.experts.face import load_faces
from heartsay.experiments.experts.narrow_band import fit_narrow_band
from heartsay.experiments.experts.voice import load_voices, split_clips
from heartsay.experiments.release.export import OPSET, replacing
from heartsay.experiments.release.manifest import write_manifest
from heartsay.labels import CREMA_D, FER_PLUS, LabelSpace
from heartsay.metrics.checks import FloatArray, IntArray
from heartsay.models.face_expert import FaceExpert
from heartsay.models.face_network import scaled
from heartsay.models.voice_network import VoiceNetwork
from heartsay.progress import Report, silent, track
from heartsay.runtime.experts import (
    FILES,
    FORMAT,
    GRAPH,
    HEADS,
    INPUTS,
    NARROW,
    Expert,
    read_expert_manifest,
)
from heartsay.runtime.graph import Graph
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.face_network import FaceTraining
from heartsay.training.tasks.voice_network import VoiceTraining, padded

RISK = 1 / 3
"""Highest error rate among readings that are not abstained from, as of the text model."""

TOGETHER = 64
"""Faces that are read together."""


@dataclass(frozen=True)
class Judged:
    """What an exported expert says of N items, and what people say.

    Attributes:
        logits: uncalibrated, (N, C), by head.
        votes: how many people chose each label, (N, C), by head; one vote for what is the gold label.
        group: who speaks, or which face it is, (N,).
    """

    logits: Mapping[str, FloatArray]
    votes: Mapping[str, IntArray]
    group: NDArray[np.str_]


def export_expert(run: RunFolder, folder: Path, cache: Path, report: Report = silent) -> None:
    """Write an expert as a folder for the light core, calibrated on this very export's development readings.

    Args:
        run: a finished run of the voice or the face expert.
        folder: where to write; an exported model there is replaced.
        cache: folder of the voice's frames.
        report: progress callback.

    Raises:
        InputError: the corpus is not there, or the folder holds something else than a model.
        ModelError: the run is of something else, is not finished, or has no weights.
    """
    if not run.is_finished():
        raise ModelError(f"{run.path} holds no finished run; go on with it by `heartsay train`.")
    modality = modality_of(run)
    name = (run.configuration(VoiceTraining) if modality == "voice" else run.configuration(FaceTraining)).name
    with replacing(folder) as beside:
        write_graph(expert_network(run, modality), modality, beside / GRAPH)
        _fit_beside(beside, modality, name, int(run.data().get("fold", 0)), cache, report)


def refit_expert(exported: Path, folder: Path, cache: Path, report: Report = silent) -> None:
    """Write an exported expert anew: its network as it is, what is fitted to it fitted again.

    Args:
        exported: folder of the expert.
        folder: where to write; an exported model there is replaced.
        cache: as of `export_expert`.
        report: progress callback.

    Raises:
        InputError: the corpus is not there.
        ModelError: `exported` is no expert, or its files are not those that were exported.
    """
    Expert.load(exported)  # which sees that its files are its own
    stated = read_expert_manifest(exported)
    with replacing(folder) as beside:
        shutil.copyfile(exported / GRAPH, beside / GRAPH)
        fold = int(stated.get("fold", 0))
        _fit_beside(beside, stated["modality"], stated["name"], fold, cache, report)


def _fit_beside(beside: Path, modality: str, name: str, fold: int, cache: Path, report: Report) -> None:
    """Fit what a graph is read with, and write it and the manifest beside it."""
    from heartsay import __version__

    labels: LabelSpace = CREMA_D if modality == "voice" else FER_PLUS
    graph = Graph(beside / GRAPH, INPUTS[modality], HEADS[modality])
    judged = judge(graph, modality, fold, "dev", cache, report)
    fitted = {
        head: fit_expert(judged.logits[head], judged.votes[head], judged.group, RISK).to_dict()
        for head in HEADS[modality]
    }
    write_text(beside / "calibration.json", json.dumps(fitted, indent=1) + "\n")
    files: tuple[str, ...] = FILES
    if modality == "voice":
        write_arrays(beside / NARROW, {"weights": fit_narrow_band(fold, report)}, compress=False)
        files = (*FILES, NARROW)
    write_manifest(
        beside,
        files,
        expert_format=FORMAT,
        modality=modality,
        name=name,
        version=__version__,
        labels=list(labels),
        neutral=labels.neutral,
        fold=fold,
    )


def modality_of(run: RunFolder) -> str:
    """Which expert a run is of.

    Raises:
        ModelError: it is of none.
    """
    kinds = {VoiceTraining.kind: "voice", FaceTraining.kind: "face"}
    kind = run.read().get("kind")
    if kind not in kinds or (
        kind == FaceTraining.kind and run.configuration(FaceTraining).network != "expert"
    ):
        raise ModelError(f"{run.path} holds a run of a {kind}, which is no expert that can be exported.")
    return kinds[kind]


def judge(graph: Graph, modality: str, fold: int, split: str, cache: Path, report: Report = silent) -> Judged:
    """What an exported graph says of a split of its corpus.

    Args:
        graph: of the expert.
        modality: that it reads.
        fold: of CREMA-D, where it reads voices.
        split: of the corpus.
        cache: folder of the voices' frames.
        report: progress callback.

    Raises:
        InputError: the corpus is not there.
        ModelError: the graph gave numbers that are not finite.
    """
    if modality == "face":
        return judge_faces(graph, load_faces()[split], report)
    voices = load_voices(cache, fold, (split,), report)[split]
    clips = split_clips(fold)[split]
    parts = []
    for frames in track(voices.frames, f"Reading the {split} voices", report, "voices"):
        given, real = (tensor.numpy() for tensor in padded([frames]))
        parts.append(graph.run({"frames": given, "real": real}))
    acted = np.eye(len(CREMA_D), dtype=np.int64)[voices.acted]
    return Judged(
        {head: np.concatenate([part[head] for part in parts]).astype(np.float64) for head in HEADS["voice"]},
        {"heard": np.array([clip.votes for clip in clips]), "acted": acted},
        np.array([clip.actor for clip in clips]),
    )


def judge_faces(graph: Graph, faces: Faces, report: Report = silent) -> Judged:
    """What an exported graph says of faces, of those whose majority is an emotion."""
    known = faces.where(faces.emotion >= 0)
    parts = [
        graph.run({"images": known.image[start : start + TOGETHER]})["emotion"]
        for start in track(range(0, len(known), TOGETHER), "Reading faces", report, "batches")
    ]
    gold = np.eye(len(FER_PLUS), dtype=np.int64)[known.emotion]
    return Judged({"emotion": np.concatenate(parts).astype(np.float64)}, {"emotion": gold}, known.name)


class _Whole(nn.Module):
    """An expert with what comes before its network, as one graph."""

    def __init__(self, network: nn.Module, modality: str) -> None:
        super().__init__()
        self.network, self.modality = network, modality

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        if self.modality == "voice":
            heard, acted = self.network(*inputs)
            return heard, acted
        return (self.network(scaled(*inputs)).emotion,)


def expert_network(run: RunFolder, modality: str) -> nn.Module:
    """The trained network of an expert's run."""
    network: nn.Module
    if modality == "voice":
        settings = run.configuration(VoiceTraining)
        network = VoiceNetwork(settings.channels, settings.dropout)
    else:
        network = FaceExpert()
    load_weights(network, run.weights)
    return network


def write_graph(network: nn.Module, modality: str, path: Path) -> None:
    """Trace an expert's network with free numbers of items and frames."""
    examples: tuple[Tensor, ...]
    if modality == "voice":
        examples = torch.randn(2, 60, 64) * 10 - 40, torch.arange(60)[None] < torch.tensor([[60], [41]])
        axes: dict[str, Any] = {name: {0: "items", 1: "rows"} for name in INPUTS[modality]}
    else:
        examples = (torch.randint(0, 255, (2, 48, 48), dtype=torch.uint8),)
        axes = {"images": {0: "items"}}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Whole(network.eval(), modality),
            examples,
            str(path),
            input_names=list(INPUTS[modality]),
            output_names=list(HEADS[modality]),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
