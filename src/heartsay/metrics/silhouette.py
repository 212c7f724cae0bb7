"""How well vectors of one class keep together and away from the others: the silhouette.

Rousseeuw 1987, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, finite, group_numbers, same_length

BLOCK = 512
"""Rows of the distance matrix held in memory together."""


def silhouette_samples(vectors: npt.ArrayLike, labels: npt.ArrayLike) -> FloatArray:
    """Silhouette of each vector, (N,) in [-1, 1], higher is better.

    (b - a) / max(a, b), with a the mean Euclidean distance to the others of its class and b that to the
    nearest other class (Rousseeuw 1987, section 2). A vector alone in its class gets 0, and so does one at
    no distance from anything.

    Args:
        vectors: (N, D).
        labels: class of each, whole numbers or text, (N,).

    Returns:
        The silhouettes, all NaN where there is one class only.

    Raises:
        ValueError: vectors that are not finite (N, D), or labels of another length.
    """
    points = finite(vectors, "vectors", dimensions=2)
    group = group_numbers(labels, "labels")
    same_length(vectors=points, labels=group)
    count = np.bincount(group)
    if len(count) < 2:
        return np.full(len(points), np.nan)
    points = points - points.mean(axis=0)  # squared norms stay small, so their difference stays exact
    square = (points**2).sum(axis=1)
    member = np.eye(len(count))[group]  # (N, K)
    result = np.empty(len(points))
    for start in range(0, len(points), BLOCK):
        rows = slice(start, start + BLOCK)
        here = np.arange(len(points))[rows]
        squared = square[rows, None] + square - 2.0 * points[rows] @ points.T  # (block, N)
        squared[np.arange(len(here)), here] = 0.0
        sums = np.sqrt(np.maximum(squared, 0.0)) @ member  # (block, K)
        own = group[rows]
        within = sums[np.arange(len(here)), own] / np.maximum(count[own] - 1, 1)
        means = sums / count
        means[np.arange(len(here)), own] = np.inf
        between = means.min(axis=1)
        larger = np.maximum(within, between)
        result[rows] = np.where(
            (count[own] > 1) & (larger > 0.0), (between - within) / np.maximum(larger, 1e-300), 0.0
        )
    return result


def silhouette_score(vectors: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Mean silhouette over all vectors, in [-1, 1], higher is better; NaN where there is one class only.

    Arguments and errors as `silhouette_samples`.
    """
    return float(silhouette_samples(vectors, labels).mean())
