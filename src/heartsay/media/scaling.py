"""Grey pictures at another size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def scaled_to(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A grey picture at another size, (side, side), by the mean of the area or by lines between pixels."""
    values = image.astype(np.float64)
    for axis in (0, 1):
        length = values.shape[axis]
        # The integral over pixels, read at the edges of the new ones: exact means where it shrinks.
        sums = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis)], axis)
        edges = np.linspace(0, length, side + 1)
        if side > length:
            centres = (np.arange(side) + 0.5) * length / side - 0.5
            edges = np.stack([centres, centres + 1]).clip(0, length)
            low, high = (_at(sums, edges[k], axis) for k in (0, 1))
            widths = edges[1] - edges[0]
        else:
            read = _at(sums, edges, axis)
            low, high = read.take(range(side), axis), read.take(range(1, side + 1), axis)
            widths = np.diff(edges)
        values = (high - low) / (widths[:, None] if axis == 0 else widths)
    return values.round().clip(0, 255).astype(np.uint8)


def _at(sums: NDArray[np.float64], place: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Values between entries along an axis, on straight lines."""
    before = np.minimum(place.astype(np.int64), sums.shape[axis] - 2)
    share = (place - before)[:, None] if axis == 0 else place - before
    return np.asarray(sums.take(before, axis) * (1 - share) + sums.take(before + 1, axis) * share)
