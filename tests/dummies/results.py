"""Made-up readings and results, for what is fitted, counted and written down from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from heartsay.evidence import Readings
from heartsay.experiments.release.tables import LINES
from heartsay.labels import EMOTIONS

TURNS, TALKS = 6, 200


def simulated(seed: int) -> Readings:
    """Readings of a model that is twice as sure as it may be, of emotions and of pairs."""
    draw = np.random.default_rng(seed)
    honest = draw.normal(size=(TALKS * TURNS, 7)) * 2.5
    chance = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    talk, felt, cause = (a.ravel() for a in np.indices((TALKS, TURNS, TURNS)))
    pair_honest = draw.normal(size=len(talk)) * 1.5 - 2 * (cause > felt) - 1
    gold = draw.random(len(talk)) < 1 / (1 + np.exp(-pair_honest))
    return Readings(
        logits=2 * honest,
        emotion=np.array([draw.choice(7, p=p) for p in chance]),
        conversation=np.repeat(np.arange(TALKS), TURNS),
        pair_log_odds=2 * pair_honest,
        pair=gold,
        pair_conversation=talk,
        pair_emotion=felt,
        pair_cause=cause,
        pair_logits=2 * honest[talk * TURNS + felt],
        gold_pairs=int(gold.sum()),
        removed={
            view: 2 * honest + draw.normal(size=honest.shape) * noise
            for view, noise in (("own", 1.0), ("other", 2.0))
        },
    )


CANDIDATES = ("1", "2", "3", "average")


def figure(corpus: str, split: str, metric: str, candidate: str) -> float:
    """A made-up figure that tells where it came from."""
    metrics = [line.metric for line in LINES]
    return (
        10 * (1 + metrics.index(metric))
        + {"meld": 0, "ecf": 5}[corpus]
        + {"dev": 0, "test": 1}[split]
        + CANDIDATES.index(candidate) ** 2 / 10
    )


def _figures(corpus: str, split: str, candidate: str) -> dict[str, Any]:
    """A figure for each line of the table; a point leads into a row within the row."""
    found: dict[str, Any] = {}
    for line in LINES:
        *places, name = line.metric.split(".")
        row = found
        for place in places:
            row = row.setdefault(place, {})
        row[name] = figure(corpus, split, line.metric, candidate)
    return found


def content() -> dict[str, Any]:
    rows = [
        {
            "corpus": corpus,
            "split": split,
            "candidate": candidate,
            "seed": int(candidate) if candidate.isdigit() else None,
            "per_class_f1": {
                name: 60.0 + k + CANDIDATES.index(candidate) / 10 for k, name in enumerate(EMOTIONS)
            },
            **_figures(corpus, split, candidate),
        }
        for candidate in CANDIDATES
        for corpus in ("meld", "ecf")
        for split in ("dev", "test")
    ]
    return {
        "protocol": "made up for a test",
        "chosen": "average",
        "floors": {"meld/test": {"weighted_f1": {"always neutral": 31.27}}},
        "rows": rows,
    }
