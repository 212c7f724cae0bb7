import math

import numpy as np
import pytest

from heartsay.metrics.pair_stability import pair_f1_change, pair_stability
from heartsay.metrics.pairs import pair_precision_recall_f1

RNG = np.random.default_rng(0)
P, Q = RNG.random(30), RNG.random((4, 30))


def kl(p, q):
    return sum(a * math.log(a / b) for a, b in ((p, q), (1 - p, 1 - q)) if a > 0)


def test_agrees_with_a_loop():
    absolute = [[abs(p - q) for p, q in zip(P, row, strict=True)] for row in Q]
    shannon = [
        [(kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2 for p, q in zip(P, row, strict=True)] for row in Q
    ]
    found = pair_stability(P, Q)
    assert found.mean_absolute_change == pytest.approx(np.mean(absolute))
    assert found.jensen_shannon == pytest.approx(np.mean(shannon))


def test_nothing_moves_and_all_that_can():
    still = pair_stability([0.0, 1.0, 0.3], [[0.0, 1.0, 0.3]])
    assert (still.mean_absolute_change, still.jensen_shannon) == (0.0, pytest.approx(0.0))
    turned = pair_stability([0.0, 1.0], [[1.0, 0.0]])
    assert (turned.mean_absolute_change, turned.jensen_shannon) == (1.0, pytest.approx(math.log(2)))


def test_f1_falls_as_the_pairs_say():
    label = RNG.random(30) < 0.3
    missed = [("m", k, 0) for k in range(5)]
    gold = [("c", k, 0) for k in np.flatnonzero(label)] + missed

    def f1(scores):
        return pair_precision_recall_f1([("c", k, 0) for k in np.flatnonzero(scores >= 0.6)], gold).f1

    found = pair_f1_change(P, Q, label, 0.6, len(gold))
    assert found == pytest.approx(np.mean([f1(row) for row in Q]) - f1(P))
    assert pair_f1_change(P, P[None], label, 0.6, len(gold)) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pair_stability([0.5], [0.5]), "2 axes"),
        (lambda: pair_stability([0.5], [[0.5, 0.5]]), "1 pairs"),
        (lambda: pair_stability([0.5], [[1.5]]), "0, 1"),
        (lambda: pair_f1_change([0.5], [[0.5]], [1], 0.5, 0), "gold_pairs"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
