"""Who contributes how much to a reading: exact Shapley values over modalities and contexts.

A player is a piece of evidence (text, voice, face, own context, other context), a coalition is what is left
of it, and its value is what the model says then, usually the probability of one class. Five players make 32
readings, so nothing has to be sampled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, finite

MOST_PLAYERS = 5
"""More players than this double the readings needed each time."""


def coalitions(players: Sequence[str]) -> tuple[frozenset[str], ...]:
    """All 2^P coalitions of P players, from none to all; player p is in the coalitions whose bit p is set.

    Raises:
        ValueError: no players, more than `MOST_PLAYERS`, or one named twice.
    """
    if not 1 <= len(players) <= MOST_PLAYERS or len(set(players)) < len(players):
        raise ValueError(f"between 1 and {MOST_PLAYERS} different players are needed, not {list(players)}")
    masks = range(2 ** len(players))
    return tuple(frozenset(name for p, name in enumerate(players) if mask >> p & 1) for mask in masks)


def shapley_values(players: Sequence[str], values: Mapping[frozenset[str], npt.ArrayLike]) -> FloatArray:
    """What each player contributes to each utterance's value, exactly: (P, N), in the unit of the values.

    The mean, over all orders in which players may join, of what the value rises by when this one joins:
    Shapley 1953, "A Value for n-Person Games"; Parcalabescu and Frank 2023, "MM-SHAP", equation 1. A player's
    column sums with the others' to the value of all less the value of none.

    Args:
        players: names, in the order of the result.
        values: for each coalition of `coalitions(players)`, its value for every utterance, (N,).

    Raises:
        ValueError: players as `coalitions` refuses them, a coalition that is missing or none of them,
            values that are not finite or of one length.
    """
    table = coalitions(players)
    if set(values) != set(table):
        missing = sorted(" + ".join(sorted(c)) or "nobody" for c in set(table) - set(values))
        raise ValueError(
            f"values are needed for exactly the {len(table)} coalitions of {', '.join(players)};"
            f" missing: {', '.join(missing) or 'none, but there are others'}"
        )
    rows = [
        finite(values[c], f"the value of {' + '.join(sorted(c)) or 'nobody'}", dimensions=1) for c in table
    ]
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"values must be of one length, not {sorted({len(row) for row in rows})}")
    return np.asarray(_weights(len(players)) @ np.stack(rows))


def contribution_shares(contributions: npt.ArrayLike) -> FloatArray:
    """Each player's share of all that moved an utterance's value, (P, N) in [0, 1], from (P, N).

    Absolute values, so that a player who speaks against the reading counts as contributing: Parcalabescu and
    Frank 2023, "MM-SHAP", equations 2 and 3, with a player for each modality and context. An utterance that
    nothing moves has no shares: NaN. A corpus's shares are the mean over utterances (`numpy.nanmean`).

    Raises:
        ValueError: not a finite (P, N) array.
    """
    size = np.abs(finite(contributions, "contributions", dimensions=2))
    total = size.sum(axis=0)
    return np.asarray(size / np.where(total > 0.0, total, np.nan))


def _weights(players: int) -> FloatArray:
    """What the value of each coalition adds to each player's contribution: (P, 2^P)."""
    # Share of all orders in which a given player joins right after a given set of k others.
    share = [
        math.factorial(k) * math.factorial(players - 1 - k) / math.factorial(players) for k in range(players)
    ]
    weights = np.zeros((players, 2**players))
    for mask in range(2**players):
        size = mask.bit_count()
        for player in range(players):
            weights[player, mask] = share[size - 1] if mask >> player & 1 else -share[size]
    return weights
