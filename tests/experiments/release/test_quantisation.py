from __future__ import annotations

import numpy as np
import pytest

from heartsay.experiments.release.quantisation import (
    BLOCK,
    LARGEST_MULTIPLIER,
    Four,
    compensated,
    eight_bits,
    four_bits,
)


def restored(four: Four) -> np.ndarray:
    return four.codes * np.repeat(four.multiplier, BLOCK, axis=0) * four.scale


@pytest.fixture
def weights() -> np.ndarray:
    """Columns of different size, one of nothing, and blocks of different size within them."""
    draw = np.random.default_rng(0)
    made = draw.normal(size=(4 * BLOCK, 6)) * np.array([1, 1000, 1e-3, 1, 1, 0])
    made[:BLOCK, 3] *= 8
    return made.astype(np.float32)


def test_eight_bits_are_off_by_half_a_step_at_most(weights: np.ndarray) -> None:
    eight = eight_bits(weights)
    assert np.abs(eight.codes).max() == 127
    assert (np.abs(eight.codes * eight.scale - weights) <= eight.scale * 0.501).all()
    assert not eight.codes[:, 5].any()


def test_a_block_has_the_multiplier_that_is_best_for_it(weights: np.ndarray) -> None:
    four = four_bits(weights)
    assert four.multiplier.min() >= 1
    assert four.multiplier.max() <= LARGEST_MULTIPLIER
    assert np.abs(four.codes[:, :5]).max(axis=0).min() >= 7
    best = np.square(restored(four) - weights).reshape(-1, BLOCK, 6).sum(axis=1)
    for factor in range(1, LARGEST_MULTIPLIER + 1):
        step = factor * four.scale
        other = np.clip(np.rint(weights / step), -8, 7) * step
        error = np.square(other - weights).reshape(-1, BLOCK, 6).sum(axis=1)
        assert (best <= error * 1.0001 + 1e-12).all()
    # A small block beside a large one keeps its precision: with one step for both it would lose it.
    small = np.abs(restored(four) - weights)[BLOCK:, 3].mean()
    assert small < 0.15 * np.abs(weights[BLOCK:, 3]).mean()


def test_compensated_codes_move_products_less_and_stay_on_the_grid() -> None:
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(4 * BLOCK, 24)).astype(np.float32)
    mixing = draw.normal(size=(4 * BLOCK, 4 * BLOCK)) * np.geomspace(1, 0.02, 4 * BLOCK)
    inputs, others = (draw.normal(size=(n, 4 * BLOCK)) @ mixing.T for n in (2000, 500))
    nearest = four_bits(matrix)
    found = compensated(matrix, nearest, (inputs.T @ inputs).astype(np.float32))
    assert found.codes.min() >= -8
    assert found.codes.max() <= 7
    np.testing.assert_array_equal(found.multiplier, nearest.multiplier)
    np.testing.assert_array_equal(found.scale, nearest.scale)
    moved = [np.square(others @ (restored(four) - matrix)).mean() for four in (found, nearest)]
    assert moved[0] < 0.5 * moved[1]
    # The weights themselves are further away: that is the price.
    assert np.square(restored(found) - matrix).mean() > np.square(restored(nearest) - matrix).mean()


def test_inputs_that_are_always_nothing_leave_their_weights_at_the_nearest() -> None:
    matrix = np.random.default_rng(2).normal(size=(2 * BLOCK, 5)).astype(np.float32)
    nearest = four_bits(matrix)
    found = compensated(matrix, nearest, np.zeros((2 * BLOCK, 2 * BLOCK), np.float32))
    np.testing.assert_array_equal(found.codes, nearest.codes)
