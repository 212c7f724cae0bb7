"""How clearly a true cause outscores its rivals, whatever the threshold at which pairs are shown.

A row holds the candidate causes of one utterance. The gap of a gold pair is its score less that of the
strongest candidate of its row that is not gold; other gold causes are no rivals. Gold pairs whose row has no
rival have no gap, and gold pairs that are no candidates (future causes) do not come in here at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import (
    FloatArray,
    IntArray,
    finite,
    flags,
    group_numbers,
    same_length,
    unit_interval,
)

MARGIN = 0.2
"""Margin in probability that violations are counted at, whatever a model was trained with."""


class PairGaps(NamedTuple):
    """The gap of every gold pair that has one.

    Attributes:
        gap: (G,) in the unit of the score; positive where the true cause wins.
        candidate: (G,) index of the gold pair among the candidates, e.g. to resample by conversation.
    """

    gap: FloatArray
    candidate: IntArray


class MarginViolation(NamedTuple):
    """How often and by how much gaps fall short of a margin; all are better lower, NaN without gaps.

    Attributes:
        rate: share of gaps below the margin, in [0, 1].
        severity: mean shortfall over all gaps, 0 where the margin is kept.
        severity_of_violations: mean shortfall of those that fall short; 0 where none does.
    """

    rate: float
    severity: float
    severity_of_violations: float


class PairRanking(NamedTuple):
    """Ranking of pairs within rows.

    Attributes:
        gold_pairs: how many have a gap.
        mean_gap: in probability, in [-1, 1], higher is better.
        median_gap: the same, of the middle gold pair.
        mean_log_odds_gap: in log-odds, which do not saturate.
        median_log_odds_gap: the same, of the middle gold pair.
        at_margin: shortfalls against `MARGIN`.
        at_zero: shortfalls against a margin of 0, plain errors of ranking; a tie is none.
        hit_at_1: see `hit_at_1`.
    """

    gold_pairs: int
    mean_gap: float
    median_gap: float
    mean_log_odds_gap: float
    median_log_odds_gap: float
    at_margin: MarginViolation
    at_zero: MarginViolation
    hit_at_1: float


def row_numbers(conversation: npt.ArrayLike, emotion: npt.ArrayLike) -> IntArray:
    """Number the rows of candidate pairs, (P,): one per utterance with candidates.

    Args:
        conversation: id of each candidate's conversation, (P,).
        emotion: index of the utterance that bears the emotion, (P,), 0 or more.

    Raises:
        ValueError: not ids, a negative index, or other lengths.
    """
    group = group_numbers(conversation)
    index = np.asarray(emotion)
    if index.ndim != 1 or index.dtype.kind not in "iu" or index.size == 0 or index.min() < 0:
        raise ValueError("emotion must be a non-empty vector of utterance indices, 0 or more")
    same_length(conversation=group, emotion=index)
    return group_numbers(group * (int(index.max()) + 1) + index, "row")


def pair_gaps(score: npt.ArrayLike, label: npt.ArrayLike, row: npt.ArrayLike) -> PairGaps:
    """Gap between each gold pair and the strongest rival of its row.

    Args:
        score: (P,) any finite numbers, one per candidate pair.
        label: (P,) bool, whether the candidate is gold.
        row: (P,) ids, see `row_numbers`.

    Raises:
        ValueError: other lengths, NaN scores, flags that are not flags.
    """
    values, gold, number = _checked(score, label, row)
    rival = _strongest(values, ~gold, number)[number]
    candidate = np.flatnonzero(gold & np.isfinite(rival))
    return PairGaps(values[candidate] - rival[candidate], candidate.astype(np.int64))


def hit_at_1(score: npt.ArrayLike, label: npt.ArrayLike, row: npt.ArrayLike) -> float:
    """Share of rows with gold and rivals whose strongest candidate is gold; in [0, 1], higher is better.

    A tie with a rival is no hit. NaN where no row has both.

    Raises:
        ValueError: as `pair_gaps`.
    """
    values, gold, number = _checked(score, label, row)
    best, rival = _strongest(values, gold, number), _strongest(values, ~gold, number)
    both = np.isfinite(best) & np.isfinite(rival)
    return float((best > rival)[both].mean()) if both.any() else float("nan")


def margin_violation(gaps: npt.ArrayLike, margin: float) -> MarginViolation:
    """Shortfalls of gaps against a margin in their unit.

    Args:
        gaps: (G,), see `pair_gaps`; may be empty.
        margin: 0 or more.

    Raises:
        ValueError: NaN gaps or a negative margin.
    """
    if not margin >= 0.0:
        raise ValueError(f"a margin must be 0 or more, not {margin}")
    if np.size(gaps) == 0:
        return MarginViolation(float("nan"), float("nan"), float("nan"))
    short = margin - finite(gaps, "gaps", dimensions=1)
    below = short > 0.0
    return MarginViolation(
        rate=float(below.mean()),
        severity=float(np.where(below, short, 0.0).mean()),
        severity_of_violations=float(short[below].mean()) if below.any() else 0.0,
    )


def pair_ranking(
    probability: npt.ArrayLike, log_odds: npt.ArrayLike, label: npt.ArrayLike, row: npt.ArrayLike
) -> PairRanking:
    """Everything this file measures, of the candidates of a split.

    Args:
        probability: (P,) in [0, 1].
        log_odds: (P,) finite; of the same pairs.
        label: (P,) bool.
        row: (P,) ids, see `row_numbers`.

    Raises:
        ValueError: probability outside [0, 1], or other lengths.
    """
    p = unit_interval(probability, "probability")
    gaps, odds = pair_gaps(p, label, row).gap, pair_gaps(log_odds, label, row).gap
    same_length(probability=p, log_odds=np.asarray(log_odds))
    known = len(gaps) > 0
    return PairRanking(
        gold_pairs=len(gaps),
        mean_gap=float(gaps.mean()) if known else float("nan"),
        median_gap=float(np.median(gaps)) if known else float("nan"),
        mean_log_odds_gap=float(odds.mean()) if known else float("nan"),
        median_log_odds_gap=float(np.median(odds)) if known else float("nan"),
        at_margin=margin_violation(gaps, MARGIN),
        at_zero=margin_violation(gaps, 0.0),
        hit_at_1=hit_at_1(p, label, row),
    )


def _checked(
    score: npt.ArrayLike, label: npt.ArrayLike, row: npt.ArrayLike
) -> tuple[FloatArray, npt.NDArray[np.bool_], IntArray]:
    values, gold, number = finite(score, "score", dimensions=1), flags(label, "label"), group_numbers(row)
    same_length(score=values, label=gold, row=number)
    return values, gold, number


def _strongest(values: FloatArray, among: npt.NDArray[np.bool_], row: IntArray) -> FloatArray:
    """Highest score of each row among the marked candidates, (R,); -inf where none is marked."""
    best = np.full(int(row.max()) + 1, -np.inf)
    np.maximum.at(best, row[among], values[among])
    return best
