"""What some labelled conversations of a project that was left out are worth, by how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from heartsay import metrics
from heartsay.calibration import EmotionCalibration
from heartsay.calibration.adapting import adapt_emotions, labelled
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.experiments.report_tables import RULE, grid

SIZES = (10, 20, 50)
"""Conversations that are adapted to."""

DRAWS = 20
"""Draws of conversations for each size; the rest of the split is measured."""

COVERAGE = 0.9
"""Coverage of the sets that are measured."""

MEASURED = {
    "ece": ("ECE", 1),
    "ece_if_perfect": ("ECE if confidence were exactly right", 1),
    "coverage_by_conversation": ("coverage of 90% sets, by conversation", 1),
    "mean_set_size": ("set size", 1),
    "negative_log_likelihood": ("negative log-likelihood", 2),
    "weighted_f1": ("weighted F1", 1),
}
"""Names and digits of what is measured, by key."""

Row = dict[str, Any]


def adapting_curve(emotion: EmotionCalibration, reading: Reading) -> list[Row]:
    """Means and deviations over draws of what an adapted calibration is worth on the rest of a split.

    Every draw is fitted to some of the conversations that have a label and measured on the others; the first
    row is of the calibration as it came. Percent, but for counts, set sizes and nats.

    Args:
        emotion: a calibration to which the split is unknown.
        reading: of the split, under the views of its mixture.
    """
    known = reading.rows(reading.gold != UNLABELLED)
    _, conversation = np.unique(known.conversation, return_inverse=True)
    known = replace(known, conversation=conversation)
    count = int(conversation.max()) + 1
    generator = np.random.default_rng(0)
    rows: list[Row] = [{"conversations": 0, "draws": 1, **_summary([_measure(emotion, known)])}]
    for size in (size for size in SIZES if size < count):
        found = []
        for _ in range(DRAWS):
            drawn = np.isin(conversation, generator.permutation(count)[:size])
            taken = known.rows(drawn)
            shares = np.eye(len(known.classes))[taken.gold]
            adapted = adapt_emotions(emotion, labelled(taken.logits, shares, taken.conversation))
            found.append(_measure(adapted, known.rows(~drawn)))
        rows.append({"conversations": size, "draws": DRAWS, **_summary(found)})
    return rows


def _measure(emotion: EmotionCalibration, rows: Reading) -> dict[str, float]:
    probabilities = emotion.apply(rows.logits, rows.conversation)
    decided = emotion.decide(probabilities)
    confidence, correct = metrics.top_label(probabilities, rows.gold, decided)
    sets = emotion.sets.sets(probabilities, COVERAGE)
    chance = np.random.default_rng(0)
    perfect = [
        metrics.expected_calibration_error(confidence, chance.random(len(confidence)) < confidence)
        for _ in range(DRAWS)
    ]
    covered = metrics.coverage_per_conversation(sets, rows.gold, rows.conversation)
    return {
        "ece": 100 * metrics.expected_calibration_error(confidence, correct),
        "ece_if_perfect": 100 * float(np.mean(perfect)),
        "coverage_by_conversation": 100 * float(np.mean(covered)),
        "mean_set_size": metrics.mean_set_size(sets),
        "negative_log_likelihood": metrics.negative_log_likelihood(probabilities, rows.gold),
        "weighted_f1": 100 * metrics.weighted_f1(rows.gold, decided, len(rows.classes)),
    }


def _summary(found: Sequence[dict[str, float]]) -> Row:
    return {
        key: {
            "mean": float(np.mean([one[key] for one in found])),
            "deviation": float(np.std([one[key] for one in found], ddof=1)) if len(found) > 1 else None,
        }
        for key in MEASURED
    }


def adapting_table(project: str, rows: Sequence[Row]) -> list[str]:
    """The curve as lines of Markdown."""
    table = [
        (
            f"{row['conversations']:,}" if row["conversations"] else "none",
            *(_figure(row[key], digits) for key, (_, digits) in MEASURED.items()),
        )
        for row in rows
    ]
    says = (
        f"What labelled conversations of {project}, which was left out, bring by `heartsay adapt`: fitted to "
        f"some, measured on the rest of the split, mean ± standard deviation over {DRAWS} draws. So few "
        "utterances show a calibration error even where confidence is exactly right; the third column says "
        "how much."
    )
    return [says, "", *grid(("conversations", *(name for name, _ in MEASURED.values())), table, RULE)]


def _figure(value: Row, digits: int) -> str:
    mean, deviation = value["mean"], value["deviation"]
    return f"{mean:.{digits}f}" + ("" if deviation is None else f" ± {deviation:.{digits}f}")
