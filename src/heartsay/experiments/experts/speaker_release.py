"""From a run of the speaker network to the folder that recordings are listened to with.

The threshold that tells how many speakers there are, and how probably a turn's speaker is right, are fitted
on conversations that are composed from the voices of development actors, by the same way that a user's
recording goes; the card says how it does with test actors. All of these conversations are made up.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heartsay.atomic import write_text
from heartsay.calibration.logistic import fit_logistic_calibration
from heartsay.errors import ModelError
from heartsay.experiments.experts.composed_talk import ComposedTalk, compose
from heartsay.experiments.experts.voice import split_clips
from heartsay.experiments.release.export import OPSET, replacing
from heartsay.experiments.release.manifest import write_manifest
from heartsay.metrics.diarisation import Turn, diarisation_error, matched
from heartsay.models.speaker_network import SpeakerNetwork
from heartsay.progress import Report, silent, track
from heartsay.recordings.clustering import cluster, leads, told_apart
from heartsay.recordings.encoder import GRAPH, SpeakerEncoder
from heartsay.recordings.speakers import Windows, lead, turns
from heartsay.recordings.voice_activity import Stretch, speech_probabilities, stretches
from heartsay.runtime.graph import Graph
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.speaker_network import SpeakerTraining

THRESHOLDS = tuple(np.round(np.arange(0.02, 0.31, 0.01), 2).tolist())
CHOSEN_ON, SPEAKERS = (1, 2, 3, 4), (2, 3, 4)
"""Speakers of the conversations that the threshold is chosen on, and of those that are measured."""

TALKS = 8
"""Conversations for each number of speakers."""

TURNS = 24
CONDITIONS = ("clean", "telephone", "noise 15 dB")
RATE = 16_000


def export_speaker_encoder(run: RunFolder, folder: Path, report: Report = silent) -> None:
    """Write the encoder's folder: graph, threshold, card.

    Raises:
        InputError: the corpus is not there, or the folder holds something else than a model.
        ModelError: the run is not finished, or of something else.
    """
    from heartsay import __version__

    if not run.is_finished() or run.read().get("kind") != SpeakerTraining.kind:
        raise ModelError(f"{run.path} holds no finished run of the speaker network.")
    settings = run.configuration(SpeakerTraining)
    network = SpeakerNetwork(settings.channels, settings.width)
    load_weights(network, run.weights)
    clips = split_clips(int(run.data().get("fold", 0)))
    with replacing(folder) as beside:
        write_speaker_graph(network, beside / GRAPH)
        graph = Graph(beside / GRAPH, ("frames", "real"), ("vectors",))
        encoder = SpeakerEncoder(settings.name, 0.5, 1.0, 0.0, graph)
        heard = [
            _hear(talk, encoder)
            for talk in track(_talks(clips["dev"], 0, speakers=CHOSEN_ON), "Listening", report, "talks")
        ]
        encoder = replace(encoder, threshold=best_threshold(heard))
        slope, intercept = fit_confidence(heard, encoder.threshold)
        encoder = replace(encoder, slope=slope, intercept=intercept)
        rows = {
            condition: errors([_hear(t, encoder) for t in _talks(clips["test"], 1000, condition)], encoder)
            for condition in track(CONDITIONS, "Measuring", report, "conditions")
        }
        write_text(beside / "card.md", card(settings.name, rows, encoder))
        numbers = {"threshold": encoder.threshold, "slope": slope, "intercept": intercept}
        write_manifest(beside, (GRAPH,), name=settings.name, version=__version__, **numbers)


def write_speaker_graph(network: SpeakerNetwork, path: Path) -> None:
    """Trace the network with free numbers of stretches and frames."""
    example = torch.randn(2, 60, 64) * 10 - 40, torch.arange(60)[None] < torch.tensor([[60], [41]])
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            example,
            str(path),
            input_names=["frames", "real"],
            output_names=["vectors"],
            dynamic_axes={name: {0: "items", 1: "rows"} for name in ("frames", "real")},
            opset_version=OPSET,
            dynamo=False,
        )


class Listened:
    """A conversation with its windows of voice: what every threshold is tried on."""

    def __init__(self, talk: ComposedTalk, spans: Sequence[Stretch], windows: Windows) -> None:
        self.talk, self.spans, self.windows = talk, spans, windows

    def found(self, encoder: SpeakerEncoder, number: int | None = None) -> list[Turn]:
        """Turns by an encoder's threshold, or with the number of speakers known."""
        own = replace(self.windows, encoder=encoder)
        return [(*t.stretch, str(t.speaker)) for t in turns(own, self.spans, number)]


