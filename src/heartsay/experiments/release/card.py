"""The card of an exported model, from its rows of results and its readings of the test splits."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from heartsay import metrics
from heartsay.analysis import ModelStamp
from heartsay.calibration import Calibration
from heartsay.card import Card, Floor
from heartsay.evidence.reading import Reading
from heartsay.experiments.release.releases import Release
from heartsay.experiments.report_tables import RULE, Content, Row, grid, section
from heartsay.pipeline.diagrams import reliability, risk_coverage
from heartsay.pipeline.evaluation import (
    labelled_probabilities,
    pair_confidence,
    past_pairs,
)

LIMITS = [
    "It reads words only: it hears no voice and sees no face. Beside words, the 47 voice measures of MELD's"
    " development and test talk added +0.02 points of weighted F1 (95% interval -0.6 to +0.6), so no model"
    " that hears too comes along; on a recording voice and face are read by themselves and move no decision.",
    "It knows English as spoken in one American television comedy of 1994 to 2004, acted from a script.",
    "Its confidence and its sets were fitted to the labels of a few annotation projects. Others label the "
    "same talk otherwise: results/*/projects.md shows how far both are off for a project that was left out, "
    "and `heartsay adapt` fits them to one's own labels.",
    "Fear and disgust are rare in what it learnt from, and it finds them badly.",
    "It learnt what annotators took for the emotion, not what was felt.",
]


def make_card(
    of: Release,
    stamp: ModelStamp,
    calibration: Calibration,
    content: Content,
    seeds: Sequence[int],
    *,
    meld: Reading,
    ecf: Reading,
) -> Card:
    """Put together the card of an exported model.

    Args:
        of: which reader.
        stamp: which model.
        calibration: its calibration.
        content: what ``results.json`` holds; this model is the chosen one.
        seeds: seeds that the deviation is over.
        meld: its readings of MELD's test split.
        ecf: its readings of ECF's test split.
    """
    probabilities, gold = labelled_probabilities(meld, calibration)
    fitted = calibration.for_reading(meld.modalities, meld.logits)
    confidence, correct = metrics.top_label(probabilities, gold, fitted.decide(probabilities))
    neutral = meld.classes.index("neutral")
    feeling = fitted.feeling(probabilities, neutral)
    past, rows, protocol = past_pairs(ecf), content["rows"], content["protocol"]
    places = list(dict.fromkeys((row["corpus"], row["split"]) for row in rows))
    return Card(
        name=stamp.name,
        version=stamp.version,
        description=of.description,
        training_data=of.training_data(),
        metrics={
            f"{row['corpus']}/{row['split']}": _numbers(row)
            for row in rows
            if row["candidate"] == content["chosen"]
        },
        deviation={f"{c}/{s}": _deviation(rows, c, s, seeds) for c, s in places},
        floors=[
            Floor(split=split, metric=metric, name=name, value=value)
            for split, by_metric in content["floors"].items()
            for metric, by_name in by_metric.items()
            for name, value in by_name.items()
        ],
        emotion_reliability=reliability(confidence, correct, "meld/test"),
        feeling_reliability=reliability(feeling, gold != neutral, "meld/test"),
        pair_reliability=reliability(
            pair_confidence(ecf, calibration)[past], ecf.annotated_pairs().gold[past], "ecf/test"
        ),
        risk_coverage=risk_coverage(confidence, correct, "meld/test"),
        limits=LIMITS,
        seeds=list(seeds),
        protocol=f"{protocol[0].upper()}{protocol[1:]}.",
    )


def _numbers(row: Row) -> dict[str, float]:
    numbers = {k: float(v) for k, v in row.items() if isinstance(v, int | float) and k != "seed"}
    return {**numbers, **{f"f1_{label}": value for label, value in row["per_class_f1"].items()}}


def _deviation(rows: Sequence[Row], corpus: str, split: str, seeds: Sequence[int]) -> dict[str, float]:
    runs = [_numbers(r) for r in rows if (r["corpus"], r["split"]) == (corpus, split) and r["seed"] in seeds]
    # What one run leaves undefined has no deviation.
    keys = [key for key in runs[0] if len(runs) > 1 and all(key in run for run in runs)]
    return {key: statistics.stdev(run[key] for run in runs) for key in keys}


def card_text(card: Card) -> str:
    """The card as Markdown, for people."""
    lines = [f"# {card.name} {card.version}", "", card.description, "", "## Made from", ""]
    lines += [f"- {data.name} ({data.licence}): {data.use}." for data in card.training_data]
    lines += [
        "",
        "## Numbers",
        "",
        f"{card.protocol} Percentages, but for counts, sizes and likelihoods; ± is the"
        if card.deviation
        else f"{card.protocol} Percentages, but for counts, likelihoods and correlations.",
    ]
    if card.deviation:
        lines.append(f"standard deviation over seeds {', '.join(map(str, card.seeds))}.")
    lines.append("")
    for place, values in card.metrics.items():
        table = []
        for metric, value in values.items():
            spread = card.deviation.get(place, {}).get(metric)
            floor = [f for f in card.floors if (f.split, f.metric) == (place, metric)]
            floored = "; ".join(f"{f.name} {f.value:.1f}" for f in floor)
            table.append([metric, f"{value:.2f}", "" if spread is None else f"{spread:.2f}", floored])
        lines += section(f"### {place}", "", grid(("metric", "value", "±", "floor"), table, RULE))
    lines += ["## Limits", "", *(f"- {limit}" for limit in card.limits), ""]
    return "\n".join(lines)
