import numpy as np
import pytest

from heartsay.calibration.newton import minimise


def test_a_bowl_takes_one_step():
    calls = []
    centre, curvature = np.array([3.0, -2.0]), np.array([[2.0, 0.5], [0.5, 1.0]])

    def bowl(at):
        calls.append(at)
        offset = at - centre
        return 0.5 * offset @ curvature @ offset, curvature @ offset, curvature

    assert minimise(bowl, np.zeros(2)) == pytest.approx(centre)
    assert len(calls) == 2


def test_where_plain_newton_diverges_the_line_search_does_not():
    def valley(at):  # log cosh: full steps from 2 overshoot ever further
        x = float(at[0])
        return np.logaddexp(x, -x), np.array([np.tanh(x)]), np.array([[1 / np.cosh(x) ** 2]])

    assert minimise(valley, np.array([2.0])) == pytest.approx([0.0], abs=1e-6)


def test_never_worse_than_the_start():
    def wrong_gradient(at):
        return float(at[0] ** 2), np.array([-2.0 * at[0]]), np.array([[2.0]])

    assert minimise(wrong_gradient, np.array([1.0])) == pytest.approx([1.0])
