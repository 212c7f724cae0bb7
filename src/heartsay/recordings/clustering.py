"""Which vectors belong together: how many groups by average linkage over cosines, whose by k-means.

Single vectors of a speaker scatter, so that average linkage puts the odd ones apart and all others together:
it is a good count of groups, once small ones are left out, and a bad division. K-means on the sphere (Dhillon
and Modha 2001, "Concept decompositions for large sparse text data using clustering") divides evenly.

Of a long recording, vectors are first put together within blocks and only where they are very much alike, so
that time and memory grow with its length and not with its square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BLOCK = 1000
"""Vectors that are compared with one another at once."""

CLOSE = 0.2
"""How much more alike than groups of one speaker what is put together within a block has to be."""

STARTS, ROUNDS = 12, 30
"""Beginnings of k-means, and the most rounds of each."""


def cluster(vectors: Floats, threshold: float, number: int | None = None, least: int = 1) -> Integers:
    """The group of each vector, numbered in the order of first appearance, (N,).

    Args:
        vectors: of length 1, (N, D).
        threshold: mean cosine between two groups below which they stay apart.
        number: of groups, if known; fewer only where there are fewer vectors.
        least: vectors of a group that counts, where the number is open; all count where none has as many.
    """
    if len(vectors) == 0:
        return np.zeros(0, np.int64)
    linked = _linked(vectors, threshold, number)
    if number is None:
        sizes = np.bincount(linked)
        number = int((sizes >= min(least, sizes.max())).sum())
    return in_order(_k_means(vectors, linked, min(number, len(vectors))))


def _linked(vectors: Floats, threshold: float, number: int | None) -> Integers:
    """Groups of average linkage, (N,)."""
    group = np.arange(len(vectors))
    if len(vectors) > BLOCK:
        tight = min(0.95, threshold + CLOSE)
        for start in range(0, len(vectors), BLOCK):
            part = vectors[start : start + BLOCK]
            group[start : start + BLOCK] = start + _cut(part, np.ones(len(part)), tight, None)
        group = np.unique(group, return_inverse=True)[1]
    means, sizes = _means(vectors, group)
    if len(means) > BLOCK:  # more kinds of voice than can be compared: those within a block, again
        return _linked(means, threshold, number)[group]
    return _cut(means, sizes, threshold, number)[group]


def _k_means(vectors: Floats, linked: Integers, number: int) -> Integers:
    """The best of several divisions by k-means into so many groups, none of them empty if it can be, (N,).

    The first begins at the largest groups of average linkage, the others at vectors that are drawn far apart
    (Arthur and Vassilvitskii 2007, "k-means++"). They are compared on a part of a long recording's vectors.
    """
    random = np.random.default_rng(0)
    some = vectors[:: -(-len(vectors) // (4 * BLOCK))]
    largest = np.argsort(-np.bincount(linked), kind="stable")[:number]
    starts = [centres(vectors, linked)[largest]] if len(largest) == number else []
    starts += [_far_apart(some, number, random) for _ in range(STARTS)]
    found = [_settled(some, start) for start in starts]
    best = max(found, key=lambda middles: float((some @ middles.T).max(1).sum()))
    if len(some) < len(vectors):
        best = _settled(vectors, best)
    return np.asarray((vectors @ best.T).argmax(1), np.int64)


def _far_apart(vectors: Floats, number: int, random: np.random.Generator) -> Floats:
    """Vectors that are drawn one after the other, the likelier the further they are from those before."""
    chosen = vectors[random.integers(len(vectors))][None]
    while len(chosen) < number:
        far = np.maximum(1 - (vectors @ chosen.T).max(1), 1e-9)
        chosen = np.concatenate([chosen, vectors[random.choice(len(vectors), p=far / far.sum())][None]])
    return chosen


def _settled(vectors: Floats, middles: Floats) -> Floats:
    """Directions of groups, from other such directions, once each vector is with its nearest, (G, D)."""
    before: Integers | None = None
    for _ in range(ROUNDS):
        likeness = vectors @ middles.T
        group = likeness.argmax(1)
        if before is not None and np.array_equal(group, before):
            break
        before = group
        sums = np.zeros_like(middles)
        np.add.at(sums, group, vectors)
        empty = np.flatnonzero(np.bincount(group, minlength=len(middles)) == 0)
        sums[empty] = vectors[likeness.max(1).argsort(kind="stable")[: len(empty)]]
        middles = _unit(sums)
    return middles


def in_order(group: Integers) -> Integers:
    """The same groups, numbered in the order in which they first appear."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def centres(vectors: Floats, group: Integers) -> Floats:
    """Direction of each group, of length 1, (G, D)."""
    return _unit(_means(vectors, group)[0])


def _means(vectors: Floats, group: Integers) -> tuple[Floats, Floats]:
    sizes = np.bincount(group).astype(np.float64)
    sums = np.zeros((len(sizes), vectors.shape[1]))
    np.add.at(sums, group, vectors)
    return sums / sizes[:, None], sizes


def _unit(vectors: Floats) -> Floats:
    lengths: Floats = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def _cut(means: Floats, sizes: Floats, threshold: float, number: int | None) -> Integers:
    """Groups of average linkage, (N,): the mean cosine of all pairs of vectors between two groups.

    Args:
        means: of the vectors that each of N items stands for, (N, D), not scaled to length 1.
        sizes: how many these are, (N,).
        threshold: as of `cluster`.
        number: as of `cluster`.
    """
    count = len(means)
    merges = sorted(_chain(means @ means.T, sizes), reverse=True)
    keep = count - number if number is not None else sum(likeness >= threshold for likeness, _, _ in merges)
    parent = np.arange(count)
    for _, a, b in merges[: max(0, keep)]:
        parent[_root(parent, b)] = _root(parent, a)
    return np.unique([_root(parent, k) for k in range(count)], return_inverse=True)[1].reshape(-1)


def _root(parent: Integers, k: int) -> int:
    while parent[k] != k:
        k = int(parent[k])
    return k


def _chain(likeness: Floats, sizes: Floats) -> list[tuple[float, int, int]]:
    """All merges as likeness and a member of either side, by chains of nearest neighbours.

    Murtagh 1983, "A survey of recent advances in hierarchical clustering algorithms": average linkage cannot
    make a merged pair a nearer neighbour than it was, so pairs that are each other's nearest may be merged in
    any order, which takes N^2 steps in all.
    """
    likeness = likeness.copy()
    np.fill_diagonal(likeness, -np.inf)
    sizes = sizes.copy()
    alive = np.ones(len(sizes), np.bool_)
    chain: list[int] = []
    merges: list[tuple[float, int, int]] = []
    while len(merges) < len(sizes) - 1:
        if not chain:
            chain = [int(alive.argmax())]
        a = chain[-1]
        row = likeness[a]
        b = int(row.argmax())
        if len(chain) > 1 and row[chain[-2]] >= row[b]:
            b = chain[-2]
            chain = chain[:-2]
            merges.append((float(row[b]), a, b))
            mixed = (sizes[a] * likeness[a] + sizes[b] * likeness[b]) / (sizes[a] + sizes[b])
            sizes[a] += sizes[b]
            alive[b] = False
            mixed[~alive] = -np.inf
            mixed[a] = -np.inf
            likeness[a], likeness[:, a] = mixed, mixed
            likeness[b], likeness[:, b] = -np.inf, -np.inf
        else:
            chain.append(b)
    return merges