def _hear(talk: ComposedTalk, encoder: SpeakerEncoder) -> Listened:
    probabilities = np.concatenate(list(speech_probabilities([talk.samples])))
    spans = stretches(probabilities, len(talk.samples) / RATE)
    windows = Windows(encoder)
    for k, (start, end) in enumerate(spans):
        windows.add(k, Stretch(start, end), talk.samples[round(start * RATE) : round(end * RATE)])
    return Listened(talk, spans, windows)


def best_threshold(heard: Sequence[Listened]) -> float:
    """The threshold with the lowest mean diarisation error; of equals the lowest."""
    by_talk = [leads(one.windows.vectors, one.windows.middles()) for one in heard]

    @cache
    def error(k: int, number: int) -> float:
        found = heard[k].found(heard[k].windows.encoder, number)
        return diarisation_error(heard[k].talk.turns, found).total

    def mean(threshold: float) -> float:
        return float(np.mean([error(k, told_apart(own, threshold)) for k, own in enumerate(by_talk)]))

    return float(min(THRESHOLDS, key=mean))


def fit_confidence(heard: Sequence[Listened], threshold: float) -> tuple[float, float]:
    """Slope and intercept of the probability that a window's speaker is right, by its lead over the next."""
    ahead, right = [], []
    for one in heard:
        vectors = one.windows.vectors
        speaker = cluster(vectors, one.windows.middles(), threshold, one.talk.speakers)
        true = np.array(
            [
                _speaker_at((a + b) / 2, one.talk.turns)
                for a, b in zip(one.windows.start, one.windows.end, strict=True)
            ]
        )
        table = np.zeros((int(true.max()) + 1, int(speaker.max()) + 1), np.int64)
        np.add.at(table, (true, speaker), 1)
        match = matched(table)
        ahead.append(lead(vectors, speaker))
        right.append(np.array([match[t] for t in true.tolist()]) == speaker)
    fitted = fit_logistic_calibration(np.concatenate(ahead)[:, None], np.concatenate(right), ("lead",))
    return fitted.weights[0], fitted.intercept


def errors(heard: Sequence[Listened], encoder: SpeakerEncoder) -> dict[str, list[float]]:
    """Errors of each conversation in percent, with the number of speakers open and known.

    Speech that is missed, and silence taken for speech, are the same in both.
    """
    found = [diarisation_error(h.talk.turns, h.found(encoder)) for h in heard]
    known = [diarisation_error(h.talk.turns, h.found(encoder, h.talk.speakers)) for h in heard]
    return {
        "open": [100 * one.total for one in found],
        "known": [100 * one.total for one in known],
        "missed": [100 * one.missed for one in found],
        "false": [100 * one.false_alarm for one in found],
    }


def card(name: str, rows: dict[str, dict[str, list[float]]], encoder: SpeakerEncoder) -> str:
    """What the encoder is, and how it does."""
    lines = [
        f"# {name}",
        "",
        "Tells voices apart: log-mel frames of a stretch of voice to a vector of length 1. Trained on CREMA-D"
        " (ODbL 1.0, contents DbCL 1.0), whose actors act six emotions in twelve sentences; tested on actors"
        " that were not trained on, in conversations composed from their clips, which are made up. Real talk"
        " has longer turns, laughter and people who speak at once: it can do worse there, and better.",
        "",
        f"Diarisation error in percent, collar 0.25 s, {TALKS} conversations of {TURNS} turns for each of"
        f" {', '.join(map(str, SPEAKERS))} speakers; mean and standard deviation over conversations. Of them"
        " speech that is missed and silence that is taken for speech. The threshold"
        f" ({encoder.threshold:g}) was chosen on development actors, in talk by"
        f" {CHOSEN_ON[0]} to {CHOSEN_ON[-1]} of them.",
        "",
        "| recorded as | number of speakers open | known | missed | false |",
        "|---|---|---|---|---|",
    ]
    for condition, by_number in rows.items():
        cells = [
            f"{np.mean(by_number[k]):.1f} ± {np.std(by_number[k], ddof=1):.1f}" for k in ("open", "known")
        ]
        cells += [f"{np.mean(by_number[k]):.1f}" for k in ("missed", "false")]
        lines.append(f"| {condition} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _talks(
    clips: Sequence[Any], seed: int, condition: str = "clean", speakers: Sequence[int] = SPEAKERS
) -> list[ComposedTalk]:
    return [
        compose(clips, count, TURNS, seed + 100 * count + k, condition)
        for count in speakers
        for k in range(TALKS)
    ]


def _speaker_at(time: float, truth: Sequence[Turn]) -> int:
    """Number of who speaks then, or of the nearest turn."""
    names = list(dict.fromkeys(name for _, _, name in truth))
    nearest = min(truth, key=lambda turn: max(turn[0] - time, time - turn[1], 0.0))
    return names.index(nearest[2])
