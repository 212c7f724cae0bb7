"""What some labelled conversations of a project that was left out are worth, by how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from heartsay import metrics
from heartsay.calibration import Calibration, EmotionCalibration
from heartsay.calibration.adapting import adapt_emotions, labelled
from heartsay.evidence.reading import Reading
from heartsay.experiments.report_tables import RULE, grid
from heartsay.pipeline.annotators import Labels, gold_labels
from heartsay.pipeline.evaluation import emotion_metrics, labelled_probabilities

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
    labels = gold_labels(reading)
    _, conversation = np.unique(reading.conversation[labels.row], return_inverse=True)
    count = int(conversation.max()) + 1
    generator = np.random.default_rng(0)
    rows: list[Row] = [{"conversations": 0, "draws": 1, **_summary([_measure(emotion, reading, labels)])}]
    for size in (size for size in SIZES if size < count):
        found = []
        for _ in range(DRAWS):
            drawn = np.isin(conversation, generator.permutation(count)[:size])
            taken = reading.rows(labels.row[drawn])
            shares = np.eye(len(reading.classes))[labels.label[drawn]]
            adapted = adapt_emotions(emotion, labelled(taken.logits, shares, conversation[drawn]))
            found.append(_measure(adapted, reading, labels.taken(~drawn)))
        rows.append({"conversations": size, "draws": DRAWS, **_summary(found)})
    return rows


def _measure(emotion: EmotionCalibration, reading: Reading, labels: Labels) -> dict[str, float]:
    calibration = Calibration((emotion,))
    found = emotion_metrics(reading, calibration, COVERAGE, labels)
    probabilities, gold = labelled_probabilities(reading, calibration, labels)
    confidence, _ = metrics.top_label(probabilities, gold, emotion.decide(probabilities))
    found["ece_if_perfect"] = 100 * metrics.perfect_calibration_error(confidence, DRAWS)
    return {key: found[key] for key in MEASURED}


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
