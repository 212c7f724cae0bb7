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

DAMPING = 0.01
"""Share of the mean square of the inputs that is added to each, so that few conversations fit no noise."""

AT_ONCE = 128
"""Rows that are rounded before the rest is made up for."""


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


def compensated(weights: FloatArray, four: Four, moments: FloatArray) -> Four:
    """Round to the same grid so that products with real vectors move least, not the weights themselves.

    Rows of the matrix are rounded one after the other, those of the largest inputs first; what rounding one
    changes in the products is made up for by those that are still to come (GPTQ, Frantar et al. 2023).

    Args:
        weights: (K, N).
        four: the same, rounded to the nearest; its scales and multipliers stay.
        moments: sums of products of the inputs that the matrix multiplies, (K, K).
    """
    order = np.argsort(-np.diag(moments), kind="stable")
    damped = moments[np.ix_(order, order)].astype(np.float64)
    damped.flat[:: len(order) + 1] += max(DAMPING * np.trace(damped) / len(order), 1e-9)
    # damped = R Rᵀ with R upper triangular: then its inverse is UᵀU with U the inverse of R.
    factor = np.linalg.cholesky(damped[::-1, ::-1])[::-1, ::-1]
    inverse = np.linalg.inv(factor).astype(np.float32)
    step = (np.repeat(four.multiplier, BLOCK, axis=0) * four.scale)[order]
    left, codes = weights[order].astype(np.float32), np.empty(weights.shape, np.int8)
    for start in range(0, len(order), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        now, among = left[rows], inverse[rows, rows]
        errors = np.empty_like(now)
        for k, row in enumerate(now):
            code = np.clip(np.rint(row / step[start + k]), SMALLEST_CODE, LARGEST_CODE)
            codes[order[start + k]] = code
            errors[k] = (row - code * step[start + k]) / among[k, k]
            now[k + 1 :] -= np.outer(among[k, k + 1 :], errors[k])
        left[rows.stop :] -= inverse[rows, rows.stop :].T @ errors
    return Four(codes, four.multiplier, four.scale)


def _positive(largest: FloatArray) -> FloatArray:
    return np.where(largest > 0, largest, np.float32(1))
