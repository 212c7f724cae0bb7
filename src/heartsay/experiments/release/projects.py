"""How far confidence holds on labels of a project that was left out of its calibration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.atomic import write_text
from heartsay.calibration import Calibration, EmotionCalibration
from heartsay.corpora import get, load
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.views import FULL
from heartsay.experiments.release.adapting import adapting_curve, adapting_table
from heartsay.experiments.release.calibrate import fit_calibration
from heartsay.experiments.release.other_projects import (
    HOME,
    OTHERS,
    read_labelled_by,
    read_other_projects,
)
from heartsay.experiments.report_tables import ABSENT, RULE, grid
from heartsay.labels import LabelSpace
from heartsay.pipeline.evaluation import emotion_metrics, labelled_probabilities, read_split
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle

MEASURED = (("meld", "test"), ("emorynlp", "dev"), ("reccon", "dev"))
"""Splits that are measured, home's first; whole, since nothing is fitted or chosen on them."""

ADAPTED_TO = ("emorynlp", "dev")
"""What a calibration that does not know it is adapted to."""

FRONTIER = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6)
"""Slopes at which the price that home pays is shown."""

INTRODUCTION = (
    "Generated from `projects.json`. What confidence is worth on labels of a project that took no part in "
    "training or calibration. Calibrated to home: to MELD's development conversations alone. To all: to "
    "MELD's and ECF's, and to training talk of EmoryNLP and RECCON that nobody holds out. Without a "
    "project: to these less that one. The words of training talk of EmoryNLP and RECCON may have been learnt "
    "from, never their labels, and EmoryNLP labels scenes of the series that MELD and ECF do, so that some "
    "of its lines are in their training parts too. EmoryNLP counts the utterances whose label is among the "
    "five that it shares with the model. ECE is of the label's probability among all seven, in 15 bins of "
    "equal width; in brackets, of the most probable of the shared labels, renormalised over them. Sets are "
    "those of a coverage of 90%. Overconfidence is mean confidence less accuracy. Percentages, but for "
    "set sizes."
)

Row = dict[str, Any]


def measure_projects(folder: Path, report: Report = silent, keep: Path | None = None) -> dict[str, list[Row]]:
    """What an exported model's confidence is worth under calibrations to home alone and to several projects.

    Args:
        folder: of the exported model; its own calibration is not looked at.
        report: progress callback.
        keep: folder in which readings are kept, and looked for first.

    Returns:
        `rows`, one for each calibration and split; `frontier`, one for each slope, project that was left
        out, and split; and `adapted`, one for each number of conversations adapted to. In percent, but for
        counts, slopes and set sizes.

    Raises:
        InputError: a corpus is not there.
        ModelError: this is not the folder of an exported model.
    """
    model = Bundle.load(folder)
    meld, ecf = (read_split(model, corpus, "dev", report, keep)[0] for corpus in HOME)
    others = read_other_projects(model, report, keep=keep)
    readings = {
        (corpus, split): read_labelled_by(model, corpus, load(corpus, split), report, keep)
        for corpus, split in MEASURED
    }
    fitted = {"home": fit_calibration(meld, ecf), "all": fit_calibration(meld, ecf, others)}
    for name in others:
        rest = {other: reading for other, reading in others.items() if other != name}
        fitted[f"without {name}"] = fit_calibration(meld, ecf, rest)
    rows = [
        {"fitted_to": to, "corpus": corpus, "split": split, **_measure(model, corpus, reading, calibration)}
        for to, calibration in fitted.items()
        for (corpus, split), reading in readings.items()
        if to in ("home", "all", f"without {corpus}") or corpus in HOME
    ]
    corpus, _ = ADAPTED_TO
    unknown, reading = fitted.get(f"without {corpus}", fitted["home"]), readings[ADAPTED_TO]
    return {
        "rows": rows,
        "frontier": _frontier(model, fitted, readings),
        "adapted": adapting_curve(unknown.for_reading(reading.modalities, reading.logits), reading),
    }


def _measure(model: Bundle, corpus: str, reading: Reading, calibration: Calibration) -> Row:
    emotion = calibration.for_reading(reading.modalities, reading.logits)
    found = emotion_metrics(reading, calibration)
    probabilities, gold = labelled_probabilities(reading, calibration)
    confidence, correct = _hits(reading, calibration, emotion)
    kept = ("n", "ece", "accuracy", "weighted_f1", "coverage", "mean_set_size", "accepted")
    row: Row = {name: found[name] for name in (*kept, "accepted_accuracy")}
    row["overconfidence"] = 100 * float(confidence.mean() - correct.mean())
    row["ece_shared_labels"] = _shared(get(corpus).labels, model.labels, probabilities, gold)
    row["slope"] = 0.0 if emotion.sureness is None else emotion.sureness.slope
    if emotion.sureness is not None:
        excess = emotion.sureness.excess(reading.logits[FULL.name], reading.conversation)
        unlike = (excess > emotion.sureness.unlike)[reading.gold != UNLABELLED]
        row["unlike"] = 100 * float(unlike.mean())
        at_once = _with_slope(calibration, 0.0)
        hits = {"before": _hits(reading, at_once, emotion), "after": (confidence, correct)}
        for when, (sure, right) in hits.items():
            for where, rows in (("unlike", unlike), ("like", ~unlike)):
                gap = 100 * float(sure[rows].mean() - right[rows].mean()) if rows.any() else None
                row[f"overconfidence_{where}_{when}"] = gap
    return row


