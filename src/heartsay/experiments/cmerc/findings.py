"""What is wrong with some published numbers, shown on runs of our own: four findings as rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.atomic import write_text
from heartsay.evidence.features import standardised
from heartsay.experiments.cmerc.figures import named, tested
from heartsay.experiments.cmerc.measure import Probabilities, confidence_metrics, plain, with_temperature
from heartsay.experiments.cmerc.methods import BASE, FOCAL_METHODS
from heartsay.experiments.cmerc.plan import FOCAL_BACKBONES, PRINCIPAL, Scope
from heartsay.experiments.cmerc.rows import load
from heartsay.experiments.cmerc.work import corpus_of
from heartsay.experiments.study import Place, Run
from heartsay.training.feature_readings import MODES, line_up, read_views
from heartsay.training.feature_run_folder import FeatureRunFolder

DIALOGUE_RNN = "dialogue-rnn"
PUBLISHED_BATCH = 30
"""Conversations in a batch of DialogueRNN's public code."""

REPLACEMENTS = "replacements.json"
"""File in a run's folder: gains by what stood for a removed modality."""


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
    for run, test in tested(scope, place, (DIALOGUE_RNN,), (BASE,)):
        gold, rows = test.readings.gold, test.full
        classes = len(test.readings.classes)
        shuffled, labels = misaligned(rows, gold, test.readings.conversation, PUBLISHED_BATCH)
        shares = np.bincount(gold, minlength=classes) / len(gold)
        found.append(
            {
                **named(run),
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
    for run, test in tested(scope, place, scope.backbones, (BASE,)):
        scaled = with_temperature(plain(load(run, place)))
        before, after = (_f1(p) for p in (test, scaled.of("test")))
        found.append(
            {**named(run), "temperature": scaled.temperature, "weighted_f1": before, "change": after - before}
        )
    return found


def focal_losses(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Confidence and its error under three losses, before and after a temperature is fitted."""
    found = []
    for run, test in tested(scope, place, FOCAL_BACKBONES, (BASE, *FOCAL_METHODS)):
        readings = load(run, place)
        folder = FeatureRunFolder(run.folder(place.work))
        before, scaled = plain(readings).of("test"), with_temperature(plain(readings))
        confidence, correct = metrics.top_label(test.full, test.readings.gold)
        found.append(
            {
                **named(run),
                "task_loss": folder.configuration().task_loss.name,
                "weighted_f1": _f1(test),
                "accuracy": 100 * float(correct.mean()),
                "mean_confidence": 100 * float(confidence.mean()),
                "expected_calibration_error": _calibration_error(before),
                "temperature": scaled.temperature,
                "expected_calibration_error_scaled": _calibration_error(scaled.of("test")),
            }
        )
    return found


def replacements(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """CEL of the same models by what stands for a removed modality: nothing or one of two means."""
    return [row for run, _ in tested(scope, place, PRINCIPAL, (BASE,)) for row in _replaced(run, place)]


def _replaced(run: Run, place: Place) -> list[dict[str, Any]]:
    from heartsay.evidence.views import Replacement
    from heartsay.training.feature_loop import load_backbone

    folder = FeatureRunFolder(run.folder(place.work))
    path = folder.path / REPLACEMENTS
    if path.exists():
        kept: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
        return kept
    if not folder.weights.exists():
        return []
    corpus = corpus_of(run, place)
    model, scaled = load_backbone(folder, corpus), standardised(corpus)
    conversations = [c for split in ("dev", "test") for c in scaled.splits[split]]
    modalities = folder.load_readings().modalities
    found = []
    for by in get_args(Replacement):
        taken = read_views(model, conversations, modalities, by, modes=MODES[:1])
        test = plain(line_up(scaled, modalities, taken)).of("test")
        moved = confidence_metrics(test, "edges")
        row = {
            "replacement": by,
            "cel": moved["cel"],
            "cel_per_utterance": moved["cel_per_utterance"],
            "uncertain_share_modalities": moved["uncertain_share"].get("modalities"),
        }
        found.append({**named(run), **row})
    _write(path, found)
    return found


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    write_text(path, json.dumps(rows, indent=1) + "\n")


def _f1(test: Probabilities) -> float:
    readings = test.readings
    return 100 * metrics.weighted_f1(readings.gold, test.full.argmax(1), len(readings.classes))


def _calibration_error(test: Probabilities) -> float:
    return 100 * metrics.expected_calibration_error(*metrics.top_label(test.full, test.readings.gold))
