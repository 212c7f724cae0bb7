from __future__ import annotations

import json

import numpy as np
import pytest

from heartsay.calibration import ConflictCalibration, conflict_signs, divergence, fit_conflict
from heartsay.calibration.conflict import SIGNS
from heartsay.metrics.ranking import auroc

ALL = np.ones(4, bool)


def test_divergence_is_nothing_for_the_same_and_a_bit_for_what_has_nothing_in_common() -> None:
    one, two = np.eye(4)[:2]
    assert divergence([one, one], [one, two]).tolist() == [0, 1]
    half = divergence([[0.5, 0.5, 0, 0]], [[0.5, 0, 0.5, 0]])
    assert half == pytest.approx([0.5])


def test_signs_do_not_hang_on_which_comes_first() -> None:
    one, two = np.random.default_rng(0).dirichlet(np.ones(4), (2, 30))
    for shared in (ALL, np.array([True, True, True, False])):
        assert conflict_signs(one, two, shared) == pytest.approx(conflict_signs(two, one, shared))


def test_what_the_other_cannot_name_is_set_apart() -> None:
    shared = np.array([True, True, True, False])
    told = [[0.2, 0.1, 0.1, 0.6]]
    other = [[0.5, 0.25, 0.25, 0.0]]
    signs = dict(zip(SIGNS, conflict_signs(told, other, shared)[0], strict=True))
    assert signs["cannot_be_named"] == pytest.approx(0.6)
    assert signs["divergence"] == pytest.approx(0, abs=1e-6)
    assert signs["labels_differ"] == 0
    assert signs["less_sure"] == pytest.approx(0.5, abs=1e-5)
    # All of it may be what the other cannot name.
    assert np.isfinite(conflict_signs([[0, 0, 0, 1.0]], other, shared)).all()


def test_the_fit_finds_conflicts_and_means_what_it_says() -> None:
    random = np.random.default_rng(0)
    one, two = random.dirichlet(np.full(4, 0.3), (2, 6000))
    labels = [np.array([random.choice(4, p=p) for p in rows]) for rows in (one, two)]
    conflict = labels[0] != labels[1]
    signs = conflict_signs(one, two, ALL)
    fitted = fit_conflict(("voice", "face"), signs[:3000], conflict[:3000], "draws", ("v", "f"))
    found = fitted.probability(one[3000:], two[3000:], ALL)
    known = 1 - (one * two).sum(1)[3000:]
    assert np.abs(found - known).mean() < 0.05
    assert auroc(found, conflict[3000:]) == pytest.approx(auroc(known, conflict[3000:]), abs=0.02)
    assert (fitted.utterances, fitted.conflicts) == (3000, int(conflict[:3000].sum()))


def test_it_is_saved_and_found_by_its_modalities() -> None:
    one, two = np.random.default_rng(1).dirichlet(np.ones(4), (2, 50))
    signs = conflict_signs(one, two, ALL)
    pair = fit_conflict(("text", "voice"), signs, np.arange(50) % 2 == 0, "noise", ("a", "b"))
    whole = ConflictCalibration((pair,))
    read = ConflictCalibration.from_dict(json.loads(json.dumps(whole.to_dict())))
    assert read == whole
    assert read.of("text", "voice") == pair
    assert read.of("voice", "text") is None


@pytest.mark.parametrize(
    ("one", "two", "shared"),
    [
        (np.full((2, 4), 0.25), np.full((2, 5), 0.2), ALL),
        (np.full((2, 4), 0.25), np.full((2, 4), 0.25), np.zeros(4, bool)),
        (np.full((2, 4), 0.25), np.full((2, 4), 0.25), np.ones(3, bool)),
    ],
)
def test_readings_that_do_not_fit_are_refused(one: np.ndarray, two: np.ndarray, shared: np.ndarray) -> None:
    with pytest.raises(ValueError, match="readings of shapes"):
        conflict_signs(one, two, shared)
