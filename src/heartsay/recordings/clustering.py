"""Which vectors belong together, and how many groups there are.

K-means on the sphere (Dhillon and Modha 2001, "Concept decompositions for large sparse text data using
clustering"): average linkage puts single odd vectors apart and everything else together. There are as many
groups as can be told apart: vectors have to be nearer to those of their own group than to any other group's,
and what was said within seconds does not count, since windows that overlap are alike whoever speaks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Vectors = NDArray[np.float32] | NDArray[np.float64]

MOST = 12
"""Groups that are looked for at most, where their number is open."""

COMPARED = 1000
"""Vectors of a long recording, evenly spread, by which groups are chosen and counted."""

APART = 3.0
"""Seconds from which on likeness of two vectors says something about who speaks."""

STARTS, ROUNDS = 20, 30
"""Beginnings of k-means, and the most rounds of each."""


def cluster(vectors: Vectors, times: Floats, threshold: float, number: int | None = None) -> Integers:
    """The group of each vector, numbered in the order of first appearance, (N,).

    Args:
        vectors: of length 1, (N, D).
        times: of their middles, in seconds, (N,).
        threshold: by how much more alike, in mean cosine, each group has to be to itself than to any other,
            where the number is open.
        number: of groups, if known; fewer only where there are fewer vectors.
    """
    if len(vectors) == 0:
        return np.zeros(0, np.int64)
    some, when = _compared(vectors, times)
    divisions = _divisions(some, MOST if number is None else number)
    chosen = len(divisions) if number is not None else told_apart(_leads(some, when, divisions), threshold)
    best = divisions[chosen - 1]
    if len(some) < len(vectors):
        best = _settled(vectors, best)
    return in_order((vectors @ best.T.astype(vectors.dtype)).argmax(1))


def leads(vectors: Vectors, times: Floats) -> list[float]:
    """By how much the groups of a division into 1, 2 and up to `MOST` are each more alike to themselves.

    Arguments as of `cluster`, which finds `told_apart(leads(...), threshold)` groups. Of each division it is
    the lead of the group that leads least; one group alone has an endless one.
    """
    some, when = _compared(vectors, times)
    return _leads(some, when, _divisions(some, MOST))


def told_apart(leads: Sequence[float], threshold: float) -> int:
    """The largest number of groups each of which leads by the threshold."""
    return max(count for count, lead in enumerate(leads, 1) if count == 1 or lead >= threshold)


def in_order(group: Integers) -> Integers:
    """The same groups, numbered in the order in which they first appear."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def centres(vectors: Vectors, group: Integers) -> Floats:
    """Direction of each group, of length 1, (G, D)."""
    return _unit(_sums(vectors, group, int(group.max()) + 1))


def _sums(vectors: Vectors, group: Integers, count: int) -> Floats:
    sums = np.zeros((count, vectors.shape[1]))
    np.add.at(sums, group, vectors)
    return sums


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _compared(vectors: Vectors, times: Floats) -> tuple[Floats, Floats]:
    step = -(-len(vectors) // COMPARED)
    return vectors[::step].astype(np.float64), times[::step]


def _divisions(vectors: Floats, most: int) -> list[Floats]:
    """The directions of 1, 2 and up to so many groups."""
    found = [_settled(vectors, vectors[:1])]
    random = np.random.default_rng(0)
    for count in range(2, min(most, len(vectors)) + 1):
        found.append(_k_means(vectors, count, found[-1], random))
    return found


def _leads(vectors: Floats, times: Floats, divisions: Sequence[Floats]) -> list[float]:
    far = np.abs(times[:, None] - times) >= APART
    likeness = (vectors @ vectors.T) * far
    groups = [(vectors @ directions.T).argmax(1) for directions in divisions]
    return [_least_lead(likeness, far, group, count) for count, group in enumerate(groups, 1)]


def _least_lead(likeness: Floats, far: NDArray[np.bool_], group: Integers, count: int) -> float:
    """By how much the group that leads least is more alike to itself than its vectors are to any other.

    A vector that nothing else of its own group is far from is as like to it as to a stranger, 0.

    Args:
        likeness: cosines of vectors that are far from each other in time, (N, N), 0 elsewhere.
        far: which are, (N, N).
        group: of each vector, (N,).
        count: of groups.
    """
    if count == 1:
        return np.inf
    members = np.eye(count)[group]  # (N, G)
    others = far.astype(np.float64) @ members
    mean = np.where(others > 0, likeness @ members / np.maximum(others, 1), 0.0)
    rows = np.arange(len(group))
    own = mean[rows, group]
    mean[rows, group] = -np.inf
    lead = own - mean.max(1)
    return min(float(lead[group == k].mean()) if (group == k).any() else -np.inf for k in range(count))


def _k_means(vectors: Floats, count: int, fewer: Floats, random: np.random.Generator) -> Floats:
    """The directions of the best of several divisions into so many groups, (G, D).

    One begins at the best with a group fewer and the vector that is furthest from it, the others at vectors
    that are drawn far apart (Arthur and Vassilvitskii 2007, "k-means++").
    """
    furthest = vectors[(vectors @ fewer.T).max(1).argmin()]
    starts = [np.concatenate([fewer, furthest[None]])]
    starts += [_far_apart(vectors, count, random) for _ in range(STARTS)]
    return max((_settled(vectors, s) for s in starts), key=lambda m: float((vectors @ m.T).max(1).sum()))


def _far_apart(vectors: Floats, count: int, random: np.random.Generator) -> Floats:
    """Vectors that are drawn one after the other, the likelier the further they are from those before."""
    chosen: Floats = vectors[random.integers(len(vectors))][None]
    while len(chosen) < count:
        distance = np.maximum(1 - (vectors @ chosen.T).max(1), 1e-9)
        next_one = random.choice(len(vectors), p=distance / distance.sum())
        chosen = np.concatenate([chosen, vectors[next_one][None]])
    return chosen


def _settled(vectors: Vectors, middles: Floats) -> Floats:
    """Directions of groups, from other such directions, once each vector is with its nearest, (G, D)."""
    before: Integers | None = None
    for _ in range(ROUNDS):
        likeness = vectors @ middles.T.astype(vectors.dtype)  # as exact as they are, without a copy of all
        group = likeness.argmax(1)
        if before is not None and np.array_equal(group, before):
            break
        before = group
        sums = _sums(vectors, group, len(middles))
        empty = np.flatnonzero(np.bincount(group, minlength=len(middles)) == 0)
        sums[empty] = vectors[likeness.max(1).argsort(kind="stable")[: len(empty)]]
        middles = _unit(sums)
    return middles
