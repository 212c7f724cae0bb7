"""Whether a difference is more than luck: the paired bootstrap over conversations.

Conversations are drawn with replacement, because utterances of one conversation are not independent; both
systems are scored on the same draw (Koehn 2004, "Statistical Significance Tests for Machine Translation
Evaluation"). A metric that is a function of sums, as F1 of its counts, takes the fast road: one row of
statistics per conversation, so that ten thousand draws are a matrix product. Any other metric (AURC, say)
takes the slow one, over indices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from undertone.metrics.checks import FloatArray, IntArray, finite, group_numbers

CHUNK = 500
"""Draws held in memory together."""


class BootstrapDifference(NamedTuple):
    """First system minus second.

    Attributes:
        difference: on the data as they are, in the metric's unit.
        low: lower end of the percentile interval.
        high: upper end of the percentile interval.
        p_value: two-sided, in (0, 1]: twice the share of draws in which the sign is not that of the
            difference, the data as they are counted as one more draw, so never 0.
    """

    difference: float
    low: float
    high: float
    p_value: float


def paired_bootstrap(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    metric: Callable[[FloatArray], FloatArray],
    *,
    draws: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> BootstrapDifference:
    """Compare two systems by a metric of summed statistics.

    Args:
        first: (K, ...) statistics of each conversation under the first system, e.g. its confusion matrix.
        second: the same under the second system, conversations in the same order.
        metric: maps sums (R, ...) to scores (R,), e.g. `weighted_f1_from_confusion` or `f1_from_counts`.
        draws: resamples.
        level: of the interval, in (0, 1).
        seed: of the resampling; the same seed gives the same result.

    Raises:
        ValueError: fewer than two conversations, shapes that differ, NaN, or a setting out of range.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim < 1:
        raise ValueError(f"both systems need statistics of one shape, not {a.shape} and {b.shape}")
    both = finite(np.stack([a, b]).reshape(2, len(a), -1), "statistics", dimensions=3)
    conversations, shape = len(a), a.shape[1:]

    def score(counts: FloatArray) -> FloatArray:
        """Difference of scores (R,) when conversation k is counted counts[:, k] times: (R, K)."""
        one, two = (np.asarray(metric((counts @ s).reshape(-1, *shape))) for s in both)
        return np.asarray(one - two, dtype=np.float64)

    observed = float(score(np.ones((1, conversations)))[0])
    sampled = [score(chunk.astype(np.float64)) for chunk in _counts(conversations, draws, seed)]
    return _summary(observed, np.concatenate(sampled), level)


def paired_bootstrap_indices(
    conversation: npt.ArrayLike,
    first: Callable[[IntArray], float],
    second: Callable[[IntArray], float],
    *,
    draws: int = 1_000,
    level: float = 0.95,
    seed: int = 0,
) -> BootstrapDifference:
    """Compare two systems by any metric of a selection of utterances.

    Args:
        conversation: id of each utterance's conversation (N,).
        first: scores the first system on the utterances at the given indices, which may repeat.
        second: the same for the second system.
        draws: resamples; each calls both metrics once.
        level: of the interval, in (0, 1).
        seed: of the resampling; the same seed gives the same result.

    Raises:
        ValueError: fewer than two conversations, or a setting out of range.
    """
    group = group_numbers(conversation)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    everything = np.arange(len(group))
    observed = first(everything) - second(everything)
    sampled = []
    for chunk in _counts(len(members), draws, seed):
        for counts in chunk:
            picked = np.concatenate([members[k] for k in np.repeat(np.arange(len(members)), counts)])
            sampled.append(first(picked) - second(picked))
    return _summary(float(observed), np.array(sampled), level)


def _counts(conversations: int, draws: int, seed: int) -> Iterator[IntArray]:
    """How often each conversation is drawn: chunks of (R, K)."""
    if conversations < 2:
        raise ValueError(f"a bootstrap needs at least two conversations, not {conversations}")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    generator = np.random.default_rng(seed)
    even = np.full(conversations, 1.0 / conversations)
    for start in range(0, draws, CHUNK):
        yield generator.multinomial(conversations, even, size=min(CHUNK, draws - start))


def _summary(observed: float, sampled: FloatArray, level: float) -> BootstrapDifference:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    low, high = np.quantile(sampled, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    # A draw that shows no difference speaks against one whichever its sign.
    against = min(int((sampled <= 0).sum()), int((sampled >= 0).sum()))
    p_value = min(1.0, 2.0 * (against + 1) / (len(sampled) + 1))
    return BootstrapDifference(observed, float(low), float(high), p_value)
