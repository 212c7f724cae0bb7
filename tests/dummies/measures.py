"""Names of what is measured of emotions and of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

EMOTION_KEYS = {"weighted_f1", "per_class_f1", "ece", "coverage", "mean_set_size", "aurc"}
PAIR_KEYS = {"pair_f1", "pair_precision", "pair_recall", "pair_auprc", "pair_ece"}
NO_PERCENTAGES = {"n", "pairs", "mean_set_size", "negative_log_likelihood"}


def percentages(measured: dict[str, Any]) -> Iterator[float]:
    for name, value in measured.items():
        if isinstance(value, dict):
            yield from percentages(value)
        elif isinstance(value, float) and name not in NO_PERCENTAGES:
            yield value
