"""Made-up readings and results, for what is fitted, counted and written down from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from heartsay.evidence.reading import PairTable, Reading
from heartsay.experiments.release.tables import LINES
from heartsay.labels import EMOTIONS

TURNS, TALKS = 6, 200


def made_up(
    logits: dict[str, np.ndarray],
    gold: Sequence[int] | np.ndarray,
    conversation: Sequence[int] | np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None,
    gold_pairs: int = 0,
) -> Reading:
    """A Reading of utterances in order, from columns.

    Args:
        logits: (N, 7) by view.
        gold: (N,).
        conversation: (N,), rising from 0.
        pairs: conversation, emotion, cause, log-odds and whether gold, each (P,).
        gold_pairs: how many are annotated.
    """
    of = np.array(conversation)
    starts = np.searchsorted(of, np.arange(of.max() + 1))
    table = None
    if pairs is not None:
        talk, felt, cause, log_odds, is_gold = pairs
        row = starts[talk] + felt
        table = PairTable(talk, felt, cause, {"full": log_odds}, is_gold, gold_pairs, row=row)
    return Reading(
        conversations=tuple(map(str, range(len(starts)))),
        classes=EMOTIONS.names,
        conversation=of,
        position=np.arange(len(of)) - starts[of],
        logits=logits,
        gold=np.array(gold),
        utterance=np.arange(len(of)).astype(np.str_),
        speaker=np.zeros(len(of), np.int64),
        split=np.full(len(of), "", np.str_),
        pairs=table,
    )


def simulated(seed: int) -> Reading:
    """A Reading of a model that is twice as sure as it may be, of emotions and of pairs."""
    draw = np.random.default_rng(seed)
    honest = draw.normal(size=(TALKS * TURNS, 7)) * 2.5
    chance = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    talk, felt, cause = (a.ravel() for a in np.indices((TALKS, TURNS, TURNS)))
    pair_honest = draw.normal(size=len(talk)) * 1.5 - 2 * (cause > felt) - 1
    gold = draw.random(len(talk)) < 1 / (1 + np.exp(-pair_honest))
    emotion = np.array([draw.choice(7, p=p) for p in chance])
    removed = {
        view: 2 * honest + draw.normal(size=honest.shape) * noise
        for view, noise in (("own_context", 1.0), ("other_context", 2.0))
    }
    return made_up(
        {"full": 2 * honest, **removed},
        emotion,
        np.repeat(np.arange(TALKS), TURNS),
        (talk, felt, cause, 2 * pair_honest, gold),
        int(gold.sum()),
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
        "system": "default",
        "protocol": "made up for a test",
        "storage": "int8",
        "chosen": "average",
        "floors": {
            "meld/test": {"weighted_f1": {"always neutral": 31.27}},
            "ecf/test": {"pair_f1": {"every utterance with itself": 43.07}},
        },
        "rows": rows,
    }