def _hits(
    reading: Reading, calibration: Calibration, deciding: EmotionCalibration
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence of the label, and whether it is right."""
    probabilities, gold = labelled_probabilities(reading, calibration)
    return metrics.top_label(probabilities, gold, deciding.decide(probabilities))


def _with_slope(calibration: Calibration, slope: float) -> Calibration:
    emotions = (
        replace(e, sureness=None if e.sureness is None else e.sureness.with_slope(slope))
        for e in calibration.emotions
    )
    return replace(calibration, emotions=tuple(emotions))


def _shared(
    theirs: LabelSpace, ours: LabelSpace, probabilities: NDArray[np.float64], gold: NDArray[np.int64]
) -> float:
    """Calibration error of the most probable among the labels that both have, renormalised."""
    shared = [ours.index(name) for name in theirs.names_in(ours).values()]
    within = np.zeros_like(probabilities)
    within[:, shared] = probabilities[:, shared]
    within /= within.sum(axis=1, keepdims=True)
    return 100 * metrics.expected_calibration_error(*metrics.top_label(within, gold))


def _frontier(
    model: Bundle, fitted: Mapping[str, Calibration], readings: Mapping[tuple[str, str], Reading]
) -> list[Row]:
    """Calibration error of home and of each project that was left out, by slope."""
    rows = []
    for name in OTHERS:
        calibration = fitted.get(f"without {name}")
        if calibration is None or any(emotion.sureness is None for emotion in calibration.emotions):
            continue
        for slope in FRONTIER:
            at = _with_slope(calibration, slope)
            found = {
                corpus: _measure(model, corpus, reading, at)["ece"]
                for (corpus, _), reading in readings.items()
                if corpus in (*HOME, name)
            }
            rows.append({"left_out": name, "slope": slope, "home": found["meld"], "ece": found[name]})
    return rows


def write_projects(
    folders: Mapping[str, Path], results: Path, report: Report = silent, keep: Path | None = None
) -> dict[str, Any]:
    """Measure several exported models and write ``projects.json`` and ``projects.md``.

    Args:
        folders: of the models, by the name that the tables give them.
        results: where to write.
        report: progress callback.
        keep: folder in which readings are kept, and looked for first.

    Raises:
        InputError: a corpus is not there.
        ModelError: one is not the folder of an exported model.
    """
    content = {name: measure_projects(folder, report, keep) for name, folder in folders.items()}
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "projects.json", json.dumps(content, indent=1) + "\n")
    write_text(results / "projects.md", page(content))
    return content


def page(content: Mapping[str, Any]) -> str:
    """The page, in Markdown, of what ``projects.json`` holds."""
    lines = ["# Projects left out", "", INTRODUCTION, ""]
    for name, found in content.items():
        rows, frontier = found["rows"], found["frontier"]
        lines += [f"## {name}", "", *_rows(rows), *_unlike(rows), *_prices(frontier)]
        lines += adapting_table(" ".join(ADAPTED_TO), found["adapted"])
    return "\n".join(lines).rstrip() + "\n"


def _rows(rows: Sequence[Row]) -> list[str]:
    header = (
        *("measured on", "calibrated to", "n", "ECE", "overconfidence", "weighted F1", "coverage"),
        *("set size (of 7)", "accepted", "right among accepted"),
    )
    table = [
        (
            f"{row['corpus']} {row['split']}",
            row["fitted_to"],
            f"{row['n']:,}",
            f"{row['ece']:.1f} ({row['ece_shared_labels']:.1f})",
            f"{row['overconfidence']:+.1f}",
            f"{row['weighted_f1']:.1f}",
            f"{row['coverage']:.1f}",
            f"{row['mean_set_size']:.2f}",
            f"{row['accepted']:.0f}",
            ABSENT if row["accepted_accuracy"] is None else f"{row['accepted_accuracy']:.1f}",
        )
        for row in sorted(rows, key=lambda row: [m[0] for m in MEASURED].index(row["corpus"]))
    ]
    return grid(header, table, RULE)


def _unlike(rows: Sequence[Row]) -> list[str]:
    """What calling talk unlike tells of a project that was left out."""
    header = (
        "measured on",
        "utterances called unlike",
        "there",
        "elsewhere",
        "there, after",
        "elsewhere, after",
    )
    gaps = [f"overconfidence_{where}_{when}" for when in ("before", "after") for where in ("unlike", "like")]
    table = [
        (f"{row['corpus']} {row['split']}", f"{row['unlike']:.0f}", *(_signed(row[gap]) for gap in gaps))
        for row in rows
        if row["fitted_to"] in ("all", f"without {row['corpus']}") and "unlike" in row
        if row["corpus"] in HOME or row["fitted_to"] != "all"
    ]
    says = (
        "Overconfidence in talk that is called unlike and elsewhere, before and after confidence is lowered; "
        "another project than home is left out:"
    )
    return [says, "", *grid(header, table, RULE)] if table else []


def _signed(value: float | None) -> str:
    return ABSENT if value is None else f"{value:+.1f}"


def _prices(frontier: Sequence[Row]) -> list[str]:
    if not frontier:
        return []
    header = ("left out", "slope", "its ECE", "MELD test ECE")
    table = [
        (row["left_out"], f"{row['slope']:.1f}", f"{row['ece']:.1f}", f"{row['home']:.1f}")
        for row in frontier
    ]
    return [
        "What lowering confidence in such talk costs at home, by the slope:",
        "",
        *grid(header, table, RULE),
    ]
