"""What is wrong with some published numbers, shown on runs of our own: four findings as rows."""

from __future__ import annotations

import json
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.atomic import write_text
from heartsay.evidence.corpus import standardised
from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc.figures import readings_of
from heartsay.experiments.cmerc.measure import confidence_metrics, probabilities, with_temperature
from heartsay.experiments.cmerc.methods import BASE, FOCAL_METHODS
from heartsay.experiments.cmerc.plan import FOCAL_BACKBONES, PRINCIPAL, Scope
from heartsay.experiments.cmerc.rows import load
from heartsay.experiments.cmerc.work import corpus_of
from heartsay.experiments.release.manifest import sha256
from heartsay.experiments.study import Place, Run
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.feature_readings import MODES, feature_reading
from heartsay.training.run_folder import RunFolder

DIALOGUE_RNN = "dialogue-rnn"
PUBLISHED_BATCH = 30
"""Conversations in a batch of DialogueRNN's public code."""

REPLACEMENTS = "replacements.json"
"""File in a run's folder: gains by what stood for a removed modality, by the hash of the run's reading."""


def findings(scope: Scope, place: Place) -> dict[str, list[dict[str, Any]]]:
    """All four, each from the runs that are there."""
    return {
        "misaligned_scores": misaligned_scores(scope, place),
        "temperature_and_f1": temperature_and_f1(scope, place),
        "focal_losses": focal_losses(scope, place),
        "replacements": replacements(scope, place),
    }


def misaligned_scores(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Ranking scores when distributions are flattened utterance by utterance and labels talk by talk.

    What the published DialogueRNN rows look like: AUROC at 50 and AUPRC at the sum of squared class shares,
    while weighted F1, computed elsewhere, is right.
    """
    found = []
    for run, test in readings_of(scope, place, (DIALOGUE_RNN,), (BASE,)):
        gold, rows, classes = test.gold, probabilities(test), len(test.classes)
        shuffled, labels = misaligned(rows, gold, test.conversation, PUBLISHED_BATCH)
        shares = np.bincount(gold, minlength=classes) / len(gold)
        found.append(
            {
                **run.columns(),
                "weighted_f1": 100 * metrics.weighted_f1(gold, rows.argmax(1), classes),
                "aligned_auroc": 100 * metrics.weighted_one_vs_rest_auroc(rows, gold),
                "aligned_auprc": 100 * metrics.weighted_one_vs_rest_average_precision(rows, gold),
                "misaligned_auroc": 100 * metrics.weighted_one_vs_rest_auroc(shuffled, labels),
                "misaligned_auprc": 100 * metrics.weighted_one_vs_rest_average_precision(shuffled, labels),
                "chance_auprc": 100 * float((shares**2).sum()),
            }
        )
    return found


def misaligned(
    rows: NDArray[np.float64], gold: NDArray[np.int64], conversation: NDArray[np.int64], batch: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rows as [T, B] and labels as [B, T], both flattened and without padding, batch after batch.

    Args:
        rows: distributions, (N, C), conversation after conversation.
        gold: labels, (N,), in the same order.
        conversation: whose each row is, (N,), rising.
        batch: conversations in a batch.
    """
    starts = np.flatnonzero(np.diff(conversation, prepend=-1))
    order = []
    for first in range(0, len(starts), batch):
        begins = starts[first : first + batch]
        ends = np.append(starts, len(gold))[first + 1 : first + 1 + len(begins)]
        place = np.concatenate([np.arange(end - begin) for begin, end in zip(begins, ends, strict=True)])
        members = np.arange(begins[0], ends[-1])
        order.append(members[np.lexsort((members, place))])
    return rows[np.concatenate(order)], gold


def temperature_and_f1(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """By how much a temperature fitted after training moves weighted F1: not at all, in any run."""
    found = []
    for run, test in readings_of(scope, place, scope.backbones, (BASE,)):
        scaled, temperature = with_temperature(load(run, place))
        before, after = (_f1(reading) for reading in (test, scaled.of("test")))
        found.append(
            {
                **run.columns(),
                "temperature": temperature.value,
                "weighted_f1": before,
                "change": after - before,
            }
        )
    return found


def focal_losses(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Confidence and its error under three losses, before and after a temperature is fitted."""
    found = []
    for run, test in readings_of(scope, place, FOCAL_BACKBONES, (BASE, *FOCAL_METHODS)):
        folder = RunFolder(run.folder(place.work))
        scaled, temperature = with_temperature(load(run, place))
        confidence, correct = metrics.top_label(probabilities(test), test.gold)
        found.append(
            {
                **run.columns(),
                "task_loss": folder.configuration(FeatureConfiguration).task_loss.name,
                "weighted_f1": _f1(test),
                "accuracy": 100 * float(correct.mean()),
                "mean_confidence": 100 * float(confidence.mean()),
                "expected_calibration_error": _calibration_error(test),
                "temperature": temperature.value,
                "expected_calibration_error_scaled": _calibration_error(scaled.of("test")),
            }
        )
    return found


def replacements(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """CEL of the same models by what stands for a removed modality: nothing or one of two means."""
    return [row for run, _ in readings_of(scope, place, PRINCIPAL, (BASE,)) for row in _replaced(run, place)]


def _replaced(run: Run, place: Place) -> list[dict[str, Any]]:
    from heartsay.evidence.views import Replacement
    from heartsay.training.tasks.backbone import load_backbone

    folder = RunFolder(run.folder(place.work))
    # The reading tells the weights, which may be gone.
    path, key = folder.path / REPLACEMENTS, sha256(folder.readings())
    known: dict[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if key in known or not folder.weights.exists():
        return known.get(key, [])
    corpus = corpus_of(run, place)
    model, scaled = load_backbone(folder, corpus), standardised(corpus)
    modalities = load(run, place).modalities
    found = []
    for by in get_args(Replacement):
        reading = feature_reading(model, scaled, modalities, by, modes=MODES[:1])
        moved = confidence_metrics(reading.of("test"), "edges")
        row = {
            "replacement": by,
            "cel": moved["cel"],
            "cel_per_utterance": moved["cel_per_utterance"],
            "uncertain_share_modalities": moved["uncertain_share"].get("modalities"),
        }
        found.append({**run.columns(), **row})
    write_text(path, json.dumps({key: found}, indent=1) + "\n")
    return found


def _f1(test: Reading) -> float:
    return 100 * metrics.weighted_f1(test.gold, probabilities(test).argmax(1), len(test.classes))


def _calibration_error(test: Reading) -> float:
    return 100 * metrics.expected_calibration_error(*metrics.top_label(probabilities(test), test.gold))
