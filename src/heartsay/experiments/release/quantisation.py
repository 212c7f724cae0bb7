"""Weights as integers: one float scale for each column, 8-bit codes, or 4-bit codes with block multipliers.

A matrix is float scale times int8 code in every case, so that whatever multiplies with it multiplies 8-bit
integers. At 4 bits the code is itself a product: a 4-bit integer times a multiplier from 1 to 15 that a block
of weights shares. That is a scale for each block at the cost of half a byte, where a float would cost four.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

BLOCK = 32
"""Weights of one column that share a multiplier at 4 bits."""

LARGEST_MULTIPLIER = 15
SMALLEST_CODE, LARGEST_CODE = -8, 7


class Eight(NamedTuple):
    """A matrix (K, N) as codes (K, N) from -127 to 127 and a scale for each column (N,)."""

    codes: NDArray[np.int8]
    scale: FloatArray


class Four(NamedTuple):
    """A matrix (K, N) as codes (K, N) from -8 to 7, multipliers (K / BLOCK, N) from 1 to 15, scales (N,)."""

    codes: NDArray[np.int8]
    multiplier: NDArray[np.uint8]
    scale: FloatArray


def eight_bits(weights: FloatArray) -> Eight:
    """Round to the nearest of 255 levels of each column."""
    scale = _positive(np.abs(weights).max(axis=0)) / np.float32(127)
    codes = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return Eight(codes, scale.astype(np.float32))


def four_bits(weights: FloatArray) -> Four:
    """Round to 4 bits, each block with the multiplier under which its squared error is least.

    Args:
        weights: (K, N); K is a multiple of `BLOCK`.
    """
    blocks = weights.reshape(-1, BLOCK, weights.shape[1])
    # The widest block of a column takes the largest multiplier; -8 is not counted on, 7 is.
    scale = _positive(np.abs(blocks).max(axis=(0, 1))) / np.float32(LARGEST_CODE * LARGEST_MULTIPLIER)
    unit = blocks / scale
    best = np.full((len(blocks), weights.shape[1]), np.inf, np.float32)
    multiplier = np.ones(best.shape, np.uint8)
    for factor in range(1, LARGEST_MULTIPLIER + 1):
        rounded = np.clip(np.rint(unit / factor), SMALLEST_CODE, LARGEST_CODE) * factor
        error = np.square(unit - rounded).sum(axis=1)
        better = error < best
        best[better], multiplier[better] = error[better], factor
    codes = np.clip(np.rint(unit / multiplier[:, None, :]), SMALLEST_CODE, LARGEST_CODE)
    return Four(codes.reshape(weights.shape).astype(np.int8), multiplier, scale.astype(np.float32))


def _positive(largest: FloatArray) -> FloatArray:
    return np.where(largest > 0, largest, np.float32(1))
