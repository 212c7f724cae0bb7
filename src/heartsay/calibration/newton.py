"""Newton's method with a line search, small and exact: all that fitting a calibrator needs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from heartsay.metrics.checks import FloatArray

Evaluation = tuple[float, FloatArray, FloatArray]


def minimise(
    evaluate: Callable[[FloatArray], Evaluation],
    start: FloatArray,
    *,
    steps: int = 200,
    tolerance: float = 1e-10,
) -> FloatArray:
    """Minimise a smooth function of a few parameters.

    Args:
        evaluate: maps parameters (P,) to value, gradient (P,) and a positive definite curvature (P, P), the
            Hessian or its Gauss-Newton part.
        start: parameters to begin from (P,).
        steps: most steps taken.
        tolerance: stop when the squared Newton decrement, twice the fall still expected, is below this.

    Returns:
        The parameters (P,) reached; never worse than `start`.
    """
    at = start
    value, gradient, curvature = evaluate(at)
    for _ in range(steps):
        step = np.linalg.solve(curvature, gradient)
        decrement = float(gradient @ step)
        if decrement < tolerance:
            break
        length = 1.0
        while length > 1e-10:
            trial = at - length * step
            new = evaluate(trial)
            # Armijo's rule: accept a step that falls by a fixed share of what its slope promised.
            if new[0] <= value - 1e-4 * length * decrement:
                break
            length /= 2.0
        else:
            break
        at, (value, gradient, curvature) = trial, new
    return at
