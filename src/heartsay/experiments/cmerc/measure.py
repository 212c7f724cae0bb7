"""From readings to rows: everything the tables say of one run, in full names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.calibration import (
    RemovalMixture,
    Temperature,
    ensemble_probabilities,
    fit_conformal,
    fit_removal_mixture,
    fit_temperature,
)
from heartsay.calibration.softmax import softmax
from heartsay.evidence.reading import Reading
from heartsay.evidence.views import FULL
from heartsay.metrics import confidence_change
from heartsay.metrics.calibration_error import Norm
from heartsay.training.feature_readings import MODES

FloatArray = NDArray[np.float64]

BINS = (15, 10, 5)
"""Bin counts of the calibration errors; the paper does not state its own. The first needs no suffix."""

COVERAGE = 0.9

WHOLE = f"edges/{FULL.name}"
"""The reading of the full evidence, which both modes share."""

_NORMS: dict[str, Norm] = {
    "expected_calibration_error": "l1",
    "maximum_calibration_error": "max",
    "root_mean_square_calibration_error": "l2",
}

LEAST = 1e-300
"""Probabilities below this count as this where their logarithm is asked for."""

TIE = 1e-6
"""Differences of probability up to this are ties: float32 readings of equal evidence differ by some 1e-7."""


Calibration = Temperature | RemovalMixture | None
"""What was fitted on the development split, where something was."""


def probabilities(reading: Reading, view: str = WHOLE) -> FloatArray:
    """The distributions under a view, (N, C)."""
    return softmax(reading.logits[view].astype(np.float64))


def with_temperature(reading: Reading) -> tuple[Reading, Temperature]:
    """One temperature, fitted on the development split under the full evidence, for every view."""
    development = reading.of("dev")
    fitted = fit_temperature(development.logits[WHOLE].astype(np.float64), development.gold)
    scaled = {name: x.astype(np.float64) / fitted.value for name, x in reading.logits.items()}
    return replace(reading, logits=scaled), fitted


def with_removal_mixture(reading: Reading) -> tuple[Reading, RemovalMixture]:
    """The whole reading and all strict readings without something in one mixture, fitted on development data.

    What it would say if something were taken away besides is not read, so there are no other views.
    """
    names = [WHOLE, *(n for n in reading.logits if n.startswith("strict/") and n != f"strict/{FULL.name}")]
    logits = {name: reading.logits[name].astype(np.float64) for name in names}
    development = reading.split == "dev"
    fitted = fit_removal_mixture({n: x[development] for n, x in logits.items()}, reading.gold[development])
    return replace(reading, logits={WHOLE: _log(fitted.apply(logits))}), fitted


def ensemble(members: Sequence[Reading]) -> Reading:
    """The mean distribution of several runs on the same data, view by view.

    Raises:
        ValueError: the runs were not read on the same utterances.
    """
    first = members[0]
    if any(not np.array_equal(m.utterance, first.utterance) for m in members):
        raise ValueError("members of an ensemble must have read the same utterances")
    shared = [name for name in first.logits if all(name in m.logits for m in members)]
    stacked = {name: np.stack([m.logits[name] for m in members]) for name in shared}
    combined = {name: _log(ensemble_probabilities(x.astype(np.float64))) for name, x in stacked.items()}
    return replace(first, logits=combined, representation=None)


def _log(distributions: FloatArray) -> FloatArray:
    """Logits that give these distributions back."""
    return np.log(np.maximum(distributions, LEAST))


def measure(reading: Reading, calibration: Calibration = None) -> dict[str, Any]:
    """Every metric of one run on its test split.

    Percentages, but for likelihood and gains in nats, set sizes, temperature, mixture and silhouette. CEL and
    uncertain shares come once for each mode, if the method says what it makes of removals. Prediction sets
    are fitted on the development split.

    Args:
        reading: of development and test data, calibrated or not.
        calibration: how, for the row to say so.
    """
    test = reading.of("test")
    gold, rows, classes = test.gold, probabilities(test), test.classes
    confidence, correct = metrics.top_label(rows, gold)
    predictions = rows.argmax(1)
    count = len(classes)
    row: dict[str, Any] = {
        "utterances": len(gold),
        "weighted_f1": 100 * metrics.weighted_f1(gold, predictions, count),
        "macro_f1": 100 * metrics.macro_f1(gold, predictions, count),
        "per_class_f1": dict(
            zip(classes, (100 * metrics.per_class_f1(gold, predictions, count)).tolist(), strict=True)
        ),
        "accuracy": 100 * metrics.accuracy(gold, predictions, count),
        "mean_confidence": 100 * float(confidence.mean()),
        "negative_log_likelihood": metrics.negative_log_likelihood(rows, gold),
        "brier_score": metrics.brier_score(rows, gold),
    }
    for bins in BINS:
        suffix = "" if bins == BINS[0] else f"_{bins}_bins"
        for name, norm in _NORMS.items():
            row[name + suffix] = 100 * metrics.expected_calibration_error(confidence, correct, bins, norm)
    row |= {
        "adaptive_calibration_error": 100 * metrics.adaptive_calibration_error(confidence, correct),
        "classwise_calibration_error": 100 * metrics.classwise_calibration_error(rows, gold),
        "weighted_one_vs_rest_auroc": 100 * metrics.weighted_one_vs_rest_auroc(rows, gold),
        "weighted_one_vs_rest_average_precision": 100
        * metrics.weighted_one_vs_rest_average_precision(rows, gold),
        "misclassification_auroc": 100 * metrics.misclassification_auroc(confidence, correct),
        "misclassification_average_precision": 100
        * metrics.misclassification_average_precision(confidence, correct),
        "aurc": 100 * metrics.aurc(confidence, correct),
    }
    for mode in MODES:
        if removed_confidence(test, mode):
            row |= {f"{name}_{mode}": value for name, value in confidence_metrics(test, mode).items()}
    return {
        **row,
        **prediction_set_metrics(reading),
        **_fitted(calibration),
        "silhouette": None
        if test.representation is None
        else metrics.silhouette_score(test.representation.astype(np.float64), gold),
    }


def _fitted(calibration: Calibration) -> dict[str, Any]:
    """What was fitted, in columns."""
    if isinstance(calibration, RemovalMixture):
        weights = {column(v): w for v, w in zip(calibration.views, calibration.weights, strict=True)}
        return {"temperature": calibration.temperature, "removal_mixture": weights}
    return {"temperature": None if calibration is None else calibration.value, "removal_mixture": None}


def column(view: str) -> str:
    """What rows call a view: a removal of a modality by the modality's own name, others by theirs."""
    return view.replace("without_", "")


