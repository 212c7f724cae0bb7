import copy

import numpy as np
import pytest

from heartsay.calibration import (
    AbstentionRule,
    ConformalSets,
    LogisticCalibration,
    Temperature,
    fit_conformal,
)

SAVED = (
    Temperature(1.5),
    LogisticCalibration((0.7, 0.2), -1.0, ("logit", "self")),
    fit_conformal([[0.9, 0.1], [0.3, 0.7]], [0, 0], ["a", "b"]),
    AbstentionRule(0.4, 0.3, 0.8),
)


@pytest.mark.parametrize("fitted", SAVED, ids=lambda fitted: type(fitted).__name__)
def test_any_damage_to_any_field_is_a_value_error(fitted):
    whole = fitted.to_dict()
    assert type(fitted).from_dict(whole) == fitted
    for key in whole:
        for damage in (None, "x", [None], {"a": 1}, float("nan"), float("inf")):
            broken = copy.deepcopy(whole) | {key: damage}
            with pytest.raises(ValueError, match=r"\w"):
                type(fitted).from_dict(broken)
        short = {k: v for k, v in whole.items() if k != key}
        with pytest.raises(ValueError, match=r"missing|method"):
            type(fitted).from_dict(short)
    with pytest.raises(ValueError, match="mapping"):
        type(fitted).from_dict([1, 2])


@pytest.mark.parametrize("fitted", SAVED, ids=lambda fitted: type(fitted).__name__)
def test_each_method_refuses_what_another_saved(fitted):
    for other in SAVED:
        if type(other) is not type(fitted):
            with pytest.raises(ValueError, match="method"):
                type(fitted).from_dict(other.to_dict())


def test_nothing_is_usable_unfitted():
    for kind in (
        Temperature,
        LogisticCalibration,
        ConformalSets,
        AbstentionRule,
    ):
        with pytest.raises(TypeError):
            kind()


def test_probabilities_come_out_as_float64():
    for fitted in SAVED[:2]:
        assert fitted.apply(np.zeros((2, 2), np.float32)).dtype == np.float64
