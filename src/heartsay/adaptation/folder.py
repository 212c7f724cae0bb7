"""The folder of an adaptation: written whole, with nothing of the talk in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heartsay.adaptation.fitting import Adapted, Outcome, scores
from heartsay.adaptation.words import factors, fitted_parts, gain, perfect_ece
from heartsay.atomic import atomic_folder
from heartsay.calibration import Calibration
from heartsay.card import Card, Reliability
from heartsay.errors import InputError
from heartsay.pipeline.diagrams import reliability, risk_coverage
from heartsay.report.adaptation import render_adaptation
from heartsay.runtime import Bundle
from heartsay.runtime.adaptation import NAME, Adaptation, is_adaptation
from heartsay.runtime.shipped import model_name

PAGE = "reliability.html"
FILES = (NAME, "calibration.json", "card.json", PAGE)
BINS = 10

OWN = "your own conversations, each left out in turn"
"""What the diagrams say that they were measured on."""


def check_out(folder: Path, replace: bool) -> None:
    """Refuse a folder that holds something else, or an adaptation that is not to be replaced.

    Raises:
        InputError: it does.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        found, do = "a file", "name a folder"
    elif is_adaptation(folder) and not replace:
        found = "one that holds an adaptation already"
        do = "name another folder, or add --replace to put the new one in its place"
    elif others := sorted(path.name for path in folder.iterdir() if path.name not in FILES):
        found, do = f"one that holds {others[0]!r}", "name another folder"
    else:
        return
    raise InputError(expected="a new or empty folder", found=found, where=str(folder), do=do)


def facts_of(found: Adapted) -> dict[str, Any]:
    """What an adaptation was fitted on and what was measured of it, for programs."""
    shipped, fitted = fitted_parts(found)
    mean, error = gain(found.before, found.after)
    return {
        "fitted_on": {
            "conversations": found.conversations,
            "utterances": found.utterances,
            "labels": {name: round(count, 2) for name, count in found.counts.items()},
        },
        "temperature": {"before": shipped.mixture.temperature, "after": fitted.mixture.temperature},
        "weight_by_emotion": factors(found),
        "cause_threshold": None if found.causes is None else found.causes._asdict(),
        "cross_validated": {
            "before": scores(found.before),
            "after": scores(found.after),
            "ece_of_perfect_confidence": perfect_ece(found.after),
            "gain_in_likelihood": {"mean": mean, "standard_error": error},
        },
        "notes": list(found.notes),
    }


def write_adaptation(
    folder: Path,
    model: Bundle,
    calibration: Calibration,
    facts: dict[str, Any],
    card: Card | None,
    page: str | None,
) -> Adaptation:
    """Write the folder of an adaptation; what lay there of another one is replaced whole.

    Raises:
        HeartsayError: it cannot be written.
    """
    text = json.dumps(calibration.to_dict(), indent=1) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    stated = Adaptation(model_name(model.folder), model.stamp, digest, facts)
    with atomic_folder(folder) as beside:
        (beside / "calibration.json").write_text(text, "utf-8")
        (beside / NAME).write_text(json.dumps(stated.to_dict(), indent=1) + "\n", "utf-8")
        if card is not None:
            version = model.adapted(folder, calibration, digest).stamp.version
            card.model_copy(update={"version": version}).dump(beside / "card.json")
        if page is not None:
            (beside / PAGE).write_text(page, "utf-8")
    return stated


def adapted_card(card: Card | None, found: Adapted) -> Card | None:
    """The model's card, with its reliability on the talk that it was adapted to."""
    if card is None:
        return None
    sure, right = found.after.told()
    measured = {name: value for name, value in scores(found.after).items() if value is not None}
    return card.model_copy(
        update={
            "description": f"{card.description} Adapted to {found.conversations:,} labelled conversations.",
            "metrics": {**card.metrics, OWN: {**measured, "n": float(found.utterances)}},
            "emotion_reliability": diagram(found.after),
            "feeling_reliability": None,
            "risk_coverage": risk_coverage(sure, right, OWN),
            "limits": [
                *card.limits,
                f"Its confidence in emotions was fitted to {found.conversations:,} conversations of"
                " somebody's own, and is meant for talk like those. Its sets are an estimate and no"
                " guarantee. All other figures are of the model as it came.",
            ],
        }
    )


def guessed_card(card: Card | None, conversations: int) -> Card | None:
    """The model's card, which says that its class prior is a guess."""
    if card is None:
        return None
    limit = (
        f"How common it takes each emotion to be is a guess from {conversations:,} conversations without"
        " labels, and may be wrong. All figures are of the model as it came."
    )
    return card.model_copy(update={"limits": [*card.limits, limit]})


def diagram(found: Outcome) -> Reliability:
    """The reliability diagram of an outcome."""
    sure, right = found.told()
    rows = len(sure) // len(np.unique(found.utterance))
    return reliability(np.asarray(sure), right, OWN, BINS, rows)


def page_of(found: Adapted, model: Bundle, lines: Sequence[str]) -> str:
    """The page that shows before and after."""
    title = f"{model.stamp.name} {model.stamp.version}, before and after"
    return render_adaptation(title, lines, diagram(found.before), diagram(found.after))