def confidence_metrics(test: Reading, mode: str) -> dict[str, Any]:
    """How confidence of the gold class moves when evidence is removed, in one mode."""
    full = confidence_change.gold_confidence(probabilities(test), test.gold)
    removed = {column(view): values for view, values in removed_confidence(test, mode).items()}
    shares = confidence_change.uncertain_shares(full, removed, TIE)
    return {
        "cel": confidence_change.cel(full, removed),
        "cel_per_utterance": confidence_change.cel_per_utterance(full, removed),
        "cel_probability": confidence_change.cel(full, removed, "probability"),
        "cel_probability_per_utterance": confidence_change.cel_per_utterance(full, removed, "probability"),
        "uncertain_share": {name: 100 * share.larger for name, share in shares.items()},
        "tied_share": {name: 100 * share.tied for name, share in shares.items()},
    }


def removed_confidence(test: Reading, mode: str) -> dict[str, FloatArray]:
    """Confidence of the gold class under each removal, (N,) by view."""
    prefix = f"{mode}/"
    return {
        name.removeprefix(prefix): confidence_change.gold_confidence(probabilities(test, name), test.gold)
        for name in test.logits
        if name.startswith(prefix) and name != f"{prefix}{FULL.name}"
    }


def prediction_set_metrics(reading: Reading) -> dict[str, Any]:
    """Coverage and size of 90% sets on the test split."""
    development, test = reading.of("dev"), reading.of("test")
    fitted = fit_conformal(probabilities(development), development.gold, development.conversation)
    if not fitted.supports(COVERAGE):
        return {"coverage": None, "mean_set_size": None}
    sets = fitted.sets(probabilities(test), COVERAGE)
    return {
        "coverage": 100 * metrics.coverage(sets, test.gold),
        "mean_set_size": metrics.mean_set_size(sets),
    }
