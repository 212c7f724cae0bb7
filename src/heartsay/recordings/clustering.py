"""Which vectors belong together: average linkage over cosines, cut where groups are too unlike.

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

ROUNDS = 3
"""Times that vectors are dealt anew to the nearest group."""


def cluster(vectors: Floats, threshold: float, number: int | None = None) -> Integers:
    """The group of each vector, numbered in the order of first appearance, (N,).

    Args:
        vectors: of length 1, (N, D).
        threshold: mean cosine between two groups below which they stay apart.
        number: of groups, if known; fewer only where there are fewer vectors.
    """
    if len(vectors) == 0:
        return np.zeros(0, np.int64)
    group = np.arange(len(vectors))
    if len(vectors) > BLOCK:
        tight = min(0.95, threshold + CLOSE)
        for start in range(0, len(vectors), BLOCK):
            part = vectors[start : start + BLOCK]
            group[start : start + BLOCK] = start + _cut(part, np.ones(len(part)), tight, None)
        group = np.unique(group, return_inverse=True)[1]
    means, sizes = _means(vectors, group)
    if len(means) > BLOCK:  # more kinds of voice than can be compared: those within a block, again
        return cluster(means, threshold, number)[group]
    found = _cut(means, sizes, threshold, number)[group]
    for _ in range(ROUNDS):
        centres, _ = _means(vectors, found)
        found = (vectors @ _unit(centres).T).argmax(1)
        found = np.unique(found, return_inverse=True)[1]
    return in_order(found)


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
