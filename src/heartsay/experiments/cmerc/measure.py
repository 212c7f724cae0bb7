"""From readings to rows: everything the tables say of one run, in full names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.calibration import (
    ensemble_probabilities,
    fit_conformal,
    fit_removal_mixture,
    fit_temperature,
)
from heartsay.calibration.softmax import softmax
from heartsay.evidence.views import FULL
from heartsay.metrics import confidence_change
from heartsay.training.feature_readings import MODES, FeatureReadings

BINS = (15, 10, 5)
"""Bin counts of the calibration errors; the paper does not state its own. The first needs no suffix."""

COVERAGE = 0.9

WHOLE = f"edges/{FULL.name}"
"""The reading of the full evidence, which both modes share."""

LEAST = 1e-300
"""Probabilities below this count as this where their logarithm is asked for."""

TIE = 1e-6
"""Differences of probability up to this are ties: float32 readings of equal evidence differ by some 1e-7."""


@dataclass(frozen=True)
class Probabilities:
    """What a method says of development and test data: distributions by `<mode>/<view>`.

    Attributes:
        readings: the labels and ids beside the distributions.
        by_view: (N, C) each.
        temperature: what logits were divided by, where one was fitted.
        mixture: weights of the views, where a removal mixture was fitted.
    """

    readings: FeatureReadings
    by_view: Mapping[str, NDArray[np.float64]]
    temperature: float | None = None
    mixture: Mapping[str, float] | None = None

    def of(self, split: str) -> Probabilities:
        """The rows of one split."""
        rows = self.readings.split == split
        by_view = {name: values[rows] for name, values in self.by_view.items()}
        return replace(self, readings=self.readings.of(split), by_view=by_view)

    @property
    def full(self) -> NDArray[np.float64]:
        """Distributions under the full evidence, (N, C)."""
        return self.by_view[WHOLE]


def plain(readings: FeatureReadings) -> Probabilities:
    """What the model itself says."""
    return Probabilities(readings, {n: softmax(x.astype(np.float64)) for n, x in readings.logits.items()})


def with_temperature(said: Probabilities) -> Probabilities:
    """One temperature, fitted on the development split under the full evidence, for every view."""
    logits = {name: np.log(np.maximum(p, LEAST)) for name, p in said.by_view.items()}
    development = said.readings.split == "dev"
    temperature = fit_temperature(logits[WHOLE][development], said.readings.gold[development])
    scaled = {name: temperature.apply(x) for name, x in logits.items()}
    return replace(said, by_view=scaled, temperature=temperature.value)


def with_removal_mixture(readings: FeatureReadings) -> Probabilities:
    """The whole reading and all strict readings without something in one mixture, fitted on development data.

    What it would say if something were taken away besides is not read, so there are no other views.
    """
    names = [WHOLE, *(n for n in readings.logits if n.startswith("strict/") and n != f"strict/{FULL.name}")]
    logits = {name: readings.logits[name].astype(np.float64) for name in names}
    development = readings.split == "dev"
    fitted = fit_removal_mixture({n: x[development] for n, x in logits.items()}, readings.gold[development])
    weights = dict(zip(fitted.views, fitted.weights, strict=True))
    return Probabilities(readings, {WHOLE: fitted.apply(logits)}, fitted.temperature, weights)


def ensemble(members: Sequence[FeatureReadings]) -> Probabilities:
    """The mean distribution of several runs on the same data, view by view.

    Raises:
        ValueError: the runs were not read on the same utterances.
    """
    first = members[0]
    if any(not np.array_equal(m.utterance, first.utterance) for m in members):
        raise ValueError("members of an ensemble must have read the same utterances")
    shared = set.intersection(*(set(m.logits) for m in members))
    stacked = {name: np.stack([m.logits[name] for m in members]) for name in first.logits if name in shared}
    combined = {name: ensemble_probabilities(x.astype(np.float64)) for name, x in stacked.items()}
    return Probabilities(replace(first, representation=first.representation[:, :0]), combined)


def measure(probabilities: Probabilities) -> dict[str, Any]:
    """Every metric of one run on its test split.

    Percentages, but for likelihood and gains in nats, set sizes, temperature, mixture and silhouette. CEL and
    uncertain shares come once for each mode, if the method says what it makes of removals. Prediction sets
    are fitted on the development split.
    """
    test = probabilities.of("test")
    gold, rows = test.readings.gold, test.full
    classes = test.readings.classes
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
        "accuracy": 100 * metrics.accuracy(gold, predictions),
        "mean_confidence": 100 * float(confidence.mean()),
        "negative_log_likelihood": metrics.negative_log_likelihood(rows, gold),
        "brier_score": metrics.brier_score(rows, gold),
    }
    for bins in BINS:
        suffix = "" if bins == BINS[0] else f"_{bins}_bins"
        for name, error in _ERRORS.items():
            row[name + suffix] = 100 * error(confidence, correct, bins)
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
    vectors = test.readings.representation.astype(np.float64)
    return {
        **row,
        **prediction_set_metrics(probabilities),
        "temperature": probabilities.temperature,
        "removal_mixture": probabilities.mixture,
        "silhouette": metrics.silhouette_score(vectors, gold) if vectors.size else None,
    }


def confidence_metrics(test: Probabilities, mode: str) -> dict[str, Any]:
    """How confidence of the gold class moves when evidence is removed, in one mode."""
    gold = test.readings.gold
    full = confidence_change.gold_confidence(test.full, gold)
    removed = removed_confidence(test, mode)
    unions = confidence_change.removal_unions(list(removed))
    shares = confidence_change.uncertain_shares(full, removed, unions, TIE)
    return {
        "cel": confidence_change.cel(full, removed),
        "cel_per_utterance": confidence_change.cel_per_utterance(full, removed),
        "cel_probability": confidence_change.cel(full, removed, "probability"),
        "cel_probability_per_utterance": confidence_change.cel_per_utterance(full, removed, "probability"),
        "uncertain_share": {name: 100 * share.larger for name, share in shares.items()},
        "tied_share": {name: 100 * share.tied for name, share in shares.items()},
    }


def removed_confidence(test: Probabilities, mode: str) -> dict[str, NDArray[np.float64]]:
    """Confidence of the gold class under each removal, (N,) by view."""
    prefix, gold = f"{mode}/", test.readings.gold
    return {
        name.removeprefix(prefix): confidence_change.gold_confidence(values, gold)
        for name, values in test.by_view.items()
        if name.startswith(prefix) and name != f"{prefix}{FULL.name}"
    }


def prediction_set_metrics(probabilities: Probabilities) -> dict[str, Any]:
    """Coverage and size of 90% sets on the test split."""
    development, test = probabilities.of("dev"), probabilities.of("test")
    fitted = fit_conformal(development.full, development.readings.gold, development.readings.conversation)
    if not fitted.supports(COVERAGE):
        return {"coverage": None, "mean_set_size": None}
    sets = fitted.sets(test.full, COVERAGE)
    return {
        "coverage": 100 * metrics.coverage(sets, test.readings.gold),
        "mean_set_size": metrics.mean_set_size(sets),
    }


_ERRORS = {
    "expected_calibration_error": metrics.expected_calibration_error,
    "maximum_calibration_error": metrics.maximum_calibration_error,
    "root_mean_square_calibration_error": metrics.root_mean_square_calibration_error,
}
