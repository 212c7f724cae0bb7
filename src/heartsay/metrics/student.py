"""Student's t in numpy alone, for intervals and tests that hold where there are few conversations or runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import atan2, cos, pi, sin, sqrt
from statistics import NormalDist, mean, stdev
from typing import NamedTuple

NORMAL = NormalDist()


class MeanDifference(NamedTuple):
    """The mean of paired differences.

    Attributes:
        difference: the mean, in the unit of the differences.
        low: lower end of the interval.
        high: upper end of the interval.
        p_value: two-sided, of no difference; 1 where all differences are 0.
    """

    difference: float
    low: float
    high: float
    p_value: float


def t_tail(t: float, freedom: int) -> float:
    """Probability that Student's t is above `t` (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).

    Args:
        t: any number.
        freedom: degrees of freedom, 1 or more.

    Raises:
        ValueError: fewer than one degree of freedom.
    """
    if freedom < 1:
        raise ValueError(f"degrees of freedom must be 1 or more, not {freedom}")
    angle = atan2(abs(t), sqrt(freedom))
    odd, square = freedom % 2, cos(angle) ** 2
    term = (cos(angle) if freedom > 1 else 0.0) if odd else 1.0
    total = term
    for k in range(2 + odd, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    within = 2.0 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
    above = max(0.0, (1.0 - within) / 2.0)
    return above if t >= 0 else 1.0 - above


def t_quantile(probability: float, freedom: int) -> float:
    """The value that Student's t exceeds with a probability in (0, 1), by halving.

    Raises:
        ValueError: a probability of 0 or 1 or beyond, or fewer than one degree of freedom.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"probability must lie between 0 and 1, not {probability}")
    if probability > 0.5:
        return -t_quantile(1.0 - probability, freedom)
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > probability:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if t_tail(middle, freedom) > probability else (low, middle)
    return high


def paired_t(differences: Sequence[float], level: float = 0.95) -> MeanDifference:
    """Mean, interval and p-value of differences that are independent of each other, such as of seeds.

    Args:
        differences: two or more.
        level: of the interval, in (0, 1).

    Raises:
        ValueError: fewer than two differences, or a level out of range.
    """
    if len(differences) < 2:
        raise ValueError(f"an interval needs two differences or more, not {len(differences)}")
    middle, freedom = mean(differences), len(differences) - 1
    error = stdev(differences) / sqrt(len(differences))
    half = t_quantile((1.0 - level) / 2.0, freedom) * error
    if error == 0.0:
        return MeanDifference(middle, middle, middle, 1.0 if middle == 0.0 else 0.0)
    p_value = min(1.0, 2.0 * t_tail(abs(middle) / error, freedom))
    return MeanDifference(middle, middle - half, middle + half, p_value)


@lru_cache(maxsize=64)
def expanded_tail(tail: float, units: int) -> float:
    """The tail of a percentile bootstrap at which its interval is as wide as Student's t asks for.

    A bootstrap over few units is too narrow twice: its deviation lacks the factor n / (n - 1), and its tails
    are those of the normal distribution (Hesterberg 2015, "What Teachers Should Know about the Bootstrap",
    section 4.4 on expanded percentile intervals).

    Args:
        tail: probability beyond one end that is meant, in (0, 1/2].
        units: how many conversations were drawn from, 2 or more.
    """
    wide = t_quantile(tail, units - 1) * sqrt(units / (units - 1))
    return NORMAL.cdf(-wide)


def meant_tail(tail: float, units: int) -> float:
    """The other way round: what a bootstrap's tail stands for, in (0, 1/2], from one of its own."""
    narrow = -NORMAL.inv_cdf(min(tail, 0.5)) * sqrt((units - 1) / units)
    return t_tail(narrow, units - 1)
